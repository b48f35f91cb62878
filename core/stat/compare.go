package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// sameLevel is the level of the interval that decides "same" at a single look:
// two one-sided tests at 5 % (Schuirmann 1987).
const sameLevel = 0.90

// power is the chance at which "pairs needed" plans to find a difference as
// big as the margin.
const power = 0.80

// mostPairs bounds Need: beyond it the answer is that no number of pairs a
// person would wait for decides.
const mostPairs = 1_000_000

// Rule is how a metric is judged.
type Rule struct {
	Metric         string  // "time", "statements", "objects", "cpu"
	Unit           string  // "s", "1", "1/s"
	Margin         float64 // 0.02: same means wholly inside ±2 %
	Level          float64 // of the interval that decides better or worse, adjusted for the family; 0 means 0.95
	SameLevel      float64 // of the interval that decides same, adjusted for looks before; 0 means 0.90
	PlanLevel      float64 // at which Need plans, where Level is that of a look on the way; 0 means Level
	HigherIsBetter bool    // of a throughput
}

func (r Rule) level() float64 {
	if r.Level <= 0 || r.Level >= 1 {
		return 0.95
	}
	return r.Level
}

func (r Rule) sameLevel() float64 {
	if r.SameLevel <= 0 || r.SameLevel >= 1 {
		return sameLevel
	}
	return r.SameLevel
}

func (r Rule) planLevel() float64 {
	if r.PlanLevel <= 0 || r.PlanLevel >= 1 {
		return r.level()
	}
	return r.PlanLevel
}

// ComparePairs judges values that were measured in pairs, old[i] beside
// new[i]. It never fails: what cannot be judged is undecided and says why.
func ComparePairs(rule Rule, old, new []float64) Comparison {
	s, why := pairedLogs(old, new)
	return compare(rule, old, new, s, why)
}

// CompareGroups judges two sets of independent values, such as boots in
// balanced order, of which the order has taken a drift out of the means.
func CompareGroups(rule Rule, old, new []float64) Comparison {
	s, why := groupLogs(old, new)
	return compare(rule, old, new, s, why)
}

// CompareCounters judges a quantity that is the same each time the same code
// runs: statements, allocated objects. Its margin is 0: equal values are the
// same, and values that are constant within each version and differ are better
// or worse without any statistics. A "counter" that varies within a version is
// a measurement, and is judged as one, by CompareGroups with the rule's margin.
func CompareCounters(rule Rule, old, new []float64) Comparison {
	if !Constant(old) || !Constant(new) {
		c := CompareGroups(rule, old, new)
		c.Why += "; it varies within a version, so it was judged as a measurement"
		return c
	}
	c := Comparison{Metric: rule.Metric, Old: counted(rule, old), New: counted(rule, new), Verdict: Undecided}
	c.Ratio = exactRatio(c.Old, c.New, rule.level())
	c.RatioIn = exactRatio(c.Old, c.New, rule.sameLevel())
	switch {
	case !c.Old.Known() || !c.New.Known():
		c.Why = "nothing was counted on one side"
	case c.Old.Point == c.New.Point:
		c.Verdict, c.Why = Same, fmt.Sprintf("%s each time in both", number(c.Old.Point))
	default:
		c.Verdict = direction(rule, c.New.Point > c.Old.Point)
		c.Why = fmt.Sprintf("%s each time, was %s each time", number(c.New.Point), number(c.Old.Point))
	}
	return c
}

// Unpaired judges nothing: it is the comparison of two times from different
// laps, which no interval of either can decide. ratio is new over old with the
// lap-to-lap noise that is known, or an unknown estimate.
func Unpaired(metric string, old, new, ratio Estimate, why string) Comparison {
	return Comparison{Metric: metric, Old: old, New: new, Ratio: ratio, RatioIn: ratio, Verdict: Undecided, Why: why}
}

// Constant says whether all values are equal; true for one, false for none.
func Constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return len(values) > 0
}

// compare applies the verdict rules, in their order, to the spread of the
// logarithms.
func compare(rule Rule, old, new []float64, s logSpread, why string) Comparison {
	c := Comparison{
		Metric: rule.Metric, Margin: rule.Margin, Verdict: Undecided,
		Old: Mean(old, rule.Unit, 0.95), New: Mean(new, rule.Unit, 0.95),
		Ratio: s.ratio(rule.level(), why), RatioIn: s.ratio(rule.sameLevel(), why),
	}
	change := fmt.Sprintf("%+.1f %%", 100*(c.Ratio.Point-1))
	switch {
	case c.Ratio.Reached == 0 || c.RatioIn.Reached == 0:
		if why == "" {
			why = "the ratio has no finite interval"
		}
		c.Why = why
	case c.RatioIn.Low > 1-rule.Margin && c.RatioIn.High < 1+rule.Margin:
		c.Verdict = Same
		c.Why = fmt.Sprintf("the %s interval lies within ±%s", percent(rule.sameLevel()), percent(rule.Margin))
	case c.Ratio.Low > 1 || c.Ratio.High < 1:
		c.Verdict = direction(rule, c.Ratio.Low > 1)
		c.Why = fmt.Sprintf("%s, and the %s interval excludes no change", change, percent(rule.level()))
	default:
		c.Need = s.need(rule)
		c.Why = fmt.Sprintf("%s, but the %s interval runs from %+.1f %% to %+.1f %%", change, percent(rule.level()), 100*(c.Ratio.Low-1), 100*(c.Ratio.High-1))
	}
	return c
}

// need is how many more pairs would probably decide: n ~ ((z.975+z.8)s/d)²
// pairs find a difference of the margin d with 80 % power (Cohen 1988,
// section 2.4; the level is the rule's for planning). A rule without margin plans for the
// difference seen. 0 when that cannot be said.
func (s logSpread) need(rule Rule) int {
	d := math.Log1p(rule.Margin)
	if d <= 0 {
		d = math.Abs(s.mean)
	}
	n := math.Pow((normalZ(rule.planLevel())+distuv.UnitNormal.Quantile(power))*s.sd/d, 2)
	if !finite(n) {
		return 0
	}
	return max(1, int(math.Ceil(math.Min(n, mostPairs)))-s.n)
}

func direction(rule Rule, higher bool) Verdict {
	if higher == rule.HigherIsBetter {
		return Better
	}
	return Worse
}

// counted is the value of a constant counter: its interval is the value.
func counted(rule Rule, values []float64) Estimate {
	if len(values) == 0 {
		return None(math.NaN(), rule.Unit, 1, 0, "nothing counted")
	}
	return interval(values[0], values[0], values[0], rule.Unit, 1, len(values), "counter, equal each time")
}

// exactRatio is new over old of two constant counters. Over an old value of
// zero there is no ratio: the estimate is then unknown.
func exactRatio(old, new Estimate, level float64) Estimate {
	n := min(old.N, new.N)
	if old.Point == 0 && new.Point == 0 && n > 0 {
		return interval(1, 1, 1, "1", level, n, "ratio of counters")
	}
	if old.Point == 0 || n == 0 {
		return None(math.NaN(), "1", level, 0, "no ratio: the old value is 0 or unknown")
	}
	r := new.Point / old.Point
	return interval(r, r, r, "1", level, n, "ratio of counters")
}

func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

func percent(share float64) string {
	if share < 1 && share > .99995 { // the level of an early look
		return "99.99 %"
	}
	return fmt.Sprintf("%.4g %%", 100*share)
}
