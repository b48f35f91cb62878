package webtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"pitwall/core/bench"
	"pitwall/core/stat"
)

// rowOf is what the verdict's cell says of a metric in a benchmark's table.
func rowOf(b *tab, benchmark int, metric string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`[...document.querySelectorAll("#bench-%d .ratios tbody tr")].find((r) => r.querySelector("th").textContent.startsWith(%q))?.querySelector(".says").textContent ?? ""`, benchmark, metric))
}

// comparisonOf is a metric's comparison in a made-up run.
func comparisonOf(t *testing.T, result *bench.Result, benchmark int, metric bench.Metric) *stat.Comparison {
	t.Helper()
	all := result.Benchmarks[benchmark].Changes[0].Comparisons
	for i := range all {
		if all[i].Metric == string(metric) {
			return &all[i]
		}
	}
	t.Fatalf("%s was not compared", metric)
	return nil
}

// Each end of an interval has three digits, and a unit where the sizes differ.
func TestRealBenchFigures(t *testing.T) {
	cases := []struct {
		point, low, high float64
		unit, want       string
	}{
		{2.88, 0.596, 5.17, "s", "2.88 s [596 ms to 5.17 s]"},
		{0.0412, 0.0381, 0.0444, "s", "41.2 ms [38.1 to 44.4]"},
		{1.2604, 1.2598, 1.2612, "s", "1.260 s [1.260 to 1.261]"}, // three digits would say nothing
		{0.002, 0, 0.004, "s", "2.00 ms [0 to 4.00]"},
		{0.002, -0.0005, 0.0045, "s", "2.00 ms [\u2212500 \u00b5s to 4.50 ms]"},
		{3 << 20, 2 << 20, 4 << 20, "bytes", "3.00 MiB [2.00 to 4.00]"},
		{123462, 123380.2, 123543.8, "1", "123,462 [123,380 to 123,544]"},
		{120, 120, 120, "1", "120"},
	}
	result := &bench.Result{Schema: bench.Schema, Benchmarks: []bench.Benchmark{{Name: "bare"}}}
	for _, c := range cases {
		e := stat.Estimate{Point: c.point, Low: c.low, High: c.high, Unit: c.unit, Asked: 0.95, Reached: 0.95, N: 6, Method: "mean"}
		result.Benchmarks[0].Figures = append(result.Benchmarks[0].Figures, bench.Figure{Metric: bench.Time, Estimate: e})
	}
	b := open(t, file(t, offlineBench(t, result)))
	got := eval[[]string](b, `[...document.querySelectorAll(".figure-table .figure")].map((f) => f.textContent.replaceAll("\u00a0", " "))`)
	if len(got) != len(cases) {
		t.Fatalf("%d figures, want %d", len(got), len(cases))
	}
	for i, c := range cases {
		if got[i] != c.want {
			t.Errorf("%v [%v, %v] %s is shown as %q, want %q", c.point, c.low, c.high, c.unit, got[i], c.want)
		}
	}
	b.quiet()
}

// A command says what starting a process takes and nothing of a collector that
// nobody saw; the control has one name.
func TestRealBenchCommand(t *testing.T) {
	result := benchSample()
	result.Benchmarks[1].GC[0].GC = bench.GC{Share: -1, Minor: -1, Major: -1}
	b := open(t, file(t, offlineBench(t, result)))
	unfold(b)
	text := func(id string) string {
		return eval[string](b, `document.getElementById("`+id+`").textContent`)
	}
	command := text("bench-2")
	if !strings.Contains(command, "Starting a process takes 2.2\u00a0ms here") || strings.Contains(command, "empty body") {
		t.Error("the command does not say what starting a process takes")
	}
	if strings.Contains(command, "Garbage collection") || strings.Contains(command, "share unknown") {
		t.Error("the command speaks of a collector of which nothing is known")
	}
	if route := text("bench-1"); !strings.Contains(route, "Garbage collectionthis tree: 7.1\u00a0% of CPU time") || strings.Contains(route, "share unknown") {
		t.Error("an arm of which nothing is known has a row of collections")
	}
	if setup := text("setup"); !strings.Contains(setup, "controlmain again, to show the noise") {
		t.Errorf("the control is set up as %q", setup)
	}
	if strings.Contains(eval[string](b, `document.querySelector("main").textContent`), again) {
		t.Error("the control has two names")
	}
	b.quiet()
}

// What decides nothing and is not decided has no verdict, unless it was made to
// gate.
func TestRealBenchSilent(t *testing.T) {
	result := benchSample()
	memory := comparisonOf(t, result, 2, bench.Memory)
	memory.Verdict, memory.Need = stat.Undecided, 16
	b := open(t, file(t, offlineBench(t, result)))
	if row := rowOf(b, 2, "Largest memory"); row == "" || strings.Contains(row, "undecided") || strings.Contains(row, "more round") {
		t.Errorf("memory, which decides nothing, says %q", row)
	}
	if row := rowOf(b, 2, "Time"); !strings.Contains(row, "undecided") || !strings.Contains(row, "more round") {
		t.Errorf("time, which decides, says %q", row)
	}
	for _, args := range [][]string{{"bench", "--gate", "time,memory"}, {"bench", "--gate=memory"}} {
		result.Run.Args = args
		b = open(t, file(t, offlineBench(t, result)))
		if row := rowOf(b, 2, "Largest memory"); !strings.Contains(row, "undecided") || !strings.Contains(row, "about 16 more rounds") {
			t.Errorf("memory, which gates with %q, says %q", args, row)
		}
		b.quiet()
	}
}

// The page lists metrics in the order of core/bench and knows which gate.
func TestRealBenchTraits(t *testing.T) {
	result := benchSample()
	first := &result.Benchmarks[0]
	model := *comparisonOf(t, result, 2, bench.Time)
	model.Verdict = stat.Undecided
	first.Changes[0].Comparisons = nil
	var gates []bool
	for i, trait := range bench.Traits() {
		c := model
		c.Metric = string(trait.Metric)
		first.Changes[0].Comparisons = append(first.Changes[0].Comparisons, c)
		first.Units[0].Values[trait.Metric] = float64(i + 1)
		gates = append(gates, trait.Gates)
	}
	b := open(t, file(t, offlineBench(t, result)))
	if got := eval[[]bool](b, `[...document.querySelectorAll("#bench-0 .says")].map((s) => s.querySelector(".verdict") !== null)`); !slices.Equal(got, gates) {
		t.Errorf("metrics with a verdict: %v, want %v", got, gates)
	}
	rows := eval[[]string](b, `[...document.querySelectorAll("#bench-0 .ratios tbody th")].map((h) => h.firstChild.textContent)`)
	if got := eval[[]string](b, `[...document.querySelectorAll("#bench-0 .places .filters button")].map((b) => b.textContent)`); !slices.Equal(got, rows) {
		t.Errorf("metrics are sorted as %q, want %q", got, rows)
	}
	b.quiet()
}

// A comparison's own margin is said beside it, and an early look's level in the
// legend.
func TestRealBenchMarginAndLevel(t *testing.T) {
	result := benchSample()
	comparisonOf(t, result, 2, bench.Time).Ratio.Asked = 0.9500000000051
	b := open(t, file(t, offlineBench(t, result)))
	key := func() string { return eval[string](b, `document.querySelector(".plot-key").textContent`) }
	if text := key(); !strings.Contains(text, "margin of \u00b12\u00a0% that") || strings.Contains(text, "other") || strings.Contains(text, "look") {
		t.Errorf("the legend says %q", text)
	}
	if row := rowOf(b, 0, "Time"); strings.Contains(row, "margin") {
		t.Errorf("a row repeats the run's margin: %q", row)
	}
	c := comparisonOf(t, result, 0, bench.Time)
	c.Margin, c.Ratio.Asked, c.Ratio.Reached = 0.07, 0.99999, 0.99999
	b.quiet()
	b = open(t, file(t, offlineBench(t, result)))
	if row := rowOf(b, 0, "Time"); !strings.Contains(row, "margin \u00b17\u00a0%") {
		t.Errorf("a margin of its own is not said: %q", row)
	}
	if text := key(); !strings.Contains(text, "where a row has no other") || !strings.Contains(text, "of the look that decided") {
		t.Errorf("the legend says %q", text)
	}
	if label := eval[string](b, `[...document.querySelectorAll("#bench-0 .interval-plot")].map((p) => p.getAttribute("aria-label")).join()`); !strings.Contains(label, "margin \u00b17\u00a0%;") {
		t.Errorf("the plots are called %q", label)
	}
	if how := eval[string](b, `[...document.querySelectorAll("#bench-0 .change")].map((c) => c.title).join()`); !strings.Contains(how, "99.99\u00a0% interval") || strings.Contains(how, "100\u00a0%") {
		t.Errorf("the intervals are of %q", how)
	}
	b.do(chromedp.EmulateViewport(360, 800))
	if w := eval[int](b, `document.documentElement.scrollWidth`); w > 360 {
		t.Errorf("at 360 px the page is %d px wide", w)
	}
	b.quiet()
}
