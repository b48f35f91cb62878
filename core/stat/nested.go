package stat

import (
	"fmt"
	"math"
	"slices"
)

// Nested is values of an experiment that repeats on several levels, each
// inside the one above: calls in processes in builds, say. Level 1 is the
// lowest; every repetition of a level holds as many of the next one down.
type Nested struct {
	counts []int // repetitions, level 1 first
	values []float64
}

// Nest arranges values: counts are the repetitions of each level from the
// highest on (3 builds, 10 processes each, 40 calls each), and the values of
// the lowest level vary fastest. It is an error when a level has fewer than
// one repetition, or their product is not the number of values.
func Nest(counts []int, values []float64) (Nested, error) {
	product := 1
	for _, c := range counts {
		if c < 1 || c > len(values) || product > len(values) {
			return Nested{}, fmt.Errorf("%d values do not fill levels of %d", len(values), counts)
		}
		product *= c
	}
	if len(counts) == 0 || product != len(values) {
		return Nested{}, fmt.Errorf("%d values do not fill levels of %d", len(values), counts)
	}
	up := slices.Clone(counts)
	slices.Reverse(up)
	return Nested{counts: up, values: slices.Clone(values)}, nil
}

// Spreads returns S_i² for each level, the lowest first: the variance of the
// means of a level around the mean of their parent (Kalibera and Jones 2013,
// ISMM 63, section 9.2). It holds the variance of the levels below too. NaN on a
// level of one repetition.
func (n Nested) Spreads() []float64 {
	out := make([]float64, 0, len(n.counts))
	means := n.values
	for _, r := range n.counts {
		parents := make([]float64, len(means)/r)
		var ss float64
		for p := range parents {
			children := means[p*r : (p+1)*r]
			parents[p], _ = moments(children)
			for _, v := range children {
				ss += (v - parents[p]) * (v - parents[p])
			}
		}
		spread := math.NaN()
		if r > 1 {
			spread = ss / float64(len(parents)*(r-1))
		}
		out, means = append(out, spread), parents
	}
	return out
}

// Variances returns T_i² for each level, the lowest first: the variance that
// the level itself adds. T_1² = S_1², T_i² = S_i² - S_{i-1}²/r_{i-1} (Kalibera
// and Jones 2013, section 9.2, in their corrected version: the printed paper
// has T_{i-1}² in the last term). Zero or less says that the level adds
// nothing that was seen; NaN that it, or the one below, was not repeated.
func (n Nested) Variances() []float64 {
	s := n.Spreads()
	out := slices.Clone(s)
	for i := 1; i < len(s); i++ {
		out[i] = s[i] - s[i-1]/float64(n.counts[i-1])
	}
	return out
}

// Without merges a level (2 or higher) that adds no variance into the one
// below: 3 processes of 2 phases of 2 calls become 3 of 4 calls. Other levels
// are kept as they are.
func (n Nested) Without(level int) Nested {
	if level < 2 || level > len(n.counts) {
		return n
	}
	counts := slices.Clone(n.counts)
	counts[level-2] *= counts[level-1]
	return Nested{counts: slices.Delete(counts, level-1, level), values: n.values}
}

// Repetitions returns for every level but the highest how often it is best
// repeated, the lowest first: r_i = ceil(sqrt(c_{i+1}/c_i · T_i²/T_{i+1}²))
// (Kalibera and Jones 2013, section 9.2). costs are what one more repetition of
// each level takes (seconds, any unit), the lowest first. A level that adds no
// variance needs 1, and is left out of the rest; 0 says that no number is best,
// because the highest level adds nothing or a cost is missing.
func (n Nested) Repetitions(costs []float64) []int {
	out := make([]int, max(0, len(n.counts)-1))
	if len(costs) != len(n.counts) {
		return out
	}
	t := n.Variances()
	for i := 1; i < len(out); i++ {
		if t[i] <= 0 {
			rest := n.Without(i + 1).Repetitions(slices.Delete(slices.Clone(costs), i, i+1))
			return slices.Insert(rest, i, 1)
		}
	}
	for i := range out {
		r := math.Ceil(math.Sqrt(costs[i+1] / costs[i] * t[i] / t[i+1]))
		if t[i+1] > 0 && costs[i+1] > 0 && costs[i] > 0 && r <= mostPairs {
			out[i] = max(1, int(r))
		}
	}
	return out
}

// Mean estimates the mean of all values: ± t sqrt(S_n²/r_n), with the highest
// level as the unit (Kalibera and Jones 2013, section 9). One repetition of
// that gives no interval.
func (n Nested) Mean(unit string, level float64) Estimate {
	if len(n.counts) == 0 {
		return None(math.NaN(), unit, level, 0, "mean of nothing")
	}
	mean, _ := moments(n.values)
	top := n.counts[len(n.counts)-1]
	if top < 2 {
		return None(mean, unit, level, top, "mean of one repetition of the highest level")
	}
	s := n.Spreads()
	h := studentT(level, float64(top-1)) * math.Sqrt(s[len(s)-1]/float64(top))
	return interval(mean, mean-h, mean+h, unit, level, top, "mean over nested levels, t")
}

// Fieller estimates new over old from two means that are independent of each
// other, with intervals that are symmetric and of one level, such as Nested's
// (Fieller 1954, JRSS B 16, 175; in this form Kalibera and Jones 2012, arXiv
// 2007.10899): (XY ± sqrt((XY)² - (X²-h_x²)(Y²-h_y²)))/(X²-h_x²). Where the
// interval of old holds 0 the ratio has no finite interval, and the estimate
// says so.
func Fieller(old, new Estimate) Estimate {
	level, n := old.Asked, min(old.N, new.N)
	x, y := old.Point, new.Point
	hx, hy := (old.High-old.Low)/2, (new.High-new.Low)/2
	switch {
	case n == 0:
		return None(math.NaN(), "1", level, 0, "ratio of nothing")
	case old.Reached == 0 || new.Reached == 0 || old.Asked != new.Asked:
		return None(y/x, "1", level, n, "ratio of means without intervals of one level")
	case x*x <= hx*hx:
		return None(y/x, "1", level, n, "ratio of means, Fieller: undefined, the old mean may be 0")
	}
	d := x*x - hx*hx
	root := math.Sqrt(math.Max(0, x*y*x*y-d*(y*y-hy*hy)))
	return interval(y/x, (x*y-root)/d, (x*y+root)/d, "1", level, n, "ratio of means, Fieller")
}
