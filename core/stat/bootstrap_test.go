package stat

import (
	"math"
	"slices"
	"testing"
)

// pairsOf21 are numpy's default_rng(7): exp(normal(2.3, .1)), times
// exp(normal(.05, .06)).
func pairsOf21() (old, new []float64) {
	return []float64{9.98, 10.28, 9.7, 9.12, 9.53, 9.03, 10.03, 11.4, 9.5, 9.37, 10.47, 10.34, 10.08, 9.09, 9.95, 10.69, 8.72, 9.53, 8.25, 8.77, 8.3},
		[]float64{10.345, 10.016, 10.365, 9.678, 9.907, 8.162, 10.209, 11.95, 10.055, 8.986, 10.696, 10.25, 10.095, 10.184, 9.965, 11.216, 9.667, 9.674, 8.625, 9.281, 8.759}
}

// SciPy 1.10: bootstrap((old, new), statistic, paired=True, method="BCa",
// n_resamples=400000), whose own seeds differ by 5e-4 (mean) and 6e-5 (ratio);
// the acceleration from its jackknife, to all digits. 10,000 resamples stray by
// more: one hundredth of the width is the standard error of their quantiles.
// The median's ends are also those of its exact bootstrap distribution, which is
// binomial (Efron 1979, section 3), at z0 = 0.
func TestBCaAgainstSciPy(t *testing.T) {
	old, new := pairsOf21()
	for _, c := range []struct {
		name                           string
		statistic                      func(old, new []float64) float64
		point, low, high, acceleration float64
	}{
		{"mean", MeanChange, 0.2835714285714288, .0751, .4530, -0.02300001799404316},
		{"median", MedianChange, .375, .144, .526, -0.002978513882898034},
		{"ratio", RatioOfMeans, 1.0294612378172465, 1.00800, 1.04760, -0.02007347434000732},
	} {
		e := BCa(c.statistic, old, new, "s", .95, 1)
		near(t, c.name, e.Point, c.point, 1e-12)
		near(t, c.name+" low", e.Low, c.low, .03*(c.high-c.low))
		near(t, c.name+" high", e.High, c.high, .03*(c.high-c.low))
		near(t, c.name+" acceleration", acceleration(jackknife(c.statistic, old, new)), c.acceleration, 1e-12)
		if again := BCa(c.statistic, old, new, "s", .95, 1); again != e || e.N != 21 || e.Reached != .95 {
			t.Errorf("%s: %+v, then %+v", c.name, e, again)
		}
		if other := BCa(c.statistic, old, new, "s", .95, 2); c.name != "median" && other.Low == e.Low {
			t.Errorf("%s: the seed does not matter", c.name)
		}
	}
	before, _ := pairsOf21()
	if !slices.Equal(old, before) {
		t.Error("the sample was overwritten")
	}
}

// R 4.2.2, boot 1.3-28: boot.ci(boot(d, ratio of sums, R = 400000), type =
// "bca", L = empinf(type = "jack")) of twenty pairs with one far out; its
// z0 from the resamples. The acceleration is numpy's, of eq. 14.15 (boot takes
// the influence from the full sample instead: .0847).
func TestBCaAgainstBoot(t *testing.T) {
	old := []float64{10.2, 11.5, 9.8, 12.1, 10.9, 10.4, 13.0, 9.9, 10.7, 11.1, 12.6, 10.0, 10.3, 11.9, 9.7, 10.8, 11.4, 10.1, 15.2, 10.6}
	new := []float64{11.0, 12.9, 10.1, 13.0, 12.2, 10.9, 13.1, 10.8, 11.2, 11.0, 14.9, 10.6, 10.2, 12.8, 10.5, 11.9, 11.6, 10.9, 19.8, 11.3}
	e := BCa(RatioOfMeans, old, new, "1", .95, 1)
	near(t, "ratio", e.Point, 1.08325832583258, 1e-12)
	near(t, "low", e.Low, 1.05661, .0015)
	near(t, "high", e.High, 1.13597, .004)
	near(t, "acceleration", acceleration(jackknife(RatioOfMeans, old, new)), 0.08425545139084806, 1e-12)
	drawn := resample(RatioOfMeans, old, new, 1)
	slices.Sort(drawn)
	near(t, "z0", biasOf(drawn, e.Point), .0910, .03)
	e = BCa(MeanChange, old, new, "s", .95, 1)
	near(t, "mean low", e.Low, .618, .02)
	near(t, "mean high", e.High, 1.615, .04)
	near(t, "mean acceleration", acceleration(jackknife(MeanChange, old, new)), 0.0906398609213494, 1e-12)
}

// All 6^6 resamples of six values, listed by itertools.product: 52.2 % are
// below the mean, 2.8 % equal it.
func TestBiasOfEveryResample(t *testing.T) {
	x := []float64{1, 2, 4, 7, 8, 20}
	var every []float64
	for i := range int(math.Pow(6, 6)) {
		var sum float64
		for range 6 {
			sum, i = sum+x[i%6], i/6
		}
		every = append(every, sum/6)
	}
	slices.Sort(every)
	near(t, "z0", biasOf(every, 7), 0.09105649324572089, 1e-12)
	near(t, "a", acceleration(jackknife(MeanChange, make([]float64, 6), x)), 0.08203193893008755, 1e-12)
}

// scipy: norm.cdf(z0 + z/(1-a*z)), z = z0+norm.ppf(tail), at z0 = .1, a = .05.
func TestQuantileOfABootstrap(t *testing.T) {
	drawn := make([]float64, 99_999)
	for i := range drawn {
		drawn[i] = float64(i+1) / 100_000 // the p-quantile is p
	}
	b := bootstrap{drawn: drawn, bias: .1, acceleration: .05}
	for tail, want := range map[float64]float64{.025: 0.05461007689835953, .975: 0.9917237368688839} {
		got, found := b.quantile(tail)
		near(t, "quantile", got, want, 1e-9)
		if !found {
			t.Errorf("no quantile at %g", tail)
		}
	}
	if _, found := b.quantile(1e-9); found {
		t.Error("a quantile beyond the resamples")
	}
}

func TestBCaWithoutInterval(t *testing.T) {
	old, new := pairsOf21()
	zero := make([]float64, 21)
	for name, e := range map[string]Estimate{
		"no pairs":      BCa(MeanChange, nil, nil, "s", .95, 1),
		"unequal":       BCa(MeanChange, old, new[1:], "s", .95, 1),
		"two":           BCa(MeanChange, old[:2], new[:2], "s", .95, 1),
		"constant":      BCa(MeanChange, old, old, "s", .95, 1),
		"no ratio":      BCa(RatioOfMeans, zero, new, "1", .95, 1),
		"level too far": BCa(MeanChange, old, new, "s", .999999, 1),
	} {
		if e.Reached != 0 || e.Low != e.High || e.Method == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func BenchmarkBCa20Pairs(b *testing.B) {
	old, new := pairsOf21()
	for name, statistic := range map[string]func(old, new []float64) float64{"mean": MeanChange, "median": MedianChange, "ratio": RatioOfMeans} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				BCa(statistic, old[:20], new[:20], "s", .95, 1)
			}
		})
	}
}
