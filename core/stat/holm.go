package stat

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts p values so that rejecting those below alpha keeps the chance
// of any false rejection in the family under alpha, whatever their dependence
// (Holm 1979, Scand. J. Stat. 6, 65). The order of p is kept.
func Holm(p []float64) []float64 {
	out := make([]float64, len(p))
	var largest float64
	for rank, i := range ascending(p) {
		adjusted := math.Min(1, p[i]*float64(len(p)-rank))
		largest = math.Max(largest, adjusted)
		out[i] = largest
	}
	return out
}

// HolmLevels returns for every p the confidence level at which its interval
// decides, so that the family errs with chance 1-level at most: the interval
// excludes no change exactly where Holm rejects. After the first that is not
// rejected the level stays.
func HolmLevels(p []float64, level float64) []float64 {
	out := make([]float64, len(p))
	left, open := len(p), true
	for _, i := range ascending(p) {
		limit := (1 - level) / float64(left)
		out[i] = 1 - limit
		open = open && p[i] < limit
		if open && left > 1 {
			left--
		}
	}
	return out
}

// ascending returns the indices of p from its smallest value on.
func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}
