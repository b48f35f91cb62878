package bench

import (
	"fmt"
	"maps"
	"math"
	"slices"

	core "pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/stat"
)

const (
	// familyLevel keeps the chance that any route of a lap is called changed
	// without being so under 1 %.
	familyLevel = 0.99
	// margin is the change of a route's time that nobody would act on.
	margin = 0.05
	// objectMargin is the change of a route's objects that changes no verdict:
	// an untouched route may see a few more strings pass through.
	objectMargin = 0.01
)

// Compare judges every route twice, on its own work and under load. Boots must
// be in the order they ran. A route's own work is a trial of one look, in which
// the boots are the units and the routes the benchmarks, so a lap's chance of
// any false call stays under 1 %, apart for own work and for load. Against and
// Seed are the caller's.
func Compare(boots []Boot) lap.Comparison {
	c := lap.Comparison{Paired: true, Refused: []string{}, Routes: []lap.RouteComparison{}}
	olds, news := count(boots)
	c.Boots = min(olds, news)
	if c.Boots < 2 {
		c.Refused = append(c.Refused, fmt.Sprintf("%d and %d boots: a comparison needs at least 2 of each version", olds, news))
	}
	for _, b := range ownWork(boots, routeNames(boots), c.Boots) {
		own := b.Changes[0]
		c.Routes = append(c.Routes, lap.RouteComparison{Route: b.Name, Own: own.Comparisons, Load: []stat.Comparison{}, Verdict: own.Verdict, Text: own.Text})
	}
	underLoad(c.Routes, boots)
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

// ownWork is the trial of what routes do by themselves, a boot of each version
// a round.
func ownWork(boots []Boot, names []string, rounds int) []core.Benchmark {
	d := Design{Arms: []core.Arm{{Name: "old", Role: core.Old}, {Name: "new", Role: core.New}}, Least: rounds, Most: rounds, Level: familyLevel, OneStage: true,
		Boots: true, Tolerance: objectMargin, Gate: []core.Metric{core.Statements, core.Objects, core.CPU, core.Time}}
	for _, name := range names {
		d.Benchmarks = append(d.Benchmarks, Plan{Name: name, Kind: core.Route, Margin: margin})
	}
	t := NewTrial(d)
	sides := [2][]Boot{}
	for _, b := range boots {
		sides[b.Arm] = append(sides[b.Arm], b)
	}
	for round := range rounds {
		for _, ask := range t.Next() {
			t.Add(ask.Benchmark, core.Unit{Arm: ask.Arm, Round: round, Values: sides[ask.Arm][round].Routes[names[ask.Benchmark]].values()})
		}
	}
	t.Next() // looks
	return t.Result()
}

// values are what is known of a route's own work.
func (w Work) values() map[core.Metric]float64 {
	out := map[core.Metric]float64{}
	for metric, v := range map[core.Metric]float64{core.Statements: w.Statements, core.Objects: w.Objects, core.CPU: w.CPU, core.Time: w.Time} {
		if known(v) && w != (Work{}) {
			out[metric] = v
		}
	}
	return out
}

func known(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// underLoad judges the response under the offered rate, a family of its own.
func underLoad(routes []lap.RouteComparison, boots []Boot) {
	var family []question
	var of []int
	for i, r := range routes {
		for _, m := range []struct {
			name  string
			value func(Work) float64
		}{{"p50", func(w Work) float64 { return w.LoadP50 }}, {"mean", func(w Work) float64 { return w.LoadMean }}} {
			q := question{rule: stat.Rule{Metric: m.name, Unit: "s", Margin: margin}, groups: true}
			for _, b := range boots {
				w, ok := b.Routes[r.Route]
				switch v := m.value(w); {
				case !ok || !known(v):
				case b.Arm == Old:
					q.old = append(q.old, v)
				default:
					q.new = append(q.new, v)
				}
			}
			if len(q.old)+len(q.new) > 0 {
				family, of = append(family, q), append(of, i)
			}
		}
	}
	for i, c := range answer(family, familyLevel, 0) {
		routes[of[i]].Load = append(routes[of[i]].Load, c)
	}
}
