package interchange

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/internal/golden"
)

// hostile is a name that would break out of every format if it could.
const hostile = "a|b`c <img src=x>\r\n## @team #1 ]]> \"'&amp; \x00\x1b[31m www.x.y http://x.y *_~ \u202e"

// sample is a result with everything that the writers look at.
func sample() *bench.Result {
	rows := bench.Benchmark{Name: "rows", Kind: bench.Code, File: "benchmarks/export.yml", Rounds: 6}
	old, new := []float64{}, []float64{}
	for round := range 6 {
		for arm := range 3 {
			v := 2e-3 * (1 + .01*float64((round*7+arm*3)%5))
			if arm == 1 {
				v *= 1.3
				new = append(new, v)
			}
			if arm == 0 {
				old = append(old, v)
			}
			rows.Units = append(rows.Units, bench.Unit{
				Benchmark: "rows", Arm: arm, Round: round, Start: 0, End: 2e9,
				Values: map[bench.Metric]float64{bench.Time: v, bench.CPU: v * .9, bench.Objects: 120, bench.Bytes: 4096, bench.Statements: float64(3 + arm%2), bench.Memory: 50 << 20},
				Blocks: []bench.Block{{Calls: 100}, {Calls: 500}, {Calls: 400}}, WarmUp: bench.WarmUp{First: 1},
			})
		}
	}
	rows.Units = append(rows.Units, bench.Unit{Benchmark: "rows", Round: 6, Discarded: "steal", Values: map[bench.Metric]float64{bench.Time: 99}},
		bench.Unit{Benchmark: "rows", Arm: 1, Round: 6, Values: map[bench.Metric]float64{bench.Time: 99}})
	rule := stat.Rule{Metric: "time", Unit: "s", Margin: .02}
	rows.Changes = []bench.Change{{Arm: 1, Verdict: stat.Worse, Text: "30 % slower", Weak: "a stored baseline", Comparisons: []stat.Comparison{
		stat.CompareCounters(stat.Rule{Metric: "objects", Unit: "1"}, []float64{120}, []float64{120}),
		stat.CompareCounters(stat.Rule{Metric: "statements", Unit: "1"}, []float64{3}, []float64{4}),
		stat.ComparePairs(rule, old, new),
	}}}
	rows.Budgets = []bench.Budget{{Text: "statements == 3", Holds: stat.Worse, Why: "4"}, {Text: "objects <= 120", Holds: stat.Same, Why: "120"}}
	rows.Noise = []bench.Noise{{Metric: bench.Time, Alarm: true}}
	rows.Macro = "at most 0.5 ms of orders#index"
	odd := bench.Benchmark{Name: hostile, Kind: bench.Route, File: hostile, Changes: []bench.Change{{Arm: 1, Verdict: stat.Undecided, Text: hostile, Comparisons: []stat.Comparison{
		stat.Unpaired(hostile, stat.Estimate{}, stat.Estimate{}, stat.Estimate{}, hostile),
	}}}}
	refused := bench.Benchmark{Name: "sleepy", Kind: bench.Code, File: "benchmarks/export.yml", Refused: "it sleeps"}
	kept := bench.Benchmark{Name: "kept", Kind: bench.Job, File: "benchmarks/export.yml", Changes: []bench.Change{{Arm: 1, Verdict: stat.Same, Text: "the same"}}}
	return &bench.Result{
		Schema: bench.Schema, Run: run.Run{ID: "0190c3", App: "shop", Ruby: "ruby 3.1.7", Started: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Machine: run.Machine{Fingerprint: "f00", CPU: "EPYC"}},
		Arms: []bench.Arm{{Name: "main", Role: bench.Old, Ruby: "ruby 3.1.7"}, {Name: "this tree", Role: bench.New, Ruby: "ruby 3.1.7"}, {Name: "main", Role: bench.Control, Ruby: "ruby 3.1.7"}},
		Seed: 42, Margin: .02, Benchmarks: []bench.Benchmark{rows, odd, refused, kept}, Verdict: stat.Worse, Text: "1 of 4 got worse", Doubts: []string{"1 % steal"},
	}
}

func written(t *testing.T, write func(io.Writer, *bench.Result) error, r *bench.Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGoldenExports(t *testing.T) {
	golden.Check(t, "result.txt", written(t, WriteGo, sample()))
	golden.Check(t, "result.xml", written(t, WriteJUnit, sample()))
	golden.Check(t, "result.md", written(t, WriteMarkdown, sample()))
}

// What we write we read: the same values, each of a process of its own.
func TestGoRoundTrip(t *testing.T) {
	r := sample()
	r.Arms = r.Arms[:1]
	f, err := Read("x", strings.NewReader(written(t, WriteGo, r)))
	if err != nil {
		t.Fatal(err)
	}
	byMetric := map[string]Benchmark{}
	for _, b := range f.Benchmarks {
		byMetric[b.Metric] = b
	}
	for metric, want := range map[string]float64{"time": 2.04e-3, "bytes": 4096, "allocations": 120, "statements/op": 3, "peak-RSS-bytes": 50 << 20} {
		b := byMetric[metric]
		if len(b.Processes()) != 6 || !b.InTurn || b.Better != Lower || b.Mean() < want*.99 || b.Mean() > want*1.01 {
			t.Errorf("%s: %+v", metric, b)
		}
	}
}

// A machine that disturbs every round still leaves what was counted.
func TestGoOfDisturbedRounds(t *testing.T) {
	unit := bench.Unit{Discarded: "steal", Values: map[bench.Metric]float64{bench.Time: 99, bench.Memory: 99, bench.Objects: 120}}
	text := written(t, WriteGo, &bench.Result{Arms: []bench.Arm{{Name: "this tree"}}, Benchmarks: []bench.Benchmark{{Name: "rows", Units: []bench.Unit{unit}}}})
	if !strings.HasSuffix(text, "\nBenchmarkRows-1 1 120 allocs/op\n") {
		t.Errorf("%s", text)
	}
	if f, err := Read("x", strings.NewReader(text)); err != nil || len(f.Benchmarks) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestGoNames(t *testing.T) {
	list := []bench.Benchmark{{Name: "a b"}, {Name: "a\tb"}, {Name: "a_b"}, {Name: ""}, {Name: "é"}, {Name: "9"}, {Name: "A b\n"}, {Name: "x\xff"}}
	got := strings.Join(goNames(list), " ")
	if want := "A_b A_b#01 A_b#02 _ É _9 A_b_ X_"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDifferentRubiesDoNotPartTheTables(t *testing.T) {
	r := sample()
	r.Arms[1].Ruby = "jruby"
	text := written(t, WriteGo, r)
	if strings.Contains(text, "\nruby: ") || !strings.Contains(text, "# this tree: jruby\n") {
		t.Error(text)
	}
}

// A CI system parses it, and finds one case for each benchmark and new arm.
func TestJUnitParses(t *testing.T) {
	var got junitSuites
	text := written(t, WriteJUnit, sample())
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(got.Suites) != 2 || got.Suites[0].Tests != 3 || got.Suites[0].Failures != 1 || got.Suites[0].Errors != 1 || got.Suites[1].Skipped != 1 {
		t.Errorf("%+v", got.Suites)
	}
	c := got.Suites[1].Cases[0]
	if !strings.Contains(c.Name, `<img src=x>`) || !strings.Contains(c.Skipped.Message, "]]>") || strings.ContainsAny(c.Name, "\x00\x1b") {
		t.Errorf("%q %q", c.Name, c.Skipped.Message)
	}
	broken := &bench.Result{Benchmarks: []bench.Benchmark{
		{Name: "a", Budgets: []bench.Budget{{Text: "objects <= 1", Holds: stat.Worse, Why: "2"}}},
		{Name: "b", Budgets: []bench.Budget{{Text: "objects <= 1", Holds: stat.Undecided}}}, {Name: "c"},
	}}
	if err := xml.Unmarshal([]byte(written(t, WriteJUnit, broken)), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Suites[len(got.Suites)-1]
	if s.Tests != 3 || s.Failures != 1 || s.Skipped != 1 || s.Cases[0].Failure.Message != "over budget: objects <= 1: 2" {
		t.Errorf("%+v", s)
	}
}

// A name cannot end its cell, its line or its element, link or mention.
func TestMarkdownHoldsNames(t *testing.T) {
	text := written(t, WriteMarkdown, sample())
	if strings.ContainsAny(text, "@`\r\x00\x1b\u202e") || strings.Contains(text, "<img") || strings.Contains(text, "http://") || strings.Contains(text, "www.") || strings.Contains(text, "\n## ") {
		t.Error(text)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 7 {
			t.Errorf("%d bars: %s", strings.Count(line, "|"), line)
		}
	}
	if i, j := strings.Index(text, "**worse**"), strings.Index(text, "| same |"); i < 0 || j < i {
		t.Errorf("what changed does not come first:\n%s", text)
	}
	r := sample()
	for range 300 {
		r.Benchmarks = append(r.Benchmarks, r.Benchmarks[0])
	}
	if text := written(t, WriteMarkdown, r); !strings.Contains(text, "more rows are left out") || strings.Count(text, "\n|") > mostRows+2 {
		t.Errorf("%d rows", strings.Count(text, "\n|"))
	}
	r = sample()
	for i := range r.Benchmarks {
		r.Benchmarks[i].Changes = nil
	}
	r.Benchmarks[0].Figures = []bench.Figure{{Metric: bench.Time, Estimate: stat.Mean([]float64{.002, .0021}, "s", .95)}}
	if text := written(t, WriteMarkdown, r); !strings.Contains(text, "| time | 2.05 ms |") {
		t.Error(text)
	}
}

func TestExportsOfNothing(t *testing.T) {
	for _, write := range []func(io.Writer, *bench.Result) error{WriteGo, WriteJUnit, WriteMarkdown} {
		if err := write(io.Discard, &bench.Result{}); err != nil {
			t.Error(err)
		}
	}
}
