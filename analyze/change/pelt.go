package change

import (
	"math"
	"slices"
)

// Cost is what a segment of a series costs: twice its negative logarithmic
// likelihood as normal values.
type Cost int

const (
	MeanSpread Cost = iota // mean and variance are the segment's own
	MeanOnly               // the mean is; the variance is 1: divide the series by its noise
)

// Segments says how PELT cuts a series.
type Segments struct {
	Cost    Cost
	Penalty float64 // of one change point; 0 means 15 ln n, which is for MeanSpread
	Least   int     // values in a segment; at least, and when 0, 2 for MeanSpread and 1 for MeanOnly
	Floor   float64 // least standard deviation of a segment under MeanSpread; 0 means 1e-6 of the whole series'
}

// PELT cuts a series where the sum of its segments' costs and penalties is
// least, and returns the index at which each segment but the first begins.
// The optimum is exact (Killick, Fearnhead and Eckley 2012, JASA 107, 1590);
// pruning makes it linear in the length where changes come at a steady pace
// and quadratic where there are none. Values must be finite. No change, and a
// series shorter than two segments, give an empty slice, never nil.
func (s Segments) PELT(x []float64) []int {
	n := len(x)
	s = s.settled(x)
	sums := accumulate(x)
	best := make([]float64, n+1) // cost of the first t values
	from := make([]int, n+1)     // where the last segment of the first t values begins
	best[0] = -s.Penalty
	for t := 1; t <= n; t++ {
		best[t] = math.Inf(1)
	}
	open, costs := []start{{0, n + 1}}, make([]float64, 0, n)
	for t := s.Least; t <= n; t++ {
		if last := t - s.Least; last >= s.Least {
			open = append(open, start{last, n + 1})
		}
		costs = costs[:0]
		for _, o := range open {
			c := best[o.at] + s.cost(sums, o.at, t)
			if costs = append(costs, c); c+s.Penalty < best[t] {
				best[t], from[t] = c+s.Penalty, o.at
			}
		}
		open = s.prune(open, costs, best[t], t)
	}
	return trace(from, n)
}

// start is where a last segment may begin, until what time.
type start struct{ at, until int }

// prune drops the starts that no optimum can use any more (theorem 3.1 with
// K = 0). A start that loses against a change at t loses only from t + Least
// on, for until then that change leaves too short a segment. costs are those
// of the first t values with the last segment from each start.
func (s Segments) prune(open []start, costs []float64, best float64, t int) []start {
	kept := open[:0]
	for i, o := range open {
		if costs[i] > best {
			o.until = min(o.until, t+s.Least)
		}
		if o.until > t {
			kept = append(kept, o)
		}
	}
	return kept
}

// settled puts defaults in place.
func (s Segments) settled(x []float64) Segments {
	least := 1
	if s.Cost == MeanSpread {
		least = 2
	}
	s.Least = max(s.Least, least)
	if s.Penalty == 0 {
		s.Penalty = 15 * math.Log(float64(max(2, len(x))))
	}
	if s.Floor <= 0 && len(x) > 0 {
		all := accumulate(x)
		s.Floor = 1e-6 * math.Sqrt(all.squares(0, len(x))/float64(len(x)))
	}
	if s.Floor <= 0 { // all values are equal
		s.Floor = 1
	}
	return s
}

// cost of the values from a up to b. The floor is a bound on the likelihood's
// variance, so that a cut never raises the cost and pruning stays exact.
func (s Segments) cost(p prefix, a, b int) float64 {
	n, squares := float64(b-a), p.squares(a, b)
	if s.Cost == MeanOnly {
		return squares
	}
	variance := max(squares/n, s.Floor*s.Floor)
	return n*(math.Log(2*math.Pi)+math.Log(variance)) + squares/variance
}

// prefix holds running sums of values less their mean, which keeps the
// difference of squares exact where the spread is small.
type prefix struct{ sum, square []float64 }

func accumulate(x []float64) prefix {
	mean := 0.0
	for i, v := range x {
		mean += (v - mean) / float64(i+1)
	}
	p := prefix{make([]float64, len(x)+1), make([]float64, len(x)+1)}
	for i, v := range x {
		d := v - mean
		p.sum[i+1] = p.sum[i] + d
		p.square[i+1] = p.square[i] + d*d
	}
	return p
}

// squares is the sum of squared distances from their mean, from a up to b.
func (p prefix) squares(a, b int) float64 {
	sum := p.sum[b] - p.sum[a]
	return max(0, p.square[b]-p.square[a]-sum*sum/float64(b-a))
}

func trace(from []int, n int) []int {
	points := []int{}
	for t := from[n]; t > 0; t = from[t] {
		points = append(points, t)
	}
	slices.Reverse(points)
	return points
}
