package stat

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

func bounds(t *testing.T, what string, e Estimate, low, high float64) {
	t.Helper()
	near(t, what+" low", e.Low, low, 1e-9*math.Max(1, math.Abs(low)))
	near(t, what+" high", e.High, high, 1e-9*math.Max(1, math.Abs(high)))
}

// scipy 1.17.1: stats.t.interval(.95, 6, mean(x), sem(x)); t.ppf.
func TestMeanAgainstSciPy(t *testing.T) {
	e := Mean([]float64{5.1, 4.9, 5.6, 5.3, 4.7, 5.8, 5.0}, "s", .95)
	bounds(t, "mean", e, 4.837850747727909, 5.562149252272091)
	if e.N != 7 || e.Reached != .95 || e.Unit != "s" {
		t.Errorf("%+v", e)
	}
	near(t, "t", studentT(.9995, 6), 6.788339990341489, 1e-8)
	near(t, "t", studentT(.95, 3), 3.1824463052837078, 1e-9)
}

// statsmodels 0.15: proportion_confint(k, n, .05, "wilson"); 81 of 263 and
// 15 of 148 are Newcombe 1998, Statistics in Medicine 17, 857, table I.
func TestWilsonAgainstNewcombe(t *testing.T) {
	for _, c := range []struct {
		k, n      int64
		low, high float64
	}{
		{0, 10, 0, 0.27753279986288926}, {3, 10, 0.10779126740630104, 0.6032218525388546}, {10, 10, 0.7224672001371106, 1},
		{81, 263, 0.2552885198782742, 0.36620957698280004}, {15, 148, 0.06238639953073628, 0.16048724172330803},
	} {
		bounds(t, "Wilson", Wilson(c.k, c.n, .95), c.low, c.high)
	}
}

// scipy: stats.ttest_rel and ttest_ind of the logarithms, exponentiated.
func TestRatiosAgainstSciPy(t *testing.T) {
	a, b := []float64{10.2, 11.5, 9.8, 12.1, 10.9}, []float64{11.0, 12.9, 10.1, 13.0, 12.2}
	e := PairedRatio(a, b, .95)
	near(t, "ratio", e.Point, 1.0843617735846305, 1e-12)
	near(t, "low", e.Low, 1.03846671, 1e-8)
	near(t, "high", e.High, 1.13228517, 1e-8)
	near(t, "p", PairedP(a, b), 0.006517380317729077, 1e-10)
	bounds(t, "groups", Ratio(a, b, .95), 0.9397839508570367, 1.251181673127421)
	near(t, "p", GroupP(a, b), 0.2281182634630426, 1e-10)
}

// scipy: stats.wilcoxon(d, method="exact"), with ties PermutationMethod.
func TestWilcoxonAgainstSciPy(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{1.1, -0.4, 2.3, 3.1, 0.2, 1.7}, 0.09375}, {[]float64{1, 2, 3, 4, 5}, 0.0625},
		{[]float64{1, -2, 3, -4, 5, 6, 7, -8}, 0.640625}, {[]float64{1, 1, -1, 2, 3, 3, -3, 4}, 0.21875},
		{[]float64{0, 1, 0, 2, 3, 4, 5}, 0.0625}, {[]float64{0, 0}, 1}, {nil, 1},
	} {
		near(t, "p", Wilcoxon(c.d), c.want, 1e-12)
	}
}

// Hollander and Wolfe, 2nd ed., examples 3.1, 3.3 and 3.4: Hamilton's
// depression scale of nine patients; estimate -.46, 96.1 % interval
// (-.786, -.010), two-sided p .0390625 (R: wilcox.test(y, x, paired = TRUE)).
func TestHodgesLehmannAgainstHollanderWolfe(t *testing.T) {
	x := []float64{1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	y := []float64{.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	d := make([]float64, len(x))
	for i := range d {
		d[i] = y[i] - x[i]
	}
	e := HodgesLehmann(d, "1", .95)
	near(t, "estimate", e.Point, -.46, 1e-12)
	bounds(t, "interval", e, -.786, -.010)
	near(t, "coverage", e.Reached, .9609375, 1e-12)
	near(t, "p", Wilcoxon(d), .0390625, 1e-12)
}

// Wilcoxon's table (Biometrics 1, 1945; Hollander and Wolfe A.4): the largest
// sum of ranks with a chance of 2.5 % or less.
func TestSignedRankTable(t *testing.T) {
	for n, want := range map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52, 25: 89} {
		if k, reached := signedRankBound(n, .95); k != want || reached < .95 {
			t.Errorf("n = %d: %d at %.4f, want %d", n, k, reached, want)
		}
	}
	if _, reached := signedRankBound(5, .95); reached != .9375 {
		t.Errorf("five differences reach %.4f", reached)
	}
	exact, _ := signedRankBound(exactRanks, .95)
	mean, sd := signedRankNormal(exactRanks)
	near(t, "normal approximation", float64(exact), mean-1.959964*sd, 3)
}

// scipy: stats.binom(n, q) by hand; the median of 20 also by quantile_test.
func TestOrderStatisticRanks(t *testing.T) {
	for _, c := range []struct {
		q         float64
		n         int
		low, high int
		reached   float64
	}{
		{.5, 5, 1, 5, .9375}, {.5, 6, 1, 6, .96875}, {.5, 20, 6, 15, .9586105346679688},
		{.9, 50, 41, 50, .9703082890880885}, {.95, 200, 184, 197, .9671521638567256},
	} {
		low, high, reached := orderBounds(c.q, c.n, .95)
		if low != c.low || high != c.high {
			t.Errorf("q %g of %d: ranks %d and %d, want %d and %d", c.q, c.n, low, high, c.low, c.high)
		}
		near(t, "reached", reached, c.reached, 1e-12)
	}
	if e := Median([]float64{3, 1, 2, 4}, "s", .95); e.Point != 2.5 || e.Low != 1 || e.High != 4 || e.Reached != .875 || e.Asked != .95 {
		t.Errorf("%+v", e)
	}
}

// statsmodels: multipletests(p, .05, "holm").
func TestHolm(t *testing.T) {
	p := []float64{.01, .04, .03, .005}
	for i, want := range []float64{.03, .06, .06, .02} {
		near(t, "adjusted", Holm(p)[i], want, 1e-12)
	}
	levels := HolmLevels(p, .95)
	for i, want := range []float64{1 - .05/3, 1 - .05/2, 1 - .05/2, 1 - .05/4} {
		near(t, "level", levels[i], want, 1e-12)
	}
	for i, adjusted := range Holm(p) {
		if (adjusted < .05) != (p[i] < 1-levels[i]) {
			t.Errorf("p %g: adjusted %g but level %g", p[i], adjusted, levels[i])
		}
	}
	if len(Holm(nil)) != 0 || len(HolmLevels(nil, .95)) != 0 || HolmLevels([]float64{.001}, .99)[0] != .99 {
		t.Error("edges of Holm")
	}
}

// Without spread inside blocks the ratio over equal blocks is the mean over
// blocks, with its t interval.
func TestOverBlocksIsTheMeanOfEqualBlocks(t *testing.T) {
	x := []float64{5.1, 4.9, 5.6, 5.3, 4.7, 5.8, 5.0}
	blocks := []Block{{}, {Sum: math.NaN(), Weight: 1}}
	for _, v := range x {
		blocks = append(blocks, Block{Sum: 10 * v, Weight: 10})
	}
	e := OverBlocks(blocks, "s", .95)
	bounds(t, "blocks", e, 4.837850747727909, 5.562149252272091)
	if e.N != 7 {
		t.Errorf("%+v", e)
	}
}
