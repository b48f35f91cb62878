package bench

import (
	"fmt"
	"math"
	"slices"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// Keep says of each budget whether the units of an arm keep it: a counter by
// its value, a time or a size by its 95 % interval. A budget that the interval
// straddles is undecided.
func Keep(budgets []spec.Budget, b core.Benchmark, arm int) []core.Budget {
	out := make([]core.Budget, 0, len(budgets))
	for _, budget := range budgets {
		e := estimate(budget, b, arm)
		verdict, why := kept(budget, e)
		out = append(out, core.Budget{Text: budget.Text, Value: e, Holds: verdict, Why: why})
	}
	return out
}

func kept(b spec.Budget, e stat.Estimate) (stat.Verdict, string) {
	at := unit.Value(e.Point, e.Unit)
	if e.Unit == "1" {
		at = unit.Count(e.Point)
	}
	switch {
	case !e.Known():
		return stat.Undecided, "it was not measured"
	case e.Reached == 0:
		return stat.Undecided, fmt.Sprintf("%s, from %d processes: no interval", at, e.N)
	case b.Holds(e.Low) && b.Holds(e.High):
		return stat.Same, at
	case !b.Holds(e.Low) && !b.Holds(e.High) && !(e.Low < b.Limit && b.Limit < e.High):
		return stat.Worse, at
	}
	return stat.Undecided, fmt.Sprintf("%s, but the interval runs from %s to %s", at, unit.Value(e.Low, e.Unit), unit.Value(e.High, e.Unit))
}

// estimate is what a budget is held against.
func estimate(budget spec.Budget, b core.Benchmark, arm int) stat.Estimate {
	if budget.Quantile == 0 {
		i := slices.IndexFunc(b.Figures, func(f core.Figure) bool { return f.Arm == arm && f.Metric == budget.Metric })
		if i < 0 {
			return stat.None(math.NaN(), "1", 0.95, 0, "not measured")
		}
		return b.Figures[i].Estimate
	}
	var values []float64
	for _, u := range b.Units {
		if v, ok := callQuantile(budget.Quantile, u); ok && u.Arm == arm && u.Discarded == "" {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return stat.None(math.NaN(), "s", 0.95, 0, "single calls were not timed")
	}
	return stat.Mean(values, "s", 0.95)
}

// leastCalls is how many single calls on either side of a quantile it takes.
const leastCalls = 5

// callQuantile is a quantile of the times of single calls of one process in
// its steady state. Blocks of several calls have none: their mean hides it.
func callQuantile(q float64, u core.Unit) (float64, bool) {
	var times []float64
	for _, b := range u.Blocks[min(u.WarmUp.First, len(u.Blocks)):] {
		if b.Calls != 1 {
			return 0, false
		}
		times = append(times, float64(b.Wall)/1e9)
	}
	if float64(len(times))*(1-q) < leastCalls {
		return 0, false
	}
	slices.Sort(times)
	return stat.OrderQuantile(q, times), true
}
