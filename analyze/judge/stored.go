package judge

import (
	"fmt"
	"strings"

	"pitwall/analyze/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/stat"
)

// AgainstStored compares a lap with an older one out of the store. Statements
// and objects, which are the same each time the same code runs, are judged;
// times of different laps are shown and stay undecided, with the command that
// would decide. Laps of different apps, machines or settings are refused.
func AgainstStored(old, new *lap.Result) lap.Comparison {
	c := lap.Comparison{Boots: 1, Refused: []string{}, Routes: []lap.RouteComparison{}}
	if old == nil || new == nil {
		c.Refused = append(c.Refused, "there is no other lap")
		return c
	}
	c.Against = old.Run.ID
	if c.Refused = run.Comparable(old.Run, new.Run); c.Refused == nil {
		c.Refused = []string{}
	}
	if len(c.Refused) > 0 {
		return c
	}
	before := map[string]*lap.Route{}
	for i := range old.Routes {
		before[old.Routes[i].Name] = &old.Routes[i]
	}
	why := fmt.Sprintf("times of two laps differ by themselves; `pitwall lap --against %s` boots both in turn and decides", revision(old.Run))
	for i := range new.Routes {
		if was := before[new.Routes[i].Name]; was != nil {
			c.Routes = append(c.Routes, storedRoute(was, &new.Routes[i], why))
		}
	}
	return c
}

func revision(r run.Run) string {
	if rev := strings.TrimSuffix(r.Revision, "+dirty"); rev != "" {
		return rev
	}
	return "REV"
}

func storedRoute(old, new *lap.Route, why string) lap.RouteComparison {
	r := lap.RouteComparison{Route: new.Name, Own: []stat.Comparison{}, Load: []stat.Comparison{}, Verdict: stat.Undecided, Text: "undecided: " + why}
	if old.Own != nil && new.Own != nil {
		for _, m := range []struct {
			metric   string
			old, new *stat.Estimate
		}{{"statements", old.Own.Statements, new.Own.Statements}, {"objects", old.Own.Objects, new.Own.Objects}} {
			if m.old != nil && m.new != nil {
				r.Own = append(r.Own, stat.CompareCounters(stat.Rule{Metric: m.metric, Unit: "1"}, []float64{m.old.Point}, []float64{m.new.Point}))
			}
		}
		r.Verdict, r.Text = bench.Decide(r.Own)
		switch work := bench.SameCounters(r.Own); {
		case r.Verdict == stat.Undecided && work != "":
			r.Verdict, r.Text = stat.Same, "same "+work+"; times undecided: "+why
		case r.Verdict == stat.Undecided:
			r.Text = "undecided: " + why
		}
		r.Own = appendTime(r.Own, "cpu", old.Own.CPU, new.Own.CPU, why)
		r.Own = appendTime(r.Own, "time", old.Own.Time, new.Own.Time, why)
	}
	r.Load = appendTime(r.Load, "p50", old.Latency.P50, new.Latency.P50, why)
	r.Load = appendTime(r.Load, "mean", old.Mean, new.Mean, why)
	return r
}

// appendTime adds a time that cannot be judged: the ratio of the points,
// without an interval.
func appendTime(cs []stat.Comparison, metric string, old, new *stat.Estimate, why string) []stat.Comparison {
	if old == nil || new == nil {
		return cs
	}
	ratio := stat.None(new.Point/old.Point, "1", level, 1, "one lap of each: no interval")
	return append(cs, stat.Unpaired(metric, *old, *new, ratio, why))
}
