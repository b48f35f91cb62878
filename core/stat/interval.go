package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// None is an estimate without an interval: Reached is 0 and Low and High equal
// point. The method says why there is none. A point that is not a finite
// number gives the zero of an unknown: N 0.
func None(point float64, unit string, level float64, n int, method string) Estimate {
	if !finite(point) {
		return Estimate{Unit: unit, Asked: level, Method: method}
	}
	return Estimate{Point: point, Low: point, High: point, Unit: unit, Asked: level, N: n, Method: method}
}

// interval is an estimate with its interval, ordered and finite; what cannot
// be made so is returned without an interval.
func interval(point, low, high float64, unit string, level float64, n int, method string) Estimate {
	if !finite(point) || !finite(low) || !finite(high) {
		return None(point, unit, level, n, method+": no finite interval")
	}
	return Estimate{
		Point: point, Low: math.Min(low, point), High: math.Max(high, point),
		Unit: unit, Asked: level, Reached: level, N: n, Method: method,
	}
}

// Scaled is the estimate in another unit: every value times factor.
func (e Estimate) Scaled(factor float64, unit string) Estimate {
	e.Point, e.Low, e.High, e.Unit = e.Point*factor, e.Low*factor, e.High*factor, unit
	if e.Low > e.High {
		e.Low, e.High = e.High, e.Low
	}
	if !finite(e.Point) || !finite(e.Low) || !finite(e.High) {
		return None(e.Point, unit, e.Asked, e.N, e.Method)
	}
	return e
}

// Known says whether the estimate rests on any value at all.
func (e Estimate) Known() bool { return e.N > 0 }

// Mean estimates a mean with Student's t interval. The values must be
// independent: boots or blocks of time, never the requests of one run.
// Fewer than two values give no interval.
func Mean(values []float64, unit string, level float64) Estimate {
	n := len(values)
	mean, sd := moments(values)
	if n < 2 {
		return None(mean, unit, level, n, "mean of too few values")
	}
	h := studentT(level, float64(n-1)) * sd / math.Sqrt(float64(n))
	return interval(mean, mean-h, mean+h, unit, level, n, "mean, Student's t")
}

// Wilson estimates a share from k of n independent trials by the score
// interval (Wilson 1927, JASA 22, 209; Brown, Cai and DasGupta 2001). No
// trials give an unknown estimate.
func Wilson(k, n int64, level float64) Estimate {
	if n <= 0 {
		return None(math.NaN(), "1", level, 0, "share of nothing")
	}
	p := float64(k) / float64(n)
	return wilson(p, float64(n), normalZ(level), level, int(n), "share, Wilson")
}

// wilson is the score interval of the share p seen in n trials, with z the
// two-sided quantile of the level.
func wilson(p, n, z, level float64, count int, method string) Estimate {
	d := 1 + z*z/n
	centre := (p + z*z/(2*n)) / d
	h := z / d * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return interval(p, math.Max(0, centre-h), math.Min(1, centre+h), "1", level, count, method)
}

// moments returns the mean and the standard deviation (n-1 in the
// denominator; 0 for fewer than two values). No values give NaN.
func moments(values []float64) (mean, sd float64) {
	n := float64(len(values))
	if n == 0 {
		return math.NaN(), 0
	}
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	var ss float64
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss / (n - 1))
}

// studentT is the two-sided t quantile of a level at nu degrees of freedom.
func studentT(level, nu float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.Quantile((1 + level) / 2)
}

// studentP is the two-sided p of |t| at nu degrees of freedom.
func studentP(t, nu float64) float64 {
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.CDF(-math.Abs(t))
}

// normalZ is the two-sided normal quantile of a level.
func normalZ(level float64) float64 { return distuv.UnitNormal.Quantile((1 + level) / 2) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
