package change

import (
	"cmp"
	"math"
	"slices"
)

// energy finds the best cut of a stretch of values. The statistic is that of
// Matteson and James 2014 (JASA 109, 334, eq. 5 to 7) with alpha = 1: for a
// values before the cut and b after it,
//
//	Q = ab/(a+b) · (2 mean|x-y| - mean|x-x'| - mean|y-y'|)
//
// with means over different pairs. Sums of distances come from running sums
// over ranks (Fenwick 1994, Softw. Pract. Exper. 24, 327), so n values take
// n log n steps and not n². It holds what one cut after another needs.
type energy struct {
	least int       // values on either side of a cut, from 2
	order []int     // indices by value
	rank  []int     // of each value, from 0
	below []float64 // sum of the sorted values before a rank
	count []float64 // Fenwick tree by rank: values seen
	sum   []float64 // Fenwick tree by rank: their sum
}

// shortest is the least window that a cut is sought in by itself.
const shortest = 30

// cut is the best place to cut a stretch in two.
type cut struct {
	at int     // first index of the second part; -1 when the stretch is too short
	q  float64 // the energy between the parts
}

// widest cuts x where the energy is largest, within any of its windows: all of
// it, and windows of half, a quarter and so on that overlap by half.
func (e *energy) widest(x []float64) cut {
	found := e.best(x)
	for length := len(x) / 2; length >= shortest; length /= 2 {
		for from := 0; from+length <= len(x); from += length / 2 {
			to := from + length
			if to+length/2 > len(x) {
				to = len(x)
			}
			if c := e.best(x[from:to]); c.q > found.q {
				found = cut{from + c.at, c.q}
			}
			if to == len(x) {
				break
			}
		}
	}
	return found
}

// best cuts x.
func (e *energy) best(x []float64) cut {
	n, found := len(x), cut{-1, math.Inf(-1)}
	if n < 2*e.least {
		return found
	}
	total := e.arrange(x)
	before, after := 0.0, 0.0 // distances within the parts, over pairs
	for i, r := range e.rank {
		after += x[i] * float64(2*r-n+1)
	}
	all, left := after, 0.0
	for i, v := range x {
		r := e.rank[i]
		lower, lowerSum := e.seen(r)
		toLeft := v*(2*lower-float64(i)) + left - 2*lowerSum
		toAll := v*float64(2*r-n) + total - 2*e.below[r]
		before += toLeft
		after -= toAll - toLeft
		left += v
		e.see(r, v)
		if i+1 < e.least || n-i-1 < e.least {
			continue
		}
		a, b := float64(i+1), float64(n-i-1)
		q := a * b / (a + b) * (2*(all-before-after)/(a*b) - 2*before/(a*(a-1)) - 2*after/(b*(b-1)))
		if q > found.q {
			found = cut{i + 1, q}
		}
	}
	return found
}

// arrange ranks x, empties the trees, and returns the sum.
func (e *energy) arrange(x []float64) float64 {
	n := len(x)
	if cap(e.order) < n {
		e.order, e.rank = make([]int, n), make([]int, n)
		e.below, e.count, e.sum = make([]float64, n), make([]float64, n+1), make([]float64, n+1)
	}
	e.order, e.rank, e.below, e.count, e.sum = e.order[:n], e.rank[:n], e.below[:n], e.count[:n+1], e.sum[:n+1]
	for i := range e.order {
		e.order[i] = i
	}
	slices.SortFunc(e.order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	total := 0.0
	for r, i := range e.order {
		e.rank[i], e.below[r] = r, total
		total += x[i]
	}
	clear(e.count)
	clear(e.sum)
	return total
}

// seen is the number and the sum of the values seen that rank below r.
func (e *energy) seen(r int) (n, sum float64) {
	for ; r > 0; r &= r - 1 {
		n += e.count[r]
		sum += e.sum[r]
	}
	return n, sum
}

// see notes a value of rank r.
func (e *energy) see(r int, v float64) {
	for r++; r < len(e.count); r += r & -r {
		e.count[r]++
		e.sum[r] += v
	}
}
