package bench

import (
	"strings"
	"testing"

	core "pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/spec"
	"pitwall/core/stat"
)

// stacks is root -> index -> rows -> rows (recursion) -> hash, and index -> render.
func stacks() *profile.Tree {
	return &profile.Tree{
		Frames: []profile.Frame{{Name: "index"}, {Name: "Export#rows"}, {Name: "hash"}, {Name: "render"}},
		Nodes: []profile.Node{{Parent: profile.NoStack, Frame: -1, Total: 100}, {Parent: 0, Frame: 0, Total: 100, Self: 20},
			{Parent: 1, Frame: 1, Total: 30, Self: 5}, {Parent: 2, Frame: 1, Total: 25, Self: 5}, {Parent: 3, Frame: 2, Total: 20, Self: 20}, {Parent: 1, Frame: 3, Total: 50, Self: 50}},
	}
}

func exactly(point float64) *stat.Estimate {
	return &stat.Estimate{Point: point, Low: point, High: point, Unit: "s", N: 9}
}

func TestMicroToMacro(t *testing.T) {
	r := &lap.Result{Routes: []lap.Route{{Name: "home"}, {Name: "orders", Flame: stacks(), Mean: exactly(.2), Share: exactly(.5)}}}
	if got := Share("Export#rows", stacks()); got != .3 {
		t.Errorf("recursion counts %g", got)
	}
	faster := core.Change{Comparisons: []stat.Comparison{{Metric: "time", Ratio: *exactly(.6), Verdict: stat.Better}}}
	for _, c := range []struct{ method, want string }{
		{"Export#rows", "40 % faster; Export#rows is 30 % of orders: at most 24.0 ms of its 200 ms a request"},
		{"Tools#hash", "any method named hash is 20 % of orders"},
		{"Export#nothing", "on no stack"},
	} {
		if got := Macro(c.method, faster, r); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.method, got)
		}
	}
	for _, c := range []struct {
		because       *core.Because
		route, method string
		want          string
	}{
		{nil, "orders", "", "nothing says why"},
		{&core.Because{Source: "log", Share: .6}, "orders", "", ""},
		{&core.Because{Source: "log", Share: .6}, "", "Export#rows", ""},
		{&core.Because{Source: "log", Share: .9}, "", "Export#rows", "no longer hot: Export#rows was 90 %"},
		{&core.Because{Source: "log", Share: .9}, "gone", "", ""},
	} {
		if got := Reason(c.because, c.route, c.method, r); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if Reason(&core.Because{Share: .5}, "orders", "", nil) != "" {
		t.Error("without a lap nothing can be said to have cooled")
	}
}

func TestBudgets(t *testing.T) {
	exact := stat.Estimate{Point: 120, Low: 120, High: 120, Unit: "1", Reached: 1, N: 6}
	b := core.Benchmark{Figures: []core.Figure{
		{Arm: 1, Metric: core.Objects, Estimate: exact},
		{Arm: 1, Metric: core.Time, Estimate: stat.Estimate{Point: .002, Low: .0018, High: .0022, Unit: "s", Reached: .95, N: 6}},
	}}
	for i := range 6 {
		u := core.Unit{Arm: 1, Round: i}
		for k := range 200 {
			u.Blocks = append(u.Blocks, core.Block{Calls: 1, Wall: int64(1e6 + 1e3*k)})
		}
		b.Units = append(b.Units, u)
	}
	for text, want := range map[string]stat.Verdict{
		"objects <= 120": stat.Same, "objects < 120": stat.Worse, "objects == 120": stat.Same, "statements == 3": stat.Undecided,
		"time < 3ms": stat.Same, "time < 2ms": stat.Undecided, "time < 1ms": stat.Worse,
		"p95 < 1.5ms": stat.Same, "p95 < 1ms": stat.Worse, "p99 < 2ms": stat.Undecided,
	} {
		budget, err := spec.ParseBudget(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Keep([]spec.Budget{budget}, b, 1)[0]; got.Holds != want || got.Why == "" || got.Text == "" {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
