package stat

import (
	"math"
	"slices"
	"testing"
)

func nest(t *testing.T, counts []int, values ...float64) Nested {
	t.Helper()
	n, err := Nest(counts, values)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The worked example of Kalibera and Jones 2013, and the values that
// libkalibera's own tests pin (test_data.py: test_worked_example_3_level and
// _2_level, test_ti2, test_optimal_reps); more digits and the intervals by
// numpy: x.var(axis=-1, ddof=1).mean() level by level, scipy: t.ppf.
func TestNestedAgainstKaliberaAndJones(t *testing.T) {
	three := nest(t, []int{3, 2, 2}, 9, 5, 8, 3, 10, 6, 7, 11, 1, 12, 2, 4)
	for i, want := range []float64{16.5, 2.5833333333333335, 3.5625} {
		near(t, "S", three.Spreads()[i], want, 1e-12)
	}
	for i, want := range []float64{16.5, 2.5833333333333335 - 16.5/2, 3.5625 - 2.5833333333333335/2} {
		near(t, "T", three.Variances()[i], want, 1e-12)
	}
	two := three.Without(2)
	for i, want := range []float64{12.722222222222223, 3.5625} {
		near(t, "S of two levels", two.Spreads()[i], want, 1e-12)
	}
	near(t, "T of two levels", two.Variances()[1], .4, .05)
	for _, n := range []Nested{two, three} {
		e := n.Mean("s", .95)
		bounds(t, "mean", e, 6.5-4.688707109708163, 6.5+4.688707109708163)
		if e.N != 3 || e.Point != 6.5 {
			t.Errorf("%+v", e)
		}
	}
	other := nest(t, []int{2, 2, 3}, 3, 4, 3, 1.2, 3.1, 3, .2, 1, 1.5, 1, 2, 3)
	for i, want := range []float64{0.7266667, 0.262777778, 0.7747} {
		near(t, "T", other.Variances()[i], want, 1e-4)
	}
	if got := other.Repetitions([]float64{3, 20, 100}); !slices.Equal(got, []int{5, 2}) {
		t.Errorf("repetitions %v, want 5 and 2", got)
	}
}

// A level that adds nothing needs one repetition; the others are then planned
// without it: ceil(sqrt(50/3 · 12.7222/.38194)) = 24.
func TestRepetitionsWithoutALevelThatAddsNothing(t *testing.T) {
	three := nest(t, []int{3, 2, 2}, 9, 5, 8, 3, 10, 6, 7, 11, 1, 12, 2, 4)
	if got := three.Repetitions([]float64{3, 20, 50}); !slices.Equal(got, []int{24, 1}) {
		t.Errorf("%v", got)
	}
	for name, got := range map[string][]int{
		"top adds nothing":     nest(t, []int{2, 2}, 1, 9, 9, 1).Repetitions([]float64{1, 1}),
		"cost missing":         three.Repetitions([]float64{3, 20}),
		"no cost":              three.Repetitions([]float64{0, 20, 50})[:1],
		"level not repeated":   nest(t, []int{1, 3}, 1, 2, 3).Repetitions([]float64{1, 2}),
		"nothing repeats here": nest(t, []int{3}, 1, 2, 3).Repetitions([]float64{1}),
	} {
		if slices.ContainsFunc(got, func(r int) bool { return r != 0 }) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := nest(t, []int{2, 2}, 1, 1, 2, 2).Repetitions([]float64{1, 5}); !slices.Equal(got, []int{1}) {
		t.Errorf("calls that never vary: %v", got)
	}
}

// The ends of Fieller's interval are the ratios q at which (Y-qX)² = h_y² +
// q²h_x², found by scipy.optimize.brentq from that definition.
func TestFiellerAgainstItsDefinition(t *testing.T) {
	old := nest(t, []int{4, 3}, 10.1, 10.3, 9.9, 10.6, 10.2, 10.4, 9.8, 10.0, 9.7, 10.5, 10.9, 10.4).Mean("s", .95)
	new := nest(t, []int{5, 3}, 11.2, 11.0, 11.4, 12.0, 11.7, 11.8, 11.1, 10.8, 11.3, 11.9, 12.2, 11.6, 11.5, 11.3, 11.6).Mean("s", .95)
	near(t, "half width", (old.High-old.Low)/2, 0.5356855362715085, 1e-9)
	e := Fieller(old, new)
	near(t, "ratio", e.Point, 1.1231270358306187, 1e-12)
	bounds(t, "ratio", e, 1.0520199414181717, 1.2004062759931697)
	if e.N != 4 || e.Reached != .95 {
		t.Errorf("%+v", e)
	}
	for name, u := range map[string]Estimate{
		"old may be 0": Fieller(Mean([]float64{-1, 1, 2}, "s", .95), new),
		"other level":  Fieller(Mean([]float64{1, 1, 2}, "s", .9), new),
		"nothing":      Fieller(Estimate{}, new),
		"no interval":  Fieller(old, Mean([]float64{1}, "s", .95)),
		"all 0":        Fieller(Mean([]float64{0, 0}, "s", .95), new),
	} {
		if u.Reached != 0 || u.Method == "" {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

func TestNestRefusesWhatDoesNotFill(t *testing.T) {
	for _, counts := range [][]int{nil, {0}, {3, 2}, {-1, -5}, {5, 2}, {math.MaxInt, 2}, {4}} {
		if _, err := Nest(counts, []float64{1, 2, 3, 4, 5}); err == nil {
			t.Errorf("levels of %d hold five values", counts)
		}
	}
	n := nest(t, []int{1, 2}, 1, 3)
	if v := n.Variances(); v[0] != 2 || !math.IsNaN(v[1]) {
		t.Errorf("%v", v)
	}
	if e := n.Mean("s", .95); e.Reached != 0 || e.Point != 2 {
		t.Errorf("%+v", e)
	}
	if e := (Nested{}).Mean("s", .95); e.Known() || len((Nested{}).Repetitions(nil)) != 0 {
		t.Errorf("%+v", e)
	}
	if same := n.Without(1); len(same.Spreads()) != 2 {
		t.Errorf("%+v", same)
	}
}
