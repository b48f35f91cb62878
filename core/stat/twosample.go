package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactProduct is up to which product of the sizes of two groups (50 and 50, 5
// and 500) the rank-sum distribution is counted out; beyond it the normal
// approximation is good to three digits.
const exactProduct = 2500

// MannWhitney is the two-sided p that two sets of independent values, of which
// neither is paired with the other, differ by nothing but chance (Mann and
// Whitney 1947, Ann. Math. Stat. 18, 50; Wilcoxon 1945). Ties get midranks, and
// the distribution of the rank sum given those midranks is counted out
// (Streitberg and Röhmel 1986, Stat. Software Newsletter 12, 10, shift
// algorithm): p is the share of all ways to deal the values to two groups of
// these sizes whose rank sum is as far from its mean as the one seen, or
// further. Where one group times the other exceeds 2500 it is approximated,
// corrected for ties and continuity. NaN is dropped; an empty group gives 1.
func MannWhitney(old, new []float64) float64 {
	notNumber := func(v float64) bool { return math.IsNaN(v) }
	few, many := slices.DeleteFunc(slices.Clone(old), notNumber), slices.DeleteFunc(slices.Clone(new), notNumber)
	if len(few) > len(many) {
		few, many = many, few
	}
	m, n := len(few), len(many)
	if m == 0 {
		return 1
	}
	doubled, sum := jointMidranks(few, many)
	centre := m * (m + n + 1) // of the doubled rank sum
	if m*n > exactProduct {
		return rankSumNormal(math.Abs(float64(sum-centre))/2, doubled, m)
	}
	unit := 1
	if !slices.ContainsFunc(doubled, func(r int) bool { return r%2 != 0 }) {
		unit = 2 // without ties whole ranks do, at half the work
		for i := range doubled {
			doubled[i] /= 2
		}
	}
	var p float64
	for s, chance := range subsetSumChances(doubled, m) {
		if distance(unit*s, centre) >= distance(sum, centre) {
			p += chance
		}
	}
	return math.Min(1, p)
}

// Shift estimates by how much new lies above old, two sets of independent
// values: the median of all differences new[j]-old[i], with the interval
// between the two that the exact rank-sum distribution names (Hodges and
// Lehmann 1963, Ann. Math. Stat. 34, 598; Hollander and Wolfe, Nonparametric
// Statistical Methods, 2nd ed., sections 4.2 and 4.3). Reached is the exact coverage of values
// without ties. It takes memory for one number a pair of values.
func Shift(old, new []float64, unit string, level float64) Estimate {
	m, n := len(old), len(new)
	if m == 0 || n == 0 {
		return None(math.NaN(), unit, level, 0, "shift between nothing")
	}
	differences := make([]float64, 0, m*n)
	for _, a := range old {
		for _, b := range new {
			differences = append(differences, b-a)
		}
	}
	slices.Sort(differences)
	point := OrderQuantile(0.5, differences)
	if m*n == 1 {
		return None(point, unit, level, 1, "shift between two values")
	}
	k, reached := rankSumBound(m, n, level)
	e := interval(point, differences[k], differences[m*n-1-k], unit, level, min(m, n), "Hodges-Lehmann shift, exact rank sum")
	if e.Reached > 0 {
		e.Reached = reached
	}
	return e
}

// rankSumBound returns how many differences may be left out at either end, and
// the coverage that remains: the k+1st smallest misses the shift with chance
// P(U <= k), U counting the pairs in which new is above old.
func rankSumBound(m, n int, level float64) (k int, reached float64) {
	tail := (1 - level) / 2
	if m*n > exactProduct {
		mean, sd := float64(m*n)/2, math.Sqrt(float64(m*n*(m+n+1))/12)
		return max(0, int(mean+distuv.UnitNormal.Quantile(tail)*sd)-1), level
	}
	ranks := make([]int, m+n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	m = min(m, n)
	chances := subsetSumChances(ranks, m)[m*(m+1)/2:]
	var below float64 // P(U <= k-1), the chance that the true shift lies beyond differences[k]
	for _, p := range chances {
		if below+p > tail {
			break
		}
		below += p
		k++
	}
	if k == 0 { // even the extremes do not reach the level
		return 0, 1 - 2*chances[0]
	}
	return k - 1, 1 - 2*below
}

// jointMidranks returns twice the midrank of each value among all values, a
// whole number, and their sum over those in few.
func jointMidranks(few, many []float64) (doubled []int, sum int) {
	type value struct {
		v   float64
		few bool
	}
	var all []value
	for _, v := range few {
		all = append(all, value{v, true})
	}
	for _, v := range many {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.v, b.v) })
	doubled = make([]int, len(all))
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		for k := i; k < j; k++ {
			doubled[k] = i + 1 + j
			if all[k].few {
				sum += doubled[k]
			}
		}
		i = j
	}
	return doubled, sum
}

// subsetSumChances returns the chance of every sum of m ranks drawn without
// replacement. ranks rise. Sets are counted by size and sum as ranks are added
// one by one, never listed.
func subsetSumChances(ranks []int, m int) []float64 {
	most := 0
	for _, r := range ranks[len(ranks)-m:] {
		most += r
	}
	ways := make([][]float64, m+1)
	for k := range ways {
		ways[k] = make([]float64, most+1)
	}
	ways[0][0] = 1
	tops := make([]int, m+1) // the largest sum of k ranks so far
	for i, r := range ranks {
		for k := min(i+1, m); k >= 1; k-- {
			tops[k] = tops[k-1] + r // ranks rise: the largest k-set holds the newest
			to, from := ways[k][r:tops[k]+1], ways[k-1]
			for s := range to {
				to[s] += from[s]
			}
		}
	}
	var total float64
	for _, w := range ways[m] {
		total += w
	}
	for s := range ways[m] {
		ways[m][s] /= total
	}
	return ways[m]
}

// rankSumNormal is the two-sided p of a rank sum that far from its mean, with
// the variance that ties leave and continuity corrected by half a rank
// (Hollander and Wolfe, 2nd ed., section 4.1; Lehmann, Nonparametrics, 1.4).
func rankSumNormal(deviation float64, doubled []int, m int) float64 {
	n := len(doubled) - m
	mean := float64(len(doubled)+1) / 2
	var ss float64 // of the midranks around their mean; (N³-N)/12 without ties
	for _, r := range doubled {
		d := float64(r)/2 - mean
		ss += d * d
	}
	if ss == 0 {
		return 1
	}
	total := float64(len(doubled))
	z := math.Max(0, deviation-0.5) / math.Sqrt(float64(m)*float64(n)*ss/(total*(total-1)))
	return math.Min(1, 2*distuv.UnitNormal.CDF(-z))
}

func distance(a, b int) int { return max(a-b, b-a) }
