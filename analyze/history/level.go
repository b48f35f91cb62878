package history

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"pitwall/core/stat"
)

// inflation is how many times the variance of a mean exceeds that of
// independent points: (1+r)/(1-r) for an autoregression with lag-one
// correlation r (Wilks 2011, Statistical Methods in the Atmospheric Sciences,
// eq. 5.13), never under 1. from are the beginnings of the segments and the
// end; r is freed of the bias that taking out their means adds (Marriott and
// Pope 1954, Biometrika 41, 390).
func inflation(y []float64, from []int) float64 {
	product, square := 0.0, 0.0
	for k := 1; k < len(from); k++ {
		part := y[from[k-1]:from[k]]
		m := mean(part)
		for i, v := range part {
			square += (v - m) * (v - m)
			if i > 0 {
				product += (v - m) * (part[i-1] - m)
			}
		}
	}
	if square == 0 {
		return 1
	}
	r := product / square
	r += (1 + 3*r) * float64(len(from)-1) / float64(len(y))
	r = min(0.9, max(0, r))
	return (1 + r) / (1 - r)
}

// shift is the difference of the means of two segments, new less old, with
// Student's t interval for spreads that differ (Welch 1947, Biometrika 34, 28)
// at as many points as the correlation leaves.
func shift(old, new []float64, inflated float64) stat.Estimate {
	m, v := moments(old)
	n, w := moments(new)
	a, b := max(2, float64(len(old))/inflated), max(2, float64(len(new))/inflated)
	e := stat.Estimate{Point: n - m, Unit: "1", Asked: level, Reached: level, N: len(old) + len(new), Method: "Welch's t over correlated points"}
	square := v/a + w/b
	if square == 0 {
		e.Low, e.High = e.Point, e.Point
		return e
	}
	freedom := square * square / (v*v/(a*a*(a-1)) + w*w/(b*b*(b-1)))
	half := distuv.StudentsT{Sigma: 1, Nu: max(1, freedom)}.Quantile((1+level)/2) * math.Sqrt(square)
	e.Low, e.High = e.Point-half, e.Point+half
	return e
}

// ratio makes a ratio of a difference: of logarithms, or of values with the
// level that they differ from. There is none to a level of 0.
func ratio(by stat.Estimate, old float64, logs bool) stat.Estimate {
	if logs {
		by.Point, by.Low, by.High = math.Exp(by.Point), math.Exp(by.Low), math.Exp(by.High)
	} else {
		by.Point, by.Low, by.High = 1+by.Point/old, 1+by.Low/old, 1+by.High/old
	}
	for _, v := range []float64{by.Point, by.Low, by.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return noRatio()
		}
	}
	return by
}

// noRatio is the unknown ratio to a level of 0, or to one that is next to it.
func noRatio() stat.Estimate {
	return stat.Estimate{Unit: "1", Asked: level, Method: "no ratio to 0"}
}

// around is where a change of level may lie, given its best place: all places
// whose likelihood ratio to the best one stays under 7.35, which cover 95 % in
// the limit of small changes and more for large ones (Hansen 2000,
// Econometrica 68, 575, table I), times what correlation adds.
func around(y []float64, at int, inflated float64) (earliest, latest int) {
	squares := make([]float64, len(y)+1) // within the parts, by place
	least := math.Inf(1)
	for cut := 1; cut < len(y); cut++ {
		squares[cut] = rest(y[:cut]) + rest(y[cut:])
		least = min(least, squares[cut])
	}
	limit := least * (1 + 7.35*inflated/float64(max(1, len(y)-2)))
	earliest, latest = at, at
	for cut := 1; cut < len(y); cut++ {
		if squares[cut] <= limit {
			earliest, latest = min(earliest, cut), max(latest, cut)
		}
	}
	return earliest, latest
}

// rest is the sum of squared distances from the mean.
func rest(y []float64) float64 {
	_, v := moments(y)
	return v * float64(len(y)-1)
}

func mean(y []float64) float64 {
	m := 0.0
	for i, v := range y {
		m += (v - m) / float64(i+1)
	}
	return m
}

// moments are the mean and the variance, 0 of a single value.
func moments(y []float64) (m, variance float64) {
	m = mean(y)
	for _, v := range y {
		variance += (v - m) * (v - m)
	}
	return m, variance / float64(max(1, len(y)-1))
}
