package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactRanks is how many differences the signed-rank distribution is counted
// out for; beyond it the normal approximation is good to four digits.
const exactRanks = 200

// HodgesLehmann estimates the centre of paired differences: the median of
// their Walsh averages, with the interval between the two Walsh averages that
// the exact signed-rank distribution names (Hodges and Lehmann 1963; Hollander
// and Wolfe, Nonparametric Statistical Methods, 2nd ed., eq. 3.23 and 3.26).
// Reached is the exact coverage. Up to five differences reach less than 95 %.
func HodgesLehmann(diffs []float64, unit string, level float64) Estimate {
	n := len(diffs)
	if n == 0 {
		return None(math.NaN(), unit, level, 0, "centre of no differences")
	}
	walsh := walshAverages(diffs)
	point := OrderQuantile(0.5, walsh)
	if n < 2 {
		return None(point, unit, level, n, "centre of one difference")
	}
	k, reached := signedRankBound(n, level)
	e := interval(point, walsh[k], walsh[len(walsh)-1-k], unit, level, n, "Hodges-Lehmann, exact signed rank")
	if e.Reached > 0 {
		e.Reached = reached
	}
	return e
}

// walshAverages returns the sorted means of all pairs, each value with itself
// included.
func walshAverages(d []float64) []float64 {
	out := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for j := i; j < len(d); j++ {
			out = append(out, (d[i]+d[j])/2)
		}
	}
	slices.Sort(out)
	return out
}

// signedRankBound returns how many Walsh averages may be left out at either
// end, and the coverage that remains: the k+1st smallest misses the centre
// with chance P(W <= k).
func signedRankBound(n int, level float64) (k int, reached float64) {
	tail := (1 - level) / 2
	if n > exactRanks {
		mean, sd := signedRankNormal(n)
		return int(mean + distuv.UnitNormal.Quantile(tail)*sd), level
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	var below float64 // P(W <= k-1), the chance that the true centre lies beyond walsh[k]
	for _, p := range rankSumChances(ranks) {
		if below+p > tail {
			break
		}
		below += p
		k++
	}
	if k == 0 { // even the extremes do not reach the level
		return 0, 1 - 2*math.Pow(0.5, float64(n))
	}
	return k - 1, 1 - 2*below
}

// Wilcoxon is the exact two-sided p of the signed-rank test that the
// differences centre on 0. Zero differences are dropped, ties get midranks,
// and the distribution is counted out given those ranks (Pratt and Gibbons,
// section 3.7). No difference at all gives 1.
func Wilcoxon(diffs []float64) float64 {
	d := slices.DeleteFunc(slices.Clone(diffs), func(v float64) bool { return v == 0 || math.IsNaN(v) })
	if len(d) == 0 {
		return 1
	}
	slices.SortFunc(d, func(a, b float64) int {
		switch x, y := math.Abs(a), math.Abs(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	doubled := doubledMidranks(d) // twice the midrank: a whole number
	var w, total int
	for i, v := range d {
		total += doubled[i]
		if v > 0 {
			w += doubled[i]
		}
	}
	w = min(w, total-w)
	if len(d) > exactRanks {
		return wilcoxonNormal(w, doubled)
	}
	var p float64
	for _, chance := range rankSumChances(doubled)[:w+1] {
		p += chance
	}
	return math.Min(1, 2*p)
}

// doubledMidranks returns twice the midrank of each absolute value of d, which
// is sorted by absolute value.
func doubledMidranks(d []float64) []int {
	out := make([]int, len(d))
	for i := 0; i < len(d); {
		j := i
		for j < len(d) && math.Abs(d[j]) == math.Abs(d[i]) {
			j++
		}
		for k := i; k < j; k++ {
			out[k] = i + 1 + j
		}
		i = j
	}
	return out
}

// rankSumChances returns the chance of every sum when each rank counts with
// probability one half.
func rankSumChances(ranks []int) []float64 {
	var total int
	for _, r := range ranks {
		total += r
	}
	p := make([]float64, total+1)
	p[0] = 1
	top := 0
	for _, r := range ranks {
		top += r
		for s := top; s >= 0; s-- {
			v := p[s] / 2
			if s >= r {
				v += p[s-r] / 2
			}
			p[s] = v
		}
	}
	return p
}

func signedRankNormal(n int) (mean, sd float64) {
	f := float64(n)
	return f * (f + 1) / 4, math.Sqrt(f * (f + 1) * (2*f + 1) / 24)
}

func wilcoxonNormal(w int, doubled []int) float64 {
	var mean, variance float64
	for _, r := range doubled {
		mean += float64(r) / 2
		variance += float64(r) * float64(r) / 4
	}
	z := (float64(w) + 1 - mean) / math.Sqrt(variance)
	return math.Min(1, 2*distuv.UnitNormal.CDF(z))
}
