package stat

import (
	"fmt"
	"math"
)

// logSpread is what the logarithms of two sets of values say of their ratio:
// the mean log ratio, its standard error and degrees of freedom.
type logSpread struct {
	mean, se, sd float64
	nu           float64
	n            int
	method       string
}

// PairedRatio estimates new over old from pairs (old[i] beside new[i]) by
// Student's t on the log ratios: the ratio of geometric means (why the
// geometric: Fleming and Wallace 1986, CACM 29, 218). Values must be positive and the two equally long; else the estimate has no
// interval, and is unknown when not even a point can be given.
func PairedRatio(old, new []float64, level float64) Estimate {
	s, why := pairedLogs(old, new)
	return s.ratio(level, why)
}

// Ratio estimates new over old from two sets of independent values by
// Student's t on their logarithms with one variance (Student 1908, Fisher 1925,
// section 24.1). Where both sides run the same code they have one variance, so
// its false alarms are exact. For a few boots in balanced order it is surer
// than pairs, which halve the degrees of freedom.
func Ratio(old, new []float64, level float64) Estimate {
	s, why := groupLogs(old, new)
	return s.ratio(level, why)
}

// PairedP is the two-sided p that the pairs differ by nothing but chance; 1
// when there are too few to tell.
func PairedP(old, new []float64) float64 {
	s, why := pairedLogs(old, new)
	return s.p(why)
}

// GroupP is PairedP for two sets of independent values.
func GroupP(old, new []float64) float64 {
	s, why := groupLogs(old, new)
	return s.p(why)
}

func pairedLogs(old, new []float64) (logSpread, string) {
	if len(old) != len(new) {
		return logSpread{}, fmt.Sprintf("%d old values beside %d new ones are no pairs", len(old), len(new))
	}
	a, b, why := logsOf(old, new)
	if why != "" {
		return logSpread{}, why
	}
	d := make([]float64, len(a))
	for i := range d {
		d[i] = b[i] - a[i]
	}
	mean, sd := moments(d)
	n := float64(len(d))
	s := logSpread{mean: mean, sd: sd, se: sd / math.Sqrt(n), nu: n - 1, n: len(d), method: "ratio of pairs, t on logarithms"}
	if len(d) < 2 {
		return s, "one pair has no spread"
	}
	return s, ""
}

func groupLogs(old, new []float64) (logSpread, string) {
	a, b, why := logsOf(old, new)
	if why != "" {
		return logSpread{}, why
	}
	ma, sa := moments(a)
	mb, sb := moments(b)
	na, nb := float64(len(a)), float64(len(b))
	s := logSpread{mean: mb - ma, n: min(len(a), len(b)), nu: na + nb - 2, method: "ratio of two groups, t on logarithms"}
	if len(a) < 2 || len(b) < 2 {
		return s, "one value has no spread"
	}
	variance := ((na-1)*sa*sa + (nb-1)*sb*sb) / s.nu
	s.se = math.Sqrt(variance * (1/na + 1/nb))
	s.sd = math.Sqrt(2 * variance)
	return s, ""
}

// logsOf takes logarithms; why names what cannot be taken.
func logsOf(old, new []float64) (a, b []float64, why string) {
	if len(old) == 0 || len(new) == 0 {
		return nil, nil, "no values on one side"
	}
	take := func(in []float64) []float64 {
		out := make([]float64, len(in))
		for i, v := range in {
			if !(v > 0) || !finite(v) {
				why = fmt.Sprintf("a value of %g has no ratio", v)
			}
			out[i] = math.Log(v)
		}
		return out
	}
	a, b = take(old), take(new)
	return a, b, why
}

func (s logSpread) ratio(level float64, why string) Estimate {
	if why != "" {
		if s.n == 0 {
			return None(math.NaN(), "1", level, 0, why)
		}
		return None(math.Exp(s.mean), "1", level, s.n, why)
	}
	h := 0.0
	if s.se > 0 {
		h = studentT(level, s.nu) * s.se
	}
	return interval(math.Exp(s.mean), math.Exp(s.mean-h), math.Exp(s.mean+h), "1", level, s.n, s.method)
}

func (s logSpread) p(why string) float64 {
	switch {
	case why != "":
		return 1
	case s.se == 0 && s.mean == 0:
		return 1
	case s.se == 0:
		return 0
	}
	return studentP(s.mean/s.se, s.nu)
}
