package bench

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pitwall/analyze/answer"
	core "pitwall/core/bench"
	reported "pitwall/core/request"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
)

func TestDrainedQueueBecomesAUnit(t *testing.T) {
	d := &drain{benchmark: spec.Benchmark{Drain: &spec.Drain{Jobs: 40}}}
	out := drained{Started: []int64{1000, 500, 10, 7000, 3}, Done: 40}
	for i := range int64(20) { // 2 jobs a mark: 2 ms wall, 1 ms CPU, 0.1 ms GC, 50 objects
		n := i + 1
		out.Marks = append(out.Marks, []int64{2 * n, 1000 + 2_000_000*n, 500 + 1_000_000*n, 10 + 100_000*n, 7000 + 50*n, 3})
	}
	u, err := d.reduce(out, pairs.Turn{Pad: 5})
	if err != nil {
		t.Fatal(err)
	}
	if u.Values[core.Time] != 0.001 || u.Values[core.CPU] != 0.0005 || u.Values[core.Objects] != 25 || u.GC.Share != 0.1 || u.Pad != 5 {
		t.Errorf("%v, GC %v, pad %d", u.Values, u.GC.Share, u.Pad)
	}
	if len(u.Blocks) != 20 || u.Blocks[0] != (core.Block{Calls: 2, Wall: 2_000_000, CPU: 1_000_000, GC: 100_000}) {
		t.Errorf("%+v", u.Blocks)
	}
	out.Marks[3][3] = -1 // a Ruby without GC.total_time
	if u, err = d.reduce(out, pairs.Turn{}); err != nil || u.Blocks[3].GC != -1 {
		t.Errorf("%v, %+v", err, u.Blocks[3])
	}
	for want, change := range map[string]func(*drained){
		"3 of 40 jobs failed, first with E: x": func(o *drained) { o.Failed, o.Error = 3, "E: x" },
		"cannot be read":                       func(o *drained) { o.Marks[0] = o.Marks[0][:3] },
		"readings of Sidekiq cannot be read":   func(o *drained) { o.Marks[1] = o.Marks[0] },
		"nothing was read":                     func(o *drained) { o.Marks = nil },
	} {
		broken := out
		broken.Marks = append([][]int64{}, out.Marks...)
		change(&broken)
		if _, err := d.reduce(broken, pairs.Turn{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What Sidekiq's process writes is the app's to spoil.
func FuzzDrained(f *testing.F) {
	f.Add(`{"started":[1,2,3,4,5],"done":2,"failed":0,"error":null,"marks":[[1,2,3,-1,5,6],[2,4,5,6,7,8]]}`, `{"jobs":[{"class":"A","args":[]}],"database":null}`)
	f.Add(`{"marks":[[9223372036854775807,-9223372036854775808,0,0,0,0]]}`, `{"jobs":[null]}`)
	d := &drain{benchmark: spec.Benchmark{Drain: &spec.Drain{Jobs: 2}}, apps: &Apps{Spec: &spec.Spec{}}}
	f.Fuzz(func(t *testing.T, done, jobs string) {
		var out drained
		if json.Unmarshal([]byte(done), &out) == nil {
			u, err := d.reduce(out, pairs.Turn{})
			if err == nil && (len(u.Blocks) == 0 || u.Values[core.Time] <= 0) {
				t.Errorf("%q: %v, %d blocks", done, u.Values, len(u.Blocks))
			}
		}
		var r recorded
		if json.Unmarshal([]byte(jobs), &r) == nil && d.allowed(&r) == nil {
			for _, job := range r.Jobs {
				if !json.Valid([]byte(numbered(job))) {
					t.Errorf("%q", numbered(job))
				}
			}
		}
	})
}

func TestTallyTakesTheLaterHalf(t *testing.T) {
	values := map[core.Metric]float64{}
	tally(nil, values)
	if len(values) != 0 {
		t.Errorf("of nothing: %v", values)
	}
	var all []reported.Request
	for i, objects := range []int64{900, 800, 100, 102} {
		all = append(all, reported.Request{ID: tag + "1", Objects: objects, InFlight: 1, Statements: []reported.Statement{{Count: 3, Cached: 1}, {Count: i}}})
	}
	all = append(all, reported.Request{ID: "another", Objects: 5000, InFlight: 1}, reported.Request{ID: tag + "2", Objects: 5000, InFlight: 2})
	tally(all, values)
	if values[core.Objects] != 101 || values[core.Statements] != 4.5 {
		t.Errorf("%v", values)
	}
}

func TestMeter(t *testing.T) {
	m := meter{readings: []reading{{0, 1e9, false}, {50, 15e8, false}, {100, 2e9, false}, {150, 25e8, false}}}
	for first, want := range map[int]float64{0: 0.01, 40: 0.01, 51: 0.01} {
		if got, ok := m.since(first); !ok || got != want {
			t.Errorf("from %d: %v %v", first, got, ok)
		}
	}
	for _, first := range []int{101, 150, 151} { // nothing after it, or beyond
		if got, ok := m.since(first); ok {
			t.Errorf("from %d: %v", first, got)
		}
	}
	if _, ok := (&meter{}).since(0); ok {
		t.Error("no reading tells")
	}
	short := meter{readings: []reading{{0, 0, false}, {10, 1e8, false}}}
	if got, ok := short.since(0); ok {
		t.Errorf("ten ticks tell %v", got)
	}
	short.readings[0].exact, short.readings[1].exact = true, true
	if got, ok := short.since(0); !ok || got != 0.01 {
		t.Errorf("%v %v", got, ok)
	}
}

func TestMatcherKnowsWhoDiffers(t *testing.T) {
	page := func(text string) answer.Answer {
		return answer.Answer{Status: 200, Body: []byte(text), Bytes: int64(len(text))}
	}
	old, changed := Version{Name: "old", Dir: "/a"}, Version{Name: "new", Dir: "/a", Env: map[string]string{"X": "1"}}
	again := old
	again.Name = "old, again"
	m := &matcher{benchmark: "b", versions: []Version{old, changed, again}, rules: answer.Standard()}
	differs := func(arm, round int, text string) *answer.MismatchError {
		_, err := m.others(arm, round, 0, request{Method: "GET", Target: "/"}, page(text))
		var e *answer.MismatchError
		errors.As(err, &e)
		return e
	}
	if e := differs(1, 0, "one"); e != nil {
		t.Error(e)
	}
	if e := differs(0, 0, "two"); e == nil || e.Old != "new" || e.New != "old" || e.Itself {
		t.Errorf("%v", e)
	}
	if e := differs(0, 1, "two"); e != nil {
		t.Errorf("another round asks for something else: %v", e)
	}
	if e := differs(2, 1, "three"); e == nil || !e.Itself {
		t.Errorf("a control arm that differs is no news of the new version: %v", e)
	}
}

func TestProcessWhoseEnvironmentJobsHave(t *testing.T) {
	s := &spec.Spec{Processes: []spec.Unit{{Name: "web", Command: "puma"}, {Name: "mail", Command: "bundle exec sidekiq"}, {Name: "worker", Command: "x"}}}
	for _, want := range []string{"mail", "worker", "web"} {
		if u := jobUnit(s); u == nil || u.Name != want {
			t.Errorf("%v, want %s", u, want)
		}
		for i, u := range s.Processes {
			if u.Name == want {
				s.Processes = append(s.Processes[:i:i], s.Processes[i+1:]...)
				break
			}
		}
	}
	if u := jobUnit(&spec.Spec{}); u != nil {
		t.Errorf("%v", u)
	}
}
