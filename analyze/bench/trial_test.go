package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// A machine that is not quite itself: its speed drifts with a memory, it is
// disturbed in bursts, and every process has luck of its own.
type mood struct {
	drift   float64 // SD, of the logarithm
	memory  float64 // seconds
	burst   float64 // chance that a unit falls into one
	process float64 // SD
	second  float64 // between units
}

// The two machines of the simulations that our figures are compared with: a
// shared virtual one and a quiet one.
var (
	vm    = mood{drift: .025, memory: 15, burst: .05, process: .012, second: 1}
	quiet = mood{drift: .003, memory: 15, burst: 0, process: .006, second: 1}
)

type simulated struct {
	mood
	r     *rand.Rand
	level float64
	rest  int // units that the burst still lasts
	slow  float64
}

// unit is one process that does a second of work times factor.
func (s *simulated) unit(factor float64) float64 {
	keep := math.Exp(-s.second / s.memory)
	s.level = keep*s.level + math.Sqrt(1-keep*keep)*s.drift*s.r.NormFloat64()
	if s.rest == 0 && s.r.Float64() < s.burst {
		s.rest, s.slow = 1+s.r.IntN(4), .05+.25*s.r.Float64()
	}
	x := s.level + s.process*s.r.NormFloat64() + math.Log(factor)
	if s.rest > 0 {
		s.rest--
		x += s.slow
	}
	return math.Exp(x)
}

// trial runs a design of two arms and a control on a simulated machine; the
// new version of benchmark 0 works factor times as long.
func trial(m mood, d Design, seed uint64, factor float64) []core.Benchmark {
	return planned(d).run(m, seed, factor)
}

// plan is a design with the levels of its looks, which take longer to work out
// than a run takes.
type plan struct{ first *Trial }

func planned(d Design) plan {
	if d.Arms == nil {
		d.Arms = []core.Arm{{Name: "old", Role: core.Old}, {Name: "new", Role: core.New}, {Name: "old again", Role: core.Control}}
	}
	if d.Benchmarks == nil {
		d.Benchmarks = []Plan{{Name: "sum"}}
	}
	return plan{NewTrial(d)}
}

func (p plan) run(m mood, seed uint64, factor float64) []core.Benchmark {
	t := &Trial{design: p.first.design, looks: p.first.looks, better: p.first.better, same: p.first.same}
	t.design.Seed = seed
	for range t.design.Benchmarks {
		t.open = append(t.open, &course{verdicts: map[claim]stat.Comparison{}})
	}
	d := t.design
	s := &simulated{mood: m, r: rand.New(rand.NewPCG(seed, 77))}
	for asks := t.Next(); len(asks) > 0; asks = t.Next() {
		for _, a := range asks {
			f := 1.0
			if d.Arms[a.Arm].Role == core.New && a.Benchmark == 0 {
				f = factor
			}
			t.Add(a.Benchmark, core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Objects: 100, core.Time: s.unit(f)}})
		}
	}
	return t.Result()
}

// trials is how many runs a share is counted over; PITWALL_CALIBRATE=1 runs
// ten times as many.
func trials() int {
	if os.Getenv("PITWALL_CALIBRATE") != "" {
		return 3000
	}
	return 300
}

func share(t *testing.T, m mood, d Design, factor float64, verdicts ...stat.Verdict) float64 {
	t.Helper()
	n, p := 0, planned(d)
	for i := range trials() {
		if slices.Contains(verdicts, p.run(m, uint64(i+1), factor)[0].Changes[0].Verdict) {
			n++
		}
	}
	return float64(n) / float64(trials())
}

// most is a bar with three standard errors of so many trials.
func most(bar float64) float64 { return bar + 3*math.Sqrt(bar*(1-bar)/float64(trials())) }

func TestFalseVerdictsUnderDriftBurstsAndLuck(t *testing.T) {
	tenLooks := Design{Least: 2, Every: 2, Most: 20, Benchmarks: []Plan{{Name: "sum", Margin: 1e-6}}}
	for name, c := range map[string]struct {
		m   mood
		d   Design
		bar float64
	}{
		"as it comes, shared machine":                 {vm, Design{}, .05},
		"as it comes, quiet machine":                  {quiet, Design{}, .05},
		"no margin, shared machine":                   {vm, Design{Benchmarks: []Plan{{Name: "sum", Margin: 1e-6}}}, .05},
		"no margin, quiet machine":                    {quiet, Design{Benchmarks: []Plan{{Name: "sum", Margin: 1e-6}}}, .05},
		"no margin, ten looks from two rounds, quiet": {quiet, tenLooks, .06},
		"no margin, ten looks, shared":                {vm, tenLooks, .06},
	} {
		got := share(t, c.m, c.d, 1, stat.Better, stat.Worse)
		t.Logf("%s: %.3f", name, got)
		if got > most(c.bar) {
			t.Errorf("%s: %.3f of runs of equal versions call a difference", name, got)
		}
	}
}

func TestPower(t *testing.T) {
	for name, c := range map[string]struct {
		m      mood
		factor float64
		least  float64
		want   stat.Verdict
	}{
		"+2 % on a quiet machine":   {quiet, 1.02, .90, stat.Worse},
		"-2 % on a quiet machine":   {quiet, 1 / 1.02, .90, stat.Better},
		"+10 % on a shared machine": {vm, 1.10, .80, stat.Worse},
		"nothing, quiet":            {quiet, 1, .90, stat.Same},
	} {
		got := share(t, c.m, Design{}, c.factor, c.want)
		t.Logf("%s: %.3f", name, got)
		if got < c.least-3*math.Sqrt(c.least*(1-c.least)/float64(trials())) {
			t.Errorf("%s: %s in %.3f of runs", name, c.want, got)
		}
	}
}

// With many benchmarks in one gate the chance of any false alarm stays one in
// twenty.
func TestFalseAlarmsOfAFamily(t *testing.T) {
	d := Design{}
	for i := range 12 {
		d.Benchmarks = append(d.Benchmarks, Plan{Name: fmt.Sprint(i), Margin: 1e-6})
	}
	wrong, n, p := 0, trials()/5, planned(d)
	for i := range n {
		if v, _ := Overall(p.run(quiet, uint64(i+1), 1)); v == stat.Worse {
			wrong++
		}
	}
	t.Logf("%d of %d", wrong, n)
	if float64(wrong) > float64(n)*most(.05) {
		t.Errorf("%d of %d gates of 12 equal benchmarks raise an alarm", wrong, n)
	}
}

// A large difference stops early, and so does one that cannot be found.
func TestStopsEarly(t *testing.T) {
	b := trial(quiet, Design{}, 1, 1.5)[0]
	if c := b.Changes[0]; b.Rounds > 8 || c.Verdict != stat.Worse || c.Confirmed == nil || !c.Confirmed.Held {
		t.Errorf("%d rounds: %+v", b.Rounds, c)
	}
	noisy := quiet
	noisy.process = .5
	b = trial(noisy, Design{}, 1, 1)[0]
	if c := b.Changes[0]; b.Rounds >= 20 || c.Verdict != stat.Undecided || !strings.Contains(c.Stopped, "no number of rounds") || !strings.Contains(c.Text, "too noisy") {
		t.Errorf("%d rounds: %+v", b.Rounds, c)
	}
}

// A counter needs no statistics and gates at 0 %.
func TestCountersGateAtNothing(t *testing.T) {
	for _, c := range []struct {
		objects float64
		want    stat.Verdict
	}{{100, stat.Same}, {101, stat.Worse}, {99, stat.Better}} {
		d := Design{Gate: []core.Metric{core.Objects}, Arms: []core.Arm{{Role: core.Old}, {Role: core.New}}, Benchmarks: []Plan{{}}}
		run := NewTrial(d)
		for asks := run.Next(); len(asks) > 0; asks = run.Next() {
			for _, a := range asks {
				run.Add(0, core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Objects: 100 + float64(a.Arm)*(c.objects-100), core.Time: 1 + float64(a.Round*7%5+a.Arm)}})
			}
		}
		b := run.Result()[0]
		if got := b.Changes[0]; got.Verdict != c.want || b.Rounds != 6 || got.Confirmed != nil {
			t.Errorf("%g objects: %s after %d rounds: %s", c.objects, got.Verdict, b.Rounds, got.Text)
		}
	}
}

// A spoilt unit takes the times of its whole round with it, and none of its
// counters.
func TestSpoiltRounds(t *testing.T) {
	run := NewTrial(Design{Arms: []core.Arm{{Role: core.Old}, {Role: core.New}}, Benchmarks: []Plan{{}}})
	for asks := run.Next(); len(asks) > 0; asks = run.Next() {
		for _, a := range asks {
			u := core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Objects: 5, core.Time: 1 + .001*float64(a.Round%3)}}
			if a.Arm == 1 && a.Round%2 == 0 {
				u.Discarded, u.Values[core.Time] = "steal", 9
			}
			run.Add(0, u)
		}
	}
	c := run.Result()[0].Changes[0]
	time, _ := find(c.Comparisons, "time")
	objects, _ := find(c.Comparisons, "objects")
	if c.Verdict != stat.Same || time.New.Point > 1.1 || objects.Old.N <= time.Old.N {
		t.Errorf("%+v", c)
	}
}

// A trial that was cut off decides nothing that no look decided, and says so.
func TestCutOff(t *testing.T) {
	for _, rounds := range []int{0, 1, 3, 7} {
		run := NewTrial(Design{Arms: []core.Arm{{Role: core.Old}, {Role: core.New}, {Role: core.Control}}, Benchmarks: []Plan{{Name: "a"}, {Name: "b"}}})
		for range rounds {
			for _, a := range run.Next() {
				run.Add(a.Benchmark, core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Time: 1 + float64(a.Arm)*.004 + .004*float64(a.Round%2)}})
			}
		}
		run.Refuse(1, "it raises", "mend it")
		got := run.Result()
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		if v := got[0].Changes[0].Verdict; v != stat.Undecided && rounds < 6 {
			t.Errorf("%d rounds: %+v", rounds, got[0].Changes[0])
		}
		if got[1].Refused == "" || len(got[1].Changes) != 0 {
			t.Errorf("%+v", got[1])
		}
	}
}

func TestTurnsAreBalanced(t *testing.T) {
	for arms := 1; arms < 5; arms++ {
		for seed := range uint64(20) {
			sum := make([]int, arms)
			for round := range 4 {
				for place, arm := range Turns(arms, round, seed) {
					sum[arm] += place
				}
			}
			for _, s := range sum {
				if s != sum[0] {
					t.Fatalf("%d arms, seed %d: a steady drift does not cancel: %v", arms, seed, sum)
				}
			}
		}
	}
}

// Versions that return different things are not compared, unless the same
// version does so by itself.
func TestDifferentResults(t *testing.T) {
	arms := []core.Arm{{Name: "main", Role: core.Old}, {Name: "this tree", Role: core.New}, {Name: "main again", Role: core.Control}}
	for _, c := range []struct {
		name    string
		digests []string
		differ  bool
		refused bool
	}{
		{"equal", []string{"a", "a", "a"}, false, false}, {"other", []string{"a", "b", "a"}, false, true}, {"allowed", []string{"a", "b", "a"}, true, false},
		{"unstable", []string{"a", "b", "c"}, false, false}, {"not taken", []string{"a", "", "a"}, false, false},
		{"fewer", []string{"5 results a", "3 results b", "5 results a"}, false, false}, {"as many", []string{"5 results a", "5 results b", "5 results a"}, false, true},
	} {
		run := NewTrial(Design{Arms: arms, Benchmarks: []Plan{{Differ: c.differ}}})
		for asks := run.Next(); len(asks) > 0; asks = run.Next() {
			for _, a := range asks {
				run.Add(0, core.Unit{Arm: a.Arm, Round: a.Round, Digest: c.digests[a.Arm], Values: map[core.Metric]float64{core.Time: 1 + .001*float64(a.Round%3)}})
			}
		}
		b := run.Result()[0]
		if (b.Refused != "") != c.refused || c.refused && (len(b.Units) != 3 || !strings.Contains(b.Refused, "main and this tree")) {
			t.Errorf("%s: refused %q after %d units", c.name, b.Refused, len(b.Units))
		}
	}
}

// A stored run decides by its counters, never by its times.
func TestAgainstAStoredRun(t *testing.T) {
	alone := func(objects, time float64) *core.Result {
		r := &core.Result{Arms: []core.Arm{{Name: "this tree", Role: core.New}, {Name: "this tree, again", Role: core.Control}}}
		run := NewTrial(Design{Arms: r.Arms, Benchmarks: []Plan{{Name: "rows", File: "a.yml"}, {Name: "other"}}})
		for asks := run.Next(); len(asks) > 0; asks = run.Next() {
			for _, a := range asks {
				run.Add(a.Benchmark, core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Objects: objects, core.Time: time * (1 + .001*float64(a.Round%3))}})
			}
		}
		r.Benchmarks = run.Result()
		return r
	}
	for _, c := range []struct {
		objects, time float64
		want          stat.Verdict
	}{{100, 1, stat.Same}, {100, 3, stat.Same}, {105, 1, stat.Worse}, {50, 1, stat.Better}} {
		old, now := alone(100, 1), alone(c.objects, c.time)
		old.Run.ID = "01a20a3c-6e02-77ad-8b93-aade603dc026"
		old.Benchmarks = old.Benchmarks[:1]
		Against(old, now)
		b := now.Benchmarks[0]
		if len(b.Changes) != 1 || b.Changes[0].Verdict != c.want || b.Changes[0].Weak == "" || now.Arms[0].Name != "run 01a20a3c-6e02" || b.Units[0].Arm == 0 {
			t.Errorf("%+v: %+v", c, b.Changes)
		}
		if len(now.Benchmarks[1].Changes) != 0 || len(now.Benchmarks[1].Notes) != 1 {
			t.Errorf("%+v", now.Benchmarks[1])
		}
	}
}

// What a self-test says of a simulated machine: a spread of 1.41 x 0.6 % and
// the drift, what ten rounds find, and no more false verdicts than promised.
func TestAbilities(t *testing.T) {
	s := &simulated{mood: quiet, r: rand.New(rand.NewPCG(3, 77))}
	d := Design{Seed: 3, Least: 20, Arms: []core.Arm{{Role: core.New}, {Role: core.Control}}, Benchmarks: []Plan{{Margin: 1e-6}}}
	run := NewTrial(d)
	for asks := run.Next(); len(asks) > 0; asks = run.Next() {
		for _, a := range asks {
			run.Add(0, core.Unit{Arm: a.Arm, Round: a.Round, Values: map[core.Metric]float64{core.Objects: 7, core.Time: s.unit(1)}})
		}
	}
	got := Abilities(run, 0, 1)
	if len(got) != 2 || got[0].Metric != core.Objects || got[0].Spread != 0 || got[0].False.Point != 0 {
		t.Fatalf("%+v", got)
	}
	time := got[1]
	if time.Spread < .005 || time.Spread > .014 || time.Smallest[1].Rounds != 10 || time.Smallest[1].Ratio < .004 || time.Smallest[1].Ratio > .014 {
		t.Errorf("%+v", time)
	}
	if time.False.Point > .07 || time.False.Point == 0 {
		t.Errorf("%g of runs of equal versions would call a difference", time.False.Point)
	}
}

// A gating metric of which the machine spoilt every round is not decided, and
// is not left out of the verdict either.
func TestEveryRoundSpoilt(t *testing.T) {
	run := NewTrial(Design{Arms: []core.Arm{{Role: core.Old}, {Role: core.New}}, Benchmarks: []Plan{{}}})
	for asks := run.Next(); len(asks) > 0; asks = run.Next() {
		for _, a := range asks {
			run.Add(0, core.Unit{Arm: a.Arm, Round: a.Round, Discarded: "steal", Values: map[core.Metric]float64{core.Objects: 5, core.Time: 1}})
		}
	}
	c := run.Result()[0].Changes[0]
	time, ok := find(c.Comparisons, "time")
	if c.Verdict != stat.Undecided || !ok || time.Why == "" || !strings.Contains(c.Text, "disturb") {
		t.Errorf("%+v", c)
	}
}

// Bytes of two engines do not compare.
func TestEnginesCountBytesApart(t *testing.T) {
	run := NewTrial(Design{Arms: []core.Arm{{Role: core.Old}, {Role: core.New}}, Benchmarks: []Plan{{}}})
	for asks := run.Next(); len(asks) > 0; asks = run.Next() {
		for _, a := range asks {
			run.Add(0, core.Unit{Arm: a.Arm, Round: a.Round, Ruby: []string{"ruby 3.1.7", "jruby 9.3"}[a.Arm], Values: map[core.Metric]float64{core.Bytes: 5, core.Time: 1 + .001*float64(a.Round%3)}})
		}
	}
	c := run.Result()[0].Changes[0]
	if _, ok := find(c.Comparisons, "bytes"); ok || len(c.Comparisons) != 1 {
		t.Errorf("%+v", c.Comparisons)
	}
}
