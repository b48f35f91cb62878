package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Median estimates a median from independent values; see Quantile.
func Median(values []float64, unit string, level float64) Estimate {
	return Quantile(0.5, values, unit, level)
}

// Quantile estimates the q-quantile (0 < q < 1) of independent values, with
// the exact interval between two order statistics: the chance that it covers
// is a binomial sum, whatever the distribution (David and Nagaraja, Order
// Statistics, 3rd ed., section 7.1). Reached is that chance; it is below
// Asked when even the extremes are not wide enough.
func Quantile(q float64, values []float64, unit string, level float64) Estimate {
	n := len(values)
	if n == 0 {
		return None(math.NaN(), unit, level, 0, "quantile of no values")
	}
	x := slices.Clone(values)
	slices.Sort(x)
	point := OrderQuantile(q, x)
	if n < 2 {
		return None(point, unit, level, n, "quantile of too few values")
	}
	low, high, reached := orderBounds(q, n, level)
	e := interval(point, x[low-1], x[high-1], unit, level, n, "order statistics, exact binomial")
	if e.Reached > 0 {
		e.Reached = reached
	}
	return e
}

// OrderQuantile is the q-quantile of sorted values: the mean of the two
// middle ones where q falls between (definition 2 of Hyndman and Fan 1996,
// the inverse of the empirical distribution). No values give NaN.
func OrderQuantile(q float64, sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	at := q * float64(n)
	k := int(math.Ceil(at))
	k = min(max(k, 1), n)
	if at == math.Trunc(at) && k < n && k >= 1 && at >= 1 {
		return (sorted[k-1] + sorted[k]) / 2
	}
	return sorted[k-1]
}

// orderBounds returns the ranks (from 1) of the narrowest central interval
// for the q-quantile of n values, and its coverage.
func orderBounds(q float64, n int, level float64) (low, high int, reached float64) {
	b := distuv.Binomial{N: float64(n), P: q}
	tail := (1 - level) / 2
	low, high = 1, n
	// The interval [x_low, x_high] misses below when fewer than low values lie
	// under the quantile, and above when at least high do.
	for low < n && b.CDF(float64(low)) <= tail {
		low++
	}
	for high > 1 && 1-b.CDF(float64(high-2)) <= tail {
		high--
	}
	return low, high, b.CDF(float64(high-1)) - b.CDF(float64(low-1))
}
