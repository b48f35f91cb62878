package webtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const hostile = `</script><img src=x onerror=alert(1)>`

// The offline file opens from disk, says nothing, asks for nothing, and shows
// hostile names as text.
func TestRealReportOpensQuietly(t *testing.T) {
	b := open(t, file(t, offline(t, sample(t))))
	for _, id := range []string{"summary", "work", "latency", "time", "process", "capacity", "comparison", "findings", "environment", "lost"} {
		if !eval[bool](b, `document.getElementById("`+id+`") !== null`) {
			t.Errorf("section %s is missing", id)
		}
	}
	for _, button := range []string{".route-row", ".finding summary", ".as-table summary"} {
		eval[chromedp.Void](b, `document.querySelectorAll("`+button+`").forEach((row) => row.click())`)
	}
	b.until(`document.querySelectorAll(".detail").length === document.querySelectorAll(".route").length`)
	text := eval[string](b, `document.body.textContent`)
	if n := strings.Count(text, hostile); n < 3 {
		t.Errorf("the hostile name is shown %d times as text, want at least 3", n)
	}
	if eval[int](b, `document.querySelectorAll("img").length`) != 0 {
		t.Error("a hostile name became an element")
	}
	b.quiet()
}

// The work list is in order of server time, and an unknown value is a word.
func TestRealWorkList(t *testing.T) {
	lap := sample(t)
	b := open(t, file(t, offline(t, lap)))
	var want []string
	for _, r := range lap.Routes {
		want = append(want, r.Name)
	}
	got := eval[[]string](b, `[...document.querySelectorAll(".route")].map((r) => r.dataset.route)`)
	if !slices.Equal(got, want) {
		t.Errorf("routes are %q, want %q", got, want)
	}
	shares := eval[[]float64](b, `[...document.querySelectorAll(".share-fill")].map((s) => s.getBoundingClientRect().width)`)
	if !slices.IsSortedFunc(shares, func(a, b float64) int { return int(b - a) }) {
		t.Errorf("share bars are not in order: %v", shares)
	}
	b.do(chromedp.Focus(chromedp.CSS(`.route[data-route="GET /rates"] .route-row`)))
	b.keys("\r")
	b.until(`document.querySelector('.route[data-route="GET /rates"] .detail') !== null`)
	if text := eval[string](b, `document.querySelector('.route[data-route="GET /rates"] .detail').textContent`); !strings.Contains(text, "Unknown: the agent was off or lost") {
		t.Errorf("missing own work is not called unknown: %s", text)
	}
	if hash := eval[string](b, `location.hash`); !strings.Contains(hash, "route=GET+%2Frates") {
		t.Errorf("the open route is not in the address: %s", hash)
	}
	b.quiet()
}

// A lap of which everything is unknown, or too much, is still drawn.
func TestRealEmptyLap(t *testing.T) {
	var lap map[string]any
	raw, err := json.Marshal(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &lap); err != nil {
		t.Fatal(err)
	}
	for key, value := range lap {
		switch value.(type) {
		case []any:
			lap[key] = nil
		case map[string]any:
			if key != "run" && key != "latency" && key != "setup" {
				lap[key] = nil
			}
		}
	}
	lap["sustained_per_s"], lap["partial"] = nil, "stopped by Ctrl-C in warm-up"
	lap["latency"] = map[string]any{"count": 0, "p50_s": nil, "p95_s": nil, "p99_s": nil, "max_s": 0, "buckets": nil}
	b := open(t, file(t, offlineJSON(t, lap)))
	text := eval[string](b, `document.querySelector(".figures").textContent`)
	if n := strings.Count(text, "unknown"); n < 5 {
		t.Errorf("figures say unknown %d times, want at least 5: %s", n, text)
	}
	if !eval[bool](b, `document.querySelector(".banner.critical").textContent.includes("Ctrl-C")`) {
		t.Error("a partial lap is not called partial")
	}
	b.quiet()
}

// Both themes follow the system, the button overrules it, and text can be read
// in both.
func TestRealThemes(t *testing.T) {
	b := open(t, file(t, offline(t, sample(t))))
	for _, theme := range []string{"dark", "light"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		b.until(`document.documentElement.dataset.theme === "` + theme + `"`)
		readable(b, theme)
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	b.until(`document.documentElement.dataset.theme === "light"`) // on paper
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	for _, want := range []string{"light", "dark", "auto"} {
		eval[chromedp.Void](b, `document.querySelector(".theme").click()`)
		b.until(`document.querySelector(".theme").textContent.includes("` + strings.ReplaceAll(want, "auto", "system") + `")`)
		if want == "auto" {
			want = "light"
		}
		if got := eval[string](b, `document.documentElement.dataset.theme`); got != want {
			t.Errorf("the button gives %s, want %s", got, want)
		}
	}
	b.quiet()
}

// readable checks the contrast of text on its background (WCAG 2.2, 1.4.3:
// at least 4.5 to 1).
func readable(b *tab, theme string) {
	b.t.Helper()
	poor := eval[[]string](b, `(() => {
		const hex = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
		const light = (h) => [1, 3, 5].map((i) => parseInt(h.slice(i, i + 2), 16) / 255)
			.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
		const ratio = (a, b) => { const [x, y] = [light(hex(a)), light(hex(b))].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
		const pairs = [["ink", "page"], ["ink", "surface"], ["ink", "raised"], ["muted", "page"], ["muted", "surface"], ["muted", "raised"], ["accent", "surface"],
			["accent", "accent-soft"], ["bad", "bad-soft"], ["warn", "warn-soft"], ["good", "good-soft"], ["calm", "calm-soft"], ["ink", "bad-soft"], ["ink", "warn-soft"],
			...["app", "gem", "native", "synthetic"].flatMap((o) => [1, 2, 3].map((i) => ["flame-ink", "flame-" + o + "-" + i])), ["flame-ink", "flame-hit"]];
		return pairs.filter(([a, b]) => !(ratio(a, b) >= 4.5)).map(([a, b]) => a + " on " + b + " " + ratio(a, b).toFixed(2));
	})()`)
	if len(poor) > 0 {
		b.t.Errorf("%s: too little contrast: %q", theme, poor)
	}
}

// At 375 px nothing is wider than the window, with a route open.
func TestRealNarrow(t *testing.T) {
	b := open(t, file(t, offline(t, sample(t)))+"#route=GET+%2Forders")
	b.do(chromedp.EmulateViewport(375, 800))
	b.until(`document.documentElement.clientWidth === 375`)
	b.until(`document.querySelector(".uplot") && document.querySelector(".uplot").getBoundingClientRect().width < 375`)
	if w := eval[int](b, `document.documentElement.scrollWidth`); w > 375 {
		t.Errorf("the page is %d px wide", w)
	}
	b.quiet()
}
