package history

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/stat"
)

// at is the line of run i.
func at(i int) bench.Line {
	return bench.Line{
		Format: 1, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i), Revision: fmt.Sprintf("%012x", 1000+i), Run: fmt.Sprintf("run%d", i),
		Benchmark: "parse", File: "benchmarks/a.yml", Machine: "m1", CPU: "Xeon", Ruby: "ruby 3.1.2", Values: map[bench.Metric][]float64{},
	}
}

// record is a file with these lines.
func record(t *testing.T, lines ...bench.Line) Record {
	t.Helper()
	var text strings.Builder
	for _, l := range lines {
		b, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	r, err := Read(strings.NewReader(text.String()))
	if err != nil || r.Wrong != 0 || len(r.Lines) != len(lines) {
		t.Fatalf("%v, %d wrong, %d of %d lines", err, r.Wrong, len(r.Lines), len(lines))
	}
	return r
}

// timed are runs of seven processes each, whose level is that of the run.
func timed(seed uint64, levels ...float64) []bench.Line {
	r := rand.New(rand.NewPCG(seed, 1))
	var lines []bench.Line
	for i, level := range levels {
		l := at(i)
		run := math.Exp(0.01 * r.NormFloat64()) // of the machine that day
		for range 7 {
			l.Values[bench.Time] = append(l.Values[bench.Time], level*run*math.Exp(0.01*r.NormFloat64()))
		}
		lines = append(lines, l)
	}
	return lines
}

func levels(n int, level ...float64) []float64 {
	var out []float64
	for _, l := range level {
		for range n {
			out = append(out, l)
		}
	}
	return out
}

func TestChangeOfTime(t *testing.T) {
	report := Judge(record(t, timed(1, levels(30, 0.010, 0.012)...)...), Want{})
	if len(report.Series) != 1 || len(report.Series[0].Changes) != 1 {
		t.Fatalf("%+v", report)
	}
	s := report.Series[0]
	c := s.Changes[0]
	if c.At != 30 || c.Verdict != stat.Worse || c.Good != s.Points[29].Revision || c.Bad != s.Points[30].Revision || c.Points != 30 || c.Counted || !c.Sure || c.P <= 0 || c.P > 0.01 {
		t.Errorf("%+v", c)
	}
	if c.Ratio.Low > 1.2 || c.Ratio.High < 1.2 || c.Ratio.High-c.Ratio.Low > 0.03 || c.Earliest != 30 || c.Latest != 30 {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{"worse: time +2", "between 0000000004 and 0000000004"} {
		if !strings.Contains(c.Text, want) {
			t.Errorf("%q lacks %q", c.Text, want)
		}
	}
	if s.Newest(30) == nil || s.Newest(29) != nil {
		t.Error("newest")
	}
	if better := Judge(record(t, timed(1, levels(30, 0.012, 0.010)...)...), Want{}).Series[0].Changes; len(better) != 1 || better[0].Verdict != stat.Better {
		t.Errorf("%+v", better)
	}
}

func TestCounters(t *testing.T) {
	var lines []bench.Line
	for i, objects := range []float64{120, 120, 120, 126, 126, 100} {
		l := at(i)
		l.Values[bench.Objects] = []float64{objects, objects, objects}
		l.Values[bench.Statements] = []float64{float64(i / 3)}
		lines = append(lines, l)
	}
	report := Judge(record(t, lines...), Want{})
	if len(report.Series) != 2 {
		t.Fatalf("%+v", report)
	}
	c := report.Series[1].Changes
	if len(c) != 2 || c[0].At != 3 || c[0].Verdict != stat.Worse || c[0].Ratio.Point != 1.05 || !c[0].Counted || !c[0].Sure || c[1].At != 5 || c[1].Verdict != stat.Better || c[1].P != 0 {
		t.Errorf("%+v", c)
	}
	if want := "worse: objects from 120 to 126 between 0000000003 and 0000000003"; c[0].Text != want {
		t.Errorf("%q", c[0].Text)
	}
	if c := report.Series[0].Changes; len(c) != 1 || c[0].Verdict != stat.Worse || c[0].Ratio.Known() {
		t.Errorf("from 0: %+v", c)
	}
}

// A counter that differs within a run or at every step is a measurement.
func TestCountersThatVary(t *testing.T) {
	var within, between []bench.Line
	for i := range 40 {
		l := at(i)
		l.Values[bench.Objects] = []float64{120, 121, 120}
		if i == 20 || i == 33 { // the median moves, and the spread says why
			l.Values[bench.Objects] = []float64{120, 121, 121}
		}
		within = append(within, l)
		l = at(i)
		l.Values[bench.Objects] = []float64{120 + float64(i*i%3)}
		between = append(between, l)
	}
	for _, lines := range [][]bench.Line{within, between} {
		if s := Judge(record(t, lines...), Want{}).Series[0]; len(s.Changes) != 0 {
			t.Errorf("%+v", s.Changes)
		}
	}
}

// A new machine or Ruby is another series, and never a regression.
func TestCovariates(t *testing.T) {
	lines := timed(2, levels(20, 0.010, 0.020, 0.030)...)
	for i := range lines {
		if i >= 20 {
			lines[i].Machine, lines[i].CPU = "m2", "EPYC"
		}
		if i >= 40 {
			lines[i].Ruby = "ruby 3.4.1"
		}
	}
	report := Judge(record(t, lines...), Want{})
	if len(report.Series) != 3 {
		t.Fatalf("%d series", len(report.Series))
	}
	for i, want := range []string{"another Ruby: ruby 3.4.1, before ruby 3.1.2", "another machine: EPYC (m2), before Xeon (m1)", ""} {
		if s := report.Series[i]; s.Begins != want || len(s.Changes) != 0 || len(s.Points) != 20 {
			t.Errorf("%d: %q, %+v", i, s.Begins, s.Changes)
		}
	}
}

func TestEnvironmentIsSaid(t *testing.T) {
	lines := timed(3, levels(15, 0.010, 0.015)...)
	for i := 15; i < 30; i++ {
		lines[i].Env = map[string]string{"RUBYOPT": "--yjit"}
	}
	c := Judge(record(t, lines...), Want{}).Series[0].Changes
	if len(c) != 1 || !strings.Contains(c[0].Text, `RUBYOPT changed with it, from "" to "--yjit"`) {
		t.Errorf("%+v", c)
	}
}

func TestWant(t *testing.T) {
	a, b := at(0), at(0)
	a.Values = map[bench.Metric][]float64{bench.Time: {1}, bench.CPU: {1}, "speed": {1}}
	b.Benchmark, b.Values = "other", a.Values
	r := record(t, a, b, a)
	all := Judge(r, Want{})
	if len(all.Series) != 4 || all.Series[0].Benchmark != "other" || all.Series[0].Metric != bench.CPU {
		t.Errorf("%+v", all.Series)
	}
	if notes := strings.Join(all.Notes, "\n"); !strings.Contains(notes, "1 lines stand in the record twice") || !strings.Contains(notes, `2 lines hold "speed"`) {
		t.Errorf("%q", all.Notes)
	}
	if got := Judge(r, Want{Benchmark: "parse", Metric: bench.Time}).Series; len(got) != 1 || len(got[0].Points) != 1 {
		t.Errorf("%+v", got)
	}
	if again := Judge(r, Want{}); !reflect.DeepEqual(again, all) {
		t.Error("not the same again")
	}
}

func TestOrderIsByTime(t *testing.T) {
	lines := timed(4, 1, 2, 3)
	s := Judge(record(t, lines[2], lines[0], lines[1]), Want{}).Series[0]
	if s.Points[0].Line != 2 || s.Points[2].Line != 1 {
		t.Errorf("%+v", s.Points)
	}
}

func TestNoLinesAndNulls(t *testing.T) {
	text, err := json.Marshal(Judge(Record{}, Want{}))
	if want := `{"schema":1,"series":[],"bad_lines":[],"bad":0,"lines":0,"notes":[]}`; err != nil || string(text) != want {
		t.Errorf("%s", text)
	}
	text, err = json.Marshal(Judge(record(t, timed(1, 1)...), Want{}))
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%v, %s", err, text)
	}
}

// autocorrelated are n values around 0 of variance 1.
func autocorrelated(r *rand.Rand, n int, rho float64) []float64 {
	x := make([]float64, n)
	x[0] = r.NormFloat64()
	for i := 1; i < n; i++ {
		x[i] = rho*x[i-1] + math.Sqrt(1-rho*rho)*r.NormFloat64()
	}
	return x
}

// How often the interval of a change's ratio holds the truth, and its place
// the true one, where it was found.
func TestCoverageOfChanges(t *testing.T) {
	n := 60
	if os.Getenv("PITWALL_CALIBRATE") != "" {
		n = 600
	}
	for _, rho := range []float64{0, .5} {
		r := rand.New(rand.NewPCG(6, 6))
		found, held, placed := 0, 0, 0
		for range n {
			x := autocorrelated(r, 80, rho)
			var lines []bench.Line
			for i := range x {
				if i >= 50 {
					x[i] += 4
				}
				l := at(i)
				l.Values[bench.Time] = []float64{math.Exp(0.02 * x[i])}
				lines = append(lines, l)
			}
			changes := Judge(record(t, lines...), Want{}).Series[0].Changes
			if len(changes) != 1 {
				continue
			}
			c := changes[0]
			found++
			if truth := math.Exp(0.08); c.Ratio.Low <= truth && truth <= c.Ratio.High {
				held++
			}
			if c.Earliest <= 50 && 50 <= c.Latest {
				placed++
			}
		}
		t.Logf("correlation %v: %d of %d have one change; its ratio is held by %.1f %%, its place by %.1f %%", rho, found, n, 100*float64(held)/float64(found), 100*float64(placed)/float64(found))
		if found < n*8/10 || held < found*88/100 || placed < found*90/100 {
			t.Errorf("correlation %v: found %d of %d, ratio %d, place %d", rho, found, n, held, placed)
		}
	}
}
