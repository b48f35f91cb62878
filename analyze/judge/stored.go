package judge

import (
	"fmt"
	"strings"

	"pitwall/analyze/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// AgainstStored compares a lap with an older one out of the store. Statements
// and objects, which are the same each time the same code runs, are judged;
// times of different laps are shown and stay undecided, with the command that
// would decide. Laps of different apps, machines or settings are refused.
// Earlier laps that compare with old say how much two laps differ by
// themselves; they may include old, and nil means that none are known.
func AgainstStored(old, new *lap.Result, earlier []*lap.Result) lap.Comparison {
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
			c.Routes = append(c.Routes, storedRoute(was, &new.Routes[i], repeats(earlier, was.Name), why))
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

// repeats is one route in the earlier laps.
func repeats(earlier []*lap.Result, name string) []*lap.Route {
	var found []*lap.Route
	for _, e := range earlier {
		for i := range e.Routes {
			if e.Routes[i].Name == name {
				found = append(found, &e.Routes[i])
			}
		}
	}
	return found
}

func storedRoute(old, new *lap.Route, earlier []*lap.Route, why string) lap.RouteComparison {
	r := lap.RouteComparison{Route: new.Name, Own: []stat.Comparison{}, Load: []stat.Comparison{}, Verdict: stat.Undecided, Text: "undecided"}
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
			r.Verdict, r.Text = stat.Same, "same "+work
		case r.Verdict == stat.Undecided:
			r.Text = "undecided"
		}
		r.Own = appendTime(r.Own, "cpu", old, new, earlier, ownTime(func(o *lap.Own) *stat.Estimate { return o.CPU }), why)
		r.Own = appendTime(r.Own, "time", old, new, earlier, ownTime(func(o *lap.Own) *stat.Estimate { return o.Time }), why)
	}
	r.Load = appendTime(r.Load, "p50", old, new, earlier, func(r *lap.Route) *stat.Estimate { return r.Latency.P50 }, why)
	r.Load = appendTime(r.Load, "mean", old, new, earlier, func(r *lap.Route) *stat.Estimate { return r.Mean }, why)
	for _, c := range r.Load {
		if c.Metric == "mean" {
			r.Text += "; mean " + timeText(c)
		}
	}
	return r
}

// timeText is a time that is shown and not judged.
func timeText(c stat.Comparison) string {
	text := fmt.Sprintf("%s to %s, undecided", unit.Seconds(c.Old.Point), unit.Seconds(c.New.Point))
	if c.Ratio.Reached > 0 {
		text += fmt.Sprintf(" (laps of the same code differ by %s to %s)", unit.Change(c.Ratio.Low/c.Ratio.Point), unit.Change(c.Ratio.High/c.Ratio.Point))
	}
	return text
}

func ownTime(of func(*lap.Own) *stat.Estimate) func(*lap.Route) *stat.Estimate {
	return func(r *lap.Route) *stat.Estimate {
		if r.Own == nil {
			return nil
		}
		return of(r.Own)
	}
}

// appendTime adds a time that cannot be judged: its ratio, with the interval
// that the noise between earlier laps gives it.
func appendTime(cs []stat.Comparison, metric string, old, new *lap.Route, earlier []*lap.Route, of func(*lap.Route) *stat.Estimate, why string) []stat.Comparison {
	was, is := of(old), of(new)
	if was == nil || is == nil {
		return cs
	}
	var values []float64
	for _, r := range earlier {
		if e := of(r); e != nil {
			values = append(values, e.Point)
		}
	}
	return append(cs, stat.Unpaired(metric, *was, *is, stat.RatioInNoise(was.Point, is.Point, values, level), why))
}
