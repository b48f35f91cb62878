package webtest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pitwall/core/bench"
	"pitwall/store"
	"pitwall/web"
)

// recorded writes a record of three benchmarks: one that became better, first
// measured on another machine; one that only varies; one that became worse,
// with a hostile name.
func recorded(t testing.TB) string {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 20261123))
	var lines []bench.Line
	add := func(at int, name, machine, cpu string, values map[bench.Metric][]float64) {
		lines = append(lines, bench.Line{
			Time: time.Date(2026, 3, 1+2*at, 9, 0, 0, 0, time.UTC), Revision: fmt.Sprintf("%08x%032d", r.Uint32(), at), Run: fmt.Sprint("run-", at), Benchmark: name,
			File: "benchmarks/export.yml", Machine: machine, CPU: cpu, Ruby: "ruby 3.3.6 +YJIT [x86_64-linux]", Values: values,
		})
	}
	times := func(mean, spread float64) []float64 {
		run := math.Exp(spread / 2 * r.NormFloat64())
		out := make([]float64, 10)
		for i := range out {
			out[i] = mean * run * math.Exp(spread*r.NormFloat64())
		}
		return out
	}
	same := func(v float64) []float64 { return []float64{v, v, v, v, v, v} }
	for at := range 60 {
		machine, cpu, slower := "2f9c41d07aee", "AMD EPYC 7763", 1.0
		if at < 20 {
			machine, cpu, slower = "aa0041d07aff", "Intel Xeon E5-2680", 1.4
		}
		objects, build, other := 18406.0, 0.0041, 0.21
		if at >= 44 {
			objects, build, other = 10211, 0.0027, 0.26
		}
		add(at, "Export#build_rows", machine, cpu, map[bench.Metric][]float64{bench.Objects: same(objects), bench.Time: times(build*slower, 0.015)})
		add(at, "GET /orders", machine, cpu, map[bench.Metric][]float64{bench.Time: times(0.0214*slower, 0.012)})
		add(at, hostile, machine, cpu, map[bench.Metric][]float64{bench.Time: times(other*slower, 0.03)})
	}
	path := filepath.Join(t.TempDir(), "benchmarks", "history.ndjson")
	if err := store.Record(context.Background(), path, lines); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("<<<<<<< HEAD\n"); err != nil {
		t.Fatal(err)
	}
	return path
}

// The history page lists the benchmarks, marks where they changed, keeps
// machines apart, and says the same in tables.
func TestRealHistory(t *testing.T) {
	address := serve(t, newShelf(t), web.Options{History: recorded(t)})
	b := open(t, address)
	b.do(chromedp.Click(chromedp.CSS(`.facts a[href="#/history"]`)))
	b.until(`document.querySelectorAll(".history-list tbody tr").length === 3`)
	row := func(name string) string {
		return eval[string](b, fmt.Sprintf(`[...document.querySelectorAll(".history-list tr")].find((r) => r.textContent.includes(%q)).textContent`, name))
	}
	for name, want := range map[string]string{"Export#build_rows": "\u25bc better", "GET /orders": "none found in", hostile: "\u25b2 worse"} {
		if text := row(name); !strings.Contains(text, want) {
			t.Errorf("%s is listed as %q, want %q", name, text, want)
		}
	}
	if n := eval[int](b, `document.querySelectorAll(".history-list .spark path").length`); n < 3 {
		t.Errorf("%d sparklines", n)
	}
	card := func(name, expression string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".bench-card")].find((c) => c.textContent.includes(%q)).%s`, name, expression)
	}
	if n := eval[int](b, card("Export#build_rows", `querySelectorAll(".series").length`)); n != 2 {
		t.Errorf("%d series of objects, want one a machine", n)
	}
	if n := eval[int](b, card("Export#build_rows", `querySelectorAll(".history-chart .history-mark.better").length`)); n != 1 {
		t.Errorf("%d changes of objects are drawn, want 1", n)
	}
	if text := eval[string](b, card("Export#build_rows", `textContent`)); !strings.Contains(text, "another machine") || !strings.Contains(text, "between ") {
		t.Errorf("the card says %.400q", text)
	}
	eval[chromedp.Void](b, card("Export#build_rows", `querySelector(".filters .button:nth-child(2)").click()`))
	b.until(card("Export#build_rows", `querySelector(".history-chart .tick").textContent.includes("ms")`))
	eval[chromedp.Void](b, `document.querySelectorAll(".as-table > summary").forEach((s) => s.click())`)
	if n := eval[int](b, card("GET /orders", `querySelectorAll(".units tbody tr").length`)); n != 60 {
		t.Errorf("%d rows, want 60", n)
	}
	if text := eval[string](b, `document.querySelector(".banner.warning").textContent`); !strings.Contains(text, "1 line of the record") || !strings.Contains(text, "merge conflict") {
		t.Errorf("a bad line is told as %q", text)
	}
	if n := eval[int](b, `document.querySelectorAll("img").length`); n != 0 {
		t.Error("a hostile name became an element")
	}
	for _, theme := range []string{"dark", "light"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		b.until(`document.documentElement.dataset.theme === "` + theme + `"`)
	}
	b.do(chromedp.EmulateViewport(360, 800))
	b.until(`document.documentElement.clientWidth === 360 && [...document.querySelectorAll(".dots")].every((d) => d.getBoundingClientRect().right <= 360)`)
	if w := eval[int](b, `document.documentElement.scrollWidth`); w > 360 {
		t.Errorf("the page is %d px wide", w)
	}
	b.heldTo(address)
}

// Without a record the page says how one is made.
func TestRealHistoryOfNothing(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "none")} {
		address := serve(t, newShelf(t), web.Options{History: path})
		b := open(t, address+"#/history")
		b.until(`document.querySelector("main .nothing")?.textContent.includes("pitwall bench --record")`)
		b.heldTo(address)
	}
}
