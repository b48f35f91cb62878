package webtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/web"
)

// unfold opens every part of a report that opens.
func unfold(b *tab) {
	b.t.Helper()
	for _, what := range []string{".fold", ".as-table"} {
		eval[chromedp.Void](b, `document.querySelectorAll("`+what+`:not([open]) > summary").forEach((s) => s.click())`)
		b.until(`document.querySelectorAll("` + what + `:not([open])").length === 0`)
	}
	b.until(`document.querySelectorAll(".fold:not(:has(> .fold-body))").length === 0`)
}

// The offline file of a run of benchmarks opens from disk, says nothing, asks
// for nothing, and says of each benchmark what it came to.
func TestRealBenchReport(t *testing.T) {
	result := benchSample()
	b := open(t, file(t, offlineBench(t, result)))
	if got, want := eval[string](b, `document.querySelector(".gate").textContent`), result.Text; !strings.Contains(got, want) || !strings.Contains(got, "undecided") {
		t.Errorf("the headline is %q", got)
	}
	order := eval[[]string](b, `[...document.querySelectorAll(".bench-list .verdict")].map((v) => v.textContent.trim())`)
	if want := []string{"? undecided", "\u25bc better", "= same"}; !slices.Equal(order, want) {
		t.Errorf("benchmarks are listed as %q, want %q", order, want)
	}
	unfold(b)
	for i, want := range result.Benchmarks {
		text := eval[string](b, fmt.Sprintf(`document.getElementById("bench-%d").textContent`, i))
		verdict, said, _ := strings.Cut(want.Changes[0].Text, ": ")
		if strings.Contains(text, want.Changes[0].Text) {
			t.Errorf("%s says %s twice", want.Name, verdict)
		}
		for _, words := range []string{want.Name, said, want.Changes[0].Stopped, "10 judged", "30 fresh processes"} {
			if !strings.Contains(text, words) {
				t.Errorf("%s lacks %q", want.Name, words)
			}
		}
	}
	first := eval[string](b, `document.getElementById("bench-0").textContent`)
	for _, words := range []string{result.Benchmarks[0].Macro, "production log", "It held.", "broken", "18,406", "10,211", "\u221244.5\u00a0%", "any", "12\u00a0% of CPU time", "41\u00a0ns a call", "30 warm-up", "became faster twice"} {
		if !strings.Contains(first, words) {
			t.Errorf("the first benchmark lacks %q", words)
		}
	}
	b.quiet()
}

// All intervals of the page are on one axis: the same ratio is at the same
// place, and the control has a line of its own.
func TestRealBenchIntervals(t *testing.T) {
	result := benchSample()
	b := open(t, file(t, offlineBench(t, result)))
	plots := 0
	for _, m := range result.Benchmarks {
		plots += len(m.Changes[0].Comparisons)
	}
	if n := eval[int](b, `document.querySelectorAll(".interval-plot").length`); n != plots {
		t.Errorf("%d plots, want %d", n, plots)
	}
	lefts := eval[[]float64](b, `[...document.querySelectorAll(".interval-plot .plot-one, .interval-ticks .tick:nth-child(1)")].map((e) => { const r = e.getBoundingClientRect(); return r.left + r.width / 2; })`)
	if slices.Max(lefts)-slices.Min(lefts) > 1 {
		t.Errorf("no change is at %v", lefts)
	}
	if n := eval[int](b, `document.querySelectorAll(".interval-plot .whisker.control").length`); n != plots {
		t.Errorf("%d controls, want %d", n, plots)
	}
	places := eval[[]float64](b, `["better", "same"].map((v) => Math.min(...[...document.querySelectorAll(".interval-plot." + v + " .judged circle")].map((c) => Number(c.getAttribute("cx")))))`)
	if len(places) != 2 || places[0] >= places[1] {
		t.Errorf("less is not left: %v", places)
	}
	labels := eval[[]string](b, `[...document.querySelectorAll(".interval-plot")].map((p) => p.getAttribute("aria-label"))`)
	for _, label := range labels {
		if !strings.Contains(label, "new over old:") || !strings.Contains(label, "control:") {
			t.Errorf("a plot is called %q", label)
		}
	}
	b.quiet()
}

// Every process is a dot; another metric shows other dots; the table says the
// same. A process of the warm-up is picked with the keyboard.
func TestRealBenchProcesses(t *testing.T) {
	result := benchSample()
	result.Benchmarks[0].Units[4].Discarded = "the machine stole 40 % of its time"
	b := open(t, file(t, offlineBench(t, result)))
	count := func(selector string) int {
		return eval[int](b, `document.querySelectorAll("#bench-0 `+selector+`").length`)
	}
	if n := count(".dots .symbol"); n != 30 {
		t.Errorf("%d dots", n)
	}
	if n := count(".dots .discarded"); n != 1 {
		t.Errorf("%d left out", n)
	}
	before := eval[string](b, `document.querySelector("#bench-0 .dots .tick").textContent`)
	b.do(chromedp.Focus(chromedp.CSS("#bench-0 .places .button:first-child")))
	b.keys("\r")
	b.until(`document.querySelector("#bench-0 .places .button:first-child").getAttribute("aria-pressed") === "true"`)
	if after := eval[string](b, `document.querySelector("#bench-0 .dots .tick").textContent`); after == before || strings.Contains(after, "ms") {
		t.Errorf("objects are drawn on %q, as time was on %q", after, before)
	}
	unfold(b)
	if n := count(".places .units tbody tr"); n != 30 {
		t.Errorf("%d rows", n)
	}
	if text := eval[string](b, `document.querySelector("#bench-0 .places .units").textContent`); !strings.Contains(text, "left out: the machine stole 40 % of its time") {
		t.Error("the table does not say what was left out")
	}
	if n := count(".warm-up .curve-of"); n != 30 {
		t.Errorf("%d curves", n)
	}
	b.do(chromedp.Focus(chromedp.CSS("#bench-0 .warm-up select")))
	b.keys(kb.ArrowDown)
	b.until(`document.querySelectorAll("#bench-0 .warm-up .curve-of").length === 1`)
	if n := count(".warm-up .segment"); n != 3 {
		t.Errorf("%d levels, want three: two change points", n)
	}
	if text := eval[string](b, `document.querySelector("#bench-0 .warm-up-words").textContent`); !strings.Contains(text, "warm-up: steady from block") {
		t.Errorf("the process is described as %q", text)
	}
	if hash := eval[string](b, `location.hash`); !strings.Contains(hash, "turned=bench-0-warm-up") {
		t.Errorf("what was opened is not in the address: %s", hash)
	}
	b.quiet()
}

// Whatever the names, they are text; whatever is missing is a word.
func TestRealBenchHostileAndEmpty(t *testing.T) {
	result := benchSample()
	const rtl = "\u202egnp.exe\u202c \x1b[2J\x00"
	bad := hostile + rtl
	result.Text, result.Partial, result.Doubts = bad, bad, []string{bad}
	for i := range result.Arms {
		result.Arms[i].Name, result.Arms[i].Ruby, result.Arms[i].Env = bad, bad, map[string]string{bad: bad}
	}
	first := &result.Benchmarks[0]
	first.Name, first.Macro, first.Kind, first.Notes = bad, bad, bench.Kind(bad), []string{bad}
	first.Changes[0].Verdict, first.Changes[0].Text, first.Changes[0].Weak = stat.Verdict("constructor"), bad, bad
	first.Changes[0].Comparisons[0].Metric = "__proto__"
	first.Units[0].WarmUp.Class = bench.Class(bad)
	first.Units[0].Values[bench.Metric(bad)] = 3
	first.Noise[4].Alarm = true
	result.Benchmarks[1].Refused = bad
	b := open(t, file(t, offlineBench(t, result)))
	unfold(b)
	if n := strings.Count(eval[string](b, `document.body.textContent`), hostile); n < 15 {
		t.Errorf("the hostile name is shown %d times as text", n)
	}
	if n := eval[int](b, `document.querySelectorAll("img").length`); n != 0 {
		t.Error("a hostile name became an element")
	}
	b.quiet()

	b = open(t, file(t, offlineBench(t, &bench.Result{Schema: bench.Schema, Benchmarks: []bench.Benchmark{{Name: "bare", Figures: []bench.Figure{{Metric: bench.Time}}}, {Name: "broken", Refused: "the body raised"}}})))
	unfold(b)
	if text := eval[string](b, `document.body.textContent`); !strings.Contains(text, "unknown") || !strings.Contains(text, "No verdict: the body raised") {
		t.Errorf("an empty run says %q", text)
	}
	b.quiet()
}

// At 360 px nothing is wider than the window, in both themes, with all open.
func TestRealBenchNarrow(t *testing.T) {
	b := open(t, file(t, offlineBench(t, benchSample())))
	unfold(b)
	for _, width := range []int{360, 800, 1280} {
		b.do(chromedp.EmulateViewport(int64(width), 800))
		b.until(fmt.Sprintf(`document.documentElement.clientWidth === %d && [...document.querySelectorAll(".dots")].every((d) => d.getBoundingClientRect().right <= %d)`, width, width))
		if w := eval[int](b, `document.documentElement.scrollWidth`); w > width {
			t.Errorf("at %d px the page is %d px wide", width, w)
		}
	}
	for _, theme := range []string{"dark", "light"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		b.until(`document.documentElement.dataset.theme === "` + theme + `"`)
		readable(b, theme)
	}
	b.quiet()
}

// The served list shows a run of benchmarks with its verdict and one that goes
// on as running; both lead to a page.
func TestRealBenchServed(t *testing.T) {
	address := serve(t, newShelf(t), web.Options{})
	b := open(t, address)
	b.until(`document.querySelectorAll(".runs tbody tr").length === 3`)
	row := func(id string) string {
		return eval[string](b, `document.querySelector('.runs a[href$="`+id+`"]').closest("tr").textContent`)
	}
	if text := row(benchID); !strings.Contains(text, "? undecided") || !strings.Contains(text, "1 better, 1 the same, 1 undecided") {
		t.Errorf("the run of benchmarks is listed as %q", text)
	}
	if text := row(openID); !strings.Contains(text, "running") || !strings.Contains(text, "so far") || strings.Contains(text, "open") {
		t.Errorf("the run that goes on is listed as %q", text)
	}
	if eval[bool](b, `document.querySelector(".runs .tag.bad") !== null`) {
		t.Error("a run that goes on is shown as bad")
	}
	b.do(chromedp.Click(chromedp.CSS(`.runs a[href$="` + openID + `"]`)))
	b.until(`document.querySelector("main .banner")?.textContent.includes("still going on")`)
	b.load(address + "#/runs/" + benchID)
	b.until(`document.querySelectorAll(".bench-card").length === 3`)
	eval[chromedp.Void](b, `document.querySelector("#bench-2-places summary, #bench-2 .fold:last-of-type summary").click()`)
	b.until(`location.hash.startsWith("#/runs/` + benchID + `?turned=bench-2-")`)
	if link := eval[string](b, `document.querySelector(".home a[download]").getAttribute("href")`); link != "api/runs/"+benchID+"/report" {
		t.Errorf("the file is at %q", link)
	}
	b.heldTo(address)
}
