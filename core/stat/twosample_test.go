package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// R 4.2.2: pvalue(coin::wilcox_test(v ~ group, distribution = "exact")) and
// exactRankTests::wilcox.exact(a, b)$p.value; SciPy 1.10: permutation_test of
// |sum of midranks - its mean| over all ways.
func TestMannWhitneyAgainstR(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{2, 1, 3, 5}, []float64{1, 1, 1, 1, 1}, 6. / 126},
		{[]float64{1.1, 2.2, 3.3}, []float64{4.4, 5.5, 6.6}, .1},
		{[]float64{3, 3, 4, 5, 5, 7}, []float64{1, 2, 3, 3, 4}, 0.05627705627705628},
		{[]float64{10.1, 9.8, 10.4, 10, 9.9, 10.2}, []float64{10.3, 10.6, 10.5, 10.2, 10.8, 10.7}, 0.010822510822510822},
		{[]float64{5, 5, 5}, []float64{5, 5, math.NaN()}, 1}, {nil, []float64{1}, 1},
		{permeable, early, 0.2544122544123},
	} {
		near(t, "p", MannWhitney(c.a, c.b), c.want, 1e-12)
		near(t, "p the other way", MannWhitney(c.b, c.a), c.want, 1e-12)
	}
}

// R: wilcox.test((0:69) %% 13, (0:49) %% 17) with ties, and
// SciPy: mannwhitneyu(method="asymptotic"). 50 and 50 are counted out, 51 and
// 50 approximated.
func TestMannWhitneyOfManyValues(t *testing.T) {
	cycle := func(n, of int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = float64(i % of)
		}
		return out
	}
	near(t, "p", MannWhitney(cycle(70, 13), cycle(50, 17)), 0.01772032556048365, 1e-12)
	near(t, "p of equals", MannWhitney(cycle(60, 1), cycle(60, 1)), 1, 0)
	near(t, "exact and approximate", MannWhitney(cycle(50, 13), cycle(50, 17)), MannWhitney(cycle(51, 13), cycle(50, 17)), .01)
}

// Hollander and Wolfe, 2nd ed., example 4.1 (permeability of membranes at term
// and at 12 to 26 weeks): estimate -.305, interval (-.76, .15) at 96.0 %.
// R: wilcox.test(early, permeable, conf.int = TRUE); 1-2*pwilcox(8, 10, 5).
var (
	permeable = []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	early     = []float64{1.15, 0.88, 0.90, 0.74, 1.21}
)

func TestShiftAgainstHollanderWolfe(t *testing.T) {
	e := Shift(permeable, early, "cm/s", .95)
	near(t, "estimate", e.Point, -.305, 1e-12)
	bounds(t, "interval", e, -.76, .15)
	near(t, "coverage", e.Reached, 0.96003996003996, 1e-12)
	if e.N != 5 || e.Asked != .95 {
		t.Errorf("%+v", e)
	}
}

// R: q = qwilcox(.025, n, n); q-1 and 1-2*pwilcox(q-1, n, n).
func TestRankSumTable(t *testing.T) {
	for _, c := range []struct {
		n, k    int
		reached float64
	}{{4, 0, 0.9714285714285714}, {5, 2, 0.9682539682539683}, {6, 5, 0.9588744588744589}, {8, 13, 0.9501165501165502}, {10, 23, 0.9567429474550218}, {20, 127, 0.9509096748106276}} {
		k, reached := rankSumBound(c.n, c.n, .95)
		if k != c.k {
			t.Errorf("%d and %d: %d left out, want %d", c.n, c.n, k, c.k)
		}
		near(t, "coverage", reached, c.reached, 1e-12)
	}
	if k, reached := rankSumBound(3, 2, .95); k != 0 || math.Abs(reached-.8) > 1e-12 {
		t.Errorf("3 and 2 reach %.4f", reached)
	}
	exact, _ := rankSumBound(50, 50, .95)
	approximate, _ := rankSumBound(51, 50, .95)
	if d := approximate - exact; d < 0 || d > 30 {
		t.Errorf("%d left out of 50 and 50, %d of 51 and 50", exact, approximate)
	}
}

// The shift algorithm counts what listing every way to deal the values counts.
func TestMannWhitneyCountsEveryWay(t *testing.T) {
	value := rapid.SampledFrom([]float64{1, 2, 3, 4, 5, 1.5})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(value, 1, 6).Draw(t, "a"), rapid.SliceOfN(value, 1, 6).Draw(t, "b")
		all := slices.Concat(a, b)
		rank := func(v float64) (twice int) {
			for _, w := range all {
				if w < v {
					twice += 2
				} else if w == v {
					twice++
				}
			}
			return twice + 1
		}
		centre, seen := len(a)*(len(all)+1), 0
		for _, v := range a {
			seen += rank(v)
		}
		extreme, ways := 0, 0
		for set := range 1 << len(all) {
			sum, size := 0, 0
			for i, v := range all {
				if set>>i&1 == 1 {
					sum, size = sum+rank(v), size+1
				}
			}
			if size == len(a) {
				ways++
				if distance(sum, centre) >= distance(seen, centre) {
					extreme++
				}
			}
		}
		if got, want := MannWhitney(a, b), float64(extreme)/float64(ways); math.Abs(got-want) > 1e-12 {
			t.Fatalf("p %g, listed %g", got, want)
		}
	})
}

func BenchmarkMannWhitney20(b *testing.B) {
	old, new := make([]float64, 20), make([]float64, 20)
	for i := range old {
		old[i], new[i] = float64(i%7), float64(i%9)
	}
	b.ReportAllocs()
	for b.Loop() {
		MannWhitney(old, new)
	}
}
