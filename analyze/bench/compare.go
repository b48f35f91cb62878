package bench

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

const (
	// familyLevel keeps the chance that any route of a lap is called changed
	// without being so under 1 %.
	familyLevel = 0.99
	// margin is the change of a time that nobody would act on.
	margin = 0.05
	// objectMargin is the change of a route's objects that changes no verdict:
	// an untouched route may see a few more strings pass through.
	objectMargin = 0.01
)

// metric is one thing that is judged of a route.
type metric struct {
	rule    stat.Rule
	value   func(Work) float64
	counter bool
	load    bool
}

func metrics() []metric {
	return []metric{
		{stat.Rule{Metric: "statements", Unit: "1"}, func(w Work) float64 { return w.Statements }, true, false},
		{stat.Rule{Metric: "objects", Unit: "1", Margin: objectMargin}, func(w Work) float64 { return w.Objects }, true, false},
		{stat.Rule{Metric: "cpu", Unit: "s", Margin: margin}, func(w Work) float64 { return w.CPU }, false, false},
		{stat.Rule{Metric: "time", Unit: "s", Margin: margin}, func(w Work) float64 { return w.Time }, false, false},
		{stat.Rule{Metric: "p50", Unit: "s", Margin: margin}, func(w Work) float64 { return w.LoadP50 }, false, true},
		{stat.Rule{Metric: "mean", Unit: "s", Margin: margin}, func(w Work) float64 { return w.LoadMean }, false, true},
	}
}

// judged is one metric of one route before its level is known.
type judged struct {
	route    int
	metric   metric
	old, new []float64
}

// Compare judges every route twice, on its own work and under load. Boots must
// be in the order they ran. Holm's levels keep a lap's chance of any false call
// under 1 %, apart for own work and for load. Against and Seed are the caller's.
func Compare(boots []Boot) lap.Comparison {
	c := lap.Comparison{Paired: true, Refused: []string{}, Routes: []lap.RouteComparison{}}
	olds, news := count(boots)
	c.Boots = min(olds, news)
	if c.Boots < 2 {
		c.Refused = append(c.Refused, fmt.Sprintf("%d and %d boots: a comparison needs at least 2 of each version", olds, news))
	}
	names := routeNames(boots)
	for _, name := range names {
		c.Routes = append(c.Routes, lap.RouteComparison{Route: name, Own: []stat.Comparison{}, Load: []stat.Comparison{}, Verdict: stat.Undecided})
	}
	for _, underLoad := range []bool{false, true} {
		judge(c.Routes, collect(boots, names, underLoad))
	}
	for i := range c.Routes {
		c.Routes[i].Verdict, c.Routes[i].Text = Decide(c.Routes[i].Own)
	}
	shareWorkers(c.Routes)
	return c
}

func count(boots []Boot) (olds, news int) {
	for _, b := range boots {
		if b.Arm == Old {
			olds++
		} else {
			news++
		}
	}
	return olds, news
}

// routeNames are the routes of any boot, sorted.
func routeNames(boots []Boot) []string {
	seen := map[string]bool{}
	for _, b := range boots {
		for name := range b.Routes {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// collect gathers the values of every route's metrics, by version.
func collect(boots []Boot, names []string, underLoad bool) []judged {
	var out []judged
	for i, name := range names {
		for _, m := range metrics() {
			if m.load != underLoad {
				continue
			}
			j := judged{route: i, metric: m}
			for _, b := range boots {
				w, ok := b.Routes[name]
				v := m.value(w)
				if !ok || !(v >= 0) || math.IsInf(v, 1) {
					continue
				}
				if b.Arm == Old {
					j.old = append(j.old, v)
				} else {
					j.new = append(j.new, v)
				}
			}
			if len(j.old)+len(j.new) > 0 {
				out = append(out, j)
			}
		}
	}
	return out
}

// judge makes the comparisons of one family and hangs them on their routes.
func judge(routes []lap.RouteComparison, family []judged) {
	questions := make([]question, len(family))
	for i, j := range family {
		questions[i] = question{rule: j.metric.rule, counter: j.metric.counter, groups: true, old: j.old, new: j.new}
	}
	for i, c := range answer(questions, familyLevel, 0) {
		r := &routes[family[i].route]
		if family[i].metric.load {
			r.Load = append(r.Load, c)
		} else {
			r.Own = append(r.Own, c)
		}
	}
}
