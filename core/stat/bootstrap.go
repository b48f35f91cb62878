package stat

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// resamples is how many sets of pairs a bootstrap draws.
const resamples = 10_000

// BCa estimates a statistic of pairs, old[i] beside new[i], with the bias-
// corrected and accelerated bootstrap interval (Efron 1987, JASA 82, 171; Efron
// and Tibshirani, An Introduction to the Bootstrap, 1993, eq. 14.9 to 14.15). Whole pairs are
// resampled, 10,000 times, from seed. statistic may overwrite both slices. Below
// some twenty pairs the interval is too narrow: there PairedRatio or
// HodgesLehmann serve. There is none where the resamples all agree, or where
// they are too few for the level.
func BCa(statistic func(old, new []float64) float64, old, new []float64, unit string, level float64, seed uint64) Estimate {
	n := len(old)
	if n == 0 || n != len(new) {
		return None(math.NaN(), unit, level, 0, "bootstrap of no pairs")
	}
	point := statistic(slices.Clone(old), slices.Clone(new))
	if n < 3 {
		return None(point, unit, level, n, "bootstrap of too few pairs")
	}
	drawn := resample(statistic, old, new, seed)
	slices.Sort(drawn)
	b := bootstrap{drawn: drawn, bias: biasOf(drawn, point), acceleration: acceleration(jackknife(statistic, old, new))}
	tail := (1 - level) / 2
	low, lowFound := b.quantile(tail)
	high, highFound := b.quantile(1 - tail)
	if !lowFound || !highFound {
		return None(point, unit, level, n, "bootstrap of pairs, BCa: the resamples do not reach the level")
	}
	return interval(point, low, high, unit, level, n, "bootstrap of pairs, BCa")
}

// MeanChange is the mean of new less the mean of old; for BCa.
func MeanChange(old, new []float64) float64 {
	var d float64
	for i := range old {
		d += new[i] - old[i]
	}
	return d / float64(len(old))
}

// MedianChange is the median of the differences new[i]-old[i]; for BCa. It
// overwrites new.
func MedianChange(old, new []float64) float64 {
	for i := range old {
		new[i] -= old[i]
	}
	slices.Sort(new)
	return OrderQuantile(0.5, new)
}

// RatioOfMeans is the mean of new over the mean of old; for BCa.
func RatioOfMeans(old, new []float64) float64 {
	var a, b float64
	for i := range old {
		a, b = a+old[i], b+new[i]
	}
	return b / a
}

// bootstrap is the sorted statistics of the resamples with the two constants
// that correct their quantiles.
type bootstrap struct {
	drawn              []float64
	bias, acceleration float64 // z0 and a
}

// quantile is the end of the interval that leaves out tail: the resamples'
// quantile at Φ(z0 + (z0+z)/(1-a(z0+z))) (Efron and Tibshirani 1993, eq.
// 14.10), between two order statistics if need be. It is false beyond the
// extremes of the resamples.
func (b bootstrap) quantile(tail float64) (v float64, found bool) {
	z := b.bias + distuv.UnitNormal.Quantile(tail)
	p := distuv.UnitNormal.CDF(b.bias + z/(1-b.acceleration*z))
	at := p*float64(len(b.drawn)+1) - 1
	if !(at >= 0) || at > float64(len(b.drawn)-1) || b.acceleration*z >= 1 {
		return 0, false
	}
	k := int(at)
	next := min(k+1, len(b.drawn)-1)
	return b.drawn[k] + (at-float64(k))*(b.drawn[next]-b.drawn[k]), true
}

// resample returns the statistic of sets of as many pairs, drawn with
// replacement.
func resample(statistic func(old, new []float64) float64, old, new []float64, seed uint64) []float64 {
	random := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	n := uint64(len(old))
	a, b, out := make([]float64, n), make([]float64, n), make([]float64, resamples)
	for r := range out {
		for i := range a {
			k := random.Uint64() >> 32 * n >> 32 // Lemire 2019; biased by less than n in 2^32
			a[i], b[i] = old[k], new[k]
		}
		out[r] = statistic(a, b)
	}
	return out
}

// biasOf is z0: the normal quantile of the share of resamples below the
// statistic of the sample (Efron and Tibshirani 1993, eq. 14.14), those equal
// to it counted by half. Infinite where all are on one side, NaN where one is not a number.
func biasOf(sorted []float64, point float64) float64 {
	if len(sorted) == 0 || !finite(sorted[0]) || !finite(sorted[len(sorted)-1]) || sorted[0] == sorted[len(sorted)-1] {
		return math.NaN()
	}
	rounding := 1e-12 * math.Max(math.Abs(sorted[0]), math.Abs(sorted[len(sorted)-1]))
	below, _ := slices.BinarySearch(sorted, point-rounding)
	upTo, _ := slices.BinarySearch(sorted, point+rounding)
	return distuv.UnitNormal.Quantile(float64(below+upTo) / 2 / float64(len(sorted)))
}

// jackknife returns the statistic with each pair left out once.
func jackknife(statistic func(old, new []float64) float64, old, new []float64) []float64 {
	out := make([]float64, len(old))
	for i := range out {
		out[i] = statistic(slices.Delete(slices.Clone(old), i, i+1), slices.Delete(slices.Clone(new), i, i+1))
	}
	return out
}

// acceleration is a, from the statistics of a jackknife (Efron and Tibshirani
// 1993, eq. 14.15); 0 where they all agree.
func acceleration(left []float64) float64 {
	mean, _ := moments(left)
	var cubes, squares float64
	for _, v := range left {
		d := mean - v
		cubes, squares = cubes+d*d*d, squares+d*d
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}
