package bench

import (
	"fmt"
	"math"

	"pitwall/core/stat"
)

// question is one metric of one benchmark, old values beside new ones of the
// same rounds.
type question struct {
	rule     stat.Rule
	counter  bool
	groups   bool // few units: see paired
	old, new []float64
}

// exact says that no statistics are needed: a counter, equal within each
// version.
func (q question) exact() bool {
	return q.counter && stat.Constant(q.old) && stat.Constant(q.new)
}

// paired says that the values are judged as pairs. A handful of boots of a
// whole app is not: pairs would leave too few degrees of freedom to exclude
// anything at the level of a family, and the balanced order has taken a steady
// drift out of the two groups.
func (q question) paired() bool { return !q.groups && len(q.old) == len(q.new) }

func (q question) p() float64 {
	if q.paired() {
		return stat.PairedP(q.old, q.new)
	}
	return stat.GroupP(q.old, q.new)
}

// compare answers a question at the levels of its rule.
func (q question) compare() stat.Comparison {
	switch {
	case q.exact():
		return stat.CompareCounters(q.rule, q.old, q.new)
	case q.counter:
		return wavering(q.measure(), q.old, q.new)
	}
	return q.measure()
}

func (q question) measure() stat.Comparison {
	if len(q.old) == 0 {
		return stat.Unpaired(q.rule.Metric, nothing(q.rule.Unit), nothing(q.rule.Unit), nothing("1"), "no round was left that the machine did not disturb")
	}
	if q.paired() {
		return stat.ComparePairs(q.rule, q.old, q.new)
	}
	return stat.CompareGroups(q.rule, q.old, q.new)
}

func nothing(of string) stat.Estimate {
	return stat.None(math.NaN(), of, 0.95, 0, "nothing was measured")
}

// wavering says of a counter that it was judged as a measurement.
func wavering(c stat.Comparison, old, new []float64) stat.Comparison {
	c.Why += fmt.Sprintf("; it varies within a version (%s), so it was judged as a measurement", spread(old, new))
	return c
}

func spread(old, new []float64) string {
	for _, v := range [][]float64{old, new} {
		if low, high := bounds(v); len(v) > 0 && low != high {
			return fmt.Sprintf("%.6g to %.6g", low, high)
		}
	}
	return "unknown"
}

func bounds(v []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		low, high = math.Min(low, x), math.Max(high, x)
	}
	return low, high
}

// answer judges a family of questions, so that the chance of any false better
// or worse in it stays under 1-level (Holm over those that need statistics).
// beside is how many more there are in the family that stay open for good.
func answer(family []question, level float64, beside int) []stat.Comparison {
	var p []float64
	for _, q := range family {
		if !q.exact() {
			p = append(p, q.p())
		}
	}
	for range beside {
		p = append(p, 1)
	}
	levels := stat.HolmLevels(p, level)
	out := make([]stat.Comparison, len(family))
	for i, q := range family {
		if !q.exact() {
			q.rule.Level, levels = levels[0], levels[1:]
		}
		out[i] = q.compare()
	}
	return out
}
