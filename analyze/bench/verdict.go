package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// Decide is a route's verdict on its own work, and why in one line. A metric
// that is better or worse decides when none contradicts it; where they do,
// time decides, because it is what a user feels, and only if it is sure
// itself. With nothing better or worse the route is the same when its time
// is, else undecided.
func Decide(own []stat.Comparison) (stat.Verdict, string) {
	return decide(own, objectMargin, "boots of each")
}

// decide is Decide with objects moving by more than tolerance counting, and
// the name of what there could be more of.
func decide(own []stat.Comparison, tolerance float64, more string) (stat.Verdict, string) {
	var better, worse []stat.Comparison
	for _, c := range own {
		switch weigh(c, tolerance) {
		case stat.Better:
			better = append(better, c)
		case stat.Worse:
			worse = append(worse, c)
		}
	}
	time, timed := find(own, "time")
	switch {
	case len(better) > 0 && len(worse) > 0:
		if timed && (time.Verdict == stat.Better || time.Verdict == stat.Worse) {
			return time.Verdict, fmt.Sprintf("%s: %s; but %s", time.Verdict, changes([]stat.Comparison{time}), changes(against(time.Verdict, better, worse)))
		}
		return stat.Undecided, fmt.Sprintf("undecided: better in %s, worse in %s", changes(better), changes(worse))
	case len(better) > 0:
		return stat.Better, "better: " + changes(better)
	case len(worse) > 0:
		return stat.Worse, "worse: " + changes(worse)
	case timed && time.Verdict == stat.Same:
		return stat.Same, "same: time within ±" + unit.Percent(time.Margin)
	case !timed && len(own) > 0 && !slices.ContainsFunc(own, func(c stat.Comparison) bool { return c.Verdict != stat.Same }):
		return stat.Same, "same: " + names(own)
	}
	return stat.Undecided, undecidedText(own, time, timed, more)
}

func names(cs []stat.Comparison) string {
	out := make([]string, 0, len(cs))
	for _, c := range cs {
		out = append(out, c.Metric)
	}
	return strings.Join(out, ", ")
}

// weigh is a metric's verdict as far as it counts for the whole: objects that
// moved by no more than the tolerance do not.
func weigh(c stat.Comparison, tolerance float64) stat.Verdict {
	if c.Metric == "objects" && c.Ratio.Known() && math.Abs(c.Ratio.Point-1) <= tolerance {
		return stat.Same
	}
	return c.Verdict
}

func find(own []stat.Comparison, metric string) (stat.Comparison, bool) {
	i := slices.IndexFunc(own, func(c stat.Comparison) bool { return c.Metric == metric })
	if i < 0 {
		return stat.Comparison{}, false
	}
	return own[i], true
}

func against(v stat.Verdict, better, worse []stat.Comparison) []stat.Comparison {
	if v == stat.Better {
		return worse
	}
	return better
}

// changes lists what moved: "51 statements to 2, time 60.1 ms to 9.2 ms".
func changes(cs []stat.Comparison) string {
	out := make([]string, 0, len(cs))
	for _, c := range cs {
		if c.Old.Unit == "1" {
			out = append(out, fmt.Sprintf("%s %s to %s", unit.Count(c.Old.Point), c.Metric, unit.Count(c.New.Point)))
			continue
		}
		out = append(out, fmt.Sprintf("%s %s to %s", c.Metric, unit.Value(c.Old.Point, c.Old.Unit), unit.Value(c.New.Point, c.New.Unit)))
	}
	return strings.Join(out, ", ")
}

func undecidedText(own []stat.Comparison, time stat.Comparison, timed bool, more string) string {
	switch {
	case len(own) == 0:
		return "undecided: nothing that would decide was measured in both"
	case !timed:
		open := slices.DeleteFunc(slices.Clone(own), func(c stat.Comparison) bool { return c.Verdict != stat.Undecided })
		return "undecided: " + names(open)
	case time.Ratio.Reached == 0:
		return "undecided: " + time.Why
	}
	text := fmt.Sprintf("undecided: time %s (%s to %s)", unit.Change(time.Ratio.Point), unit.Change(time.Ratio.Low), unit.Change(time.Ratio.High))
	if time.Ratio.High > hopeless*time.Ratio.Low {
		text = "undecided: time may be anything"
	}
	if equal := SameCounters(own); equal != "" {
		text += ", " + equal + " the same"
	}
	switch {
	case time.Need > sensible:
		text += fmt.Sprintf("; the machine is too noisy: it would take over %d %s", sensible, more)
	case time.Need > 0:
		text += fmt.Sprintf("; %d more %s would probably decide", time.Need, more)
	}
	return text
}

// hopeless is how many times its lower end the upper end of an interval may
// be before its percentages say nothing.
const hopeless = 10

// sensible is how many boots of a version somebody might wait for.
const sensible = 30

// SameCounters names the counters that did not move, as in
// "statements and objects";
// empty when all did or there are none.
func SameCounters(own []stat.Comparison) string {
	var names []string
	for _, c := range own {
		if (c.Metric == "statements" || c.Metric == "objects") && weigh(c, objectMargin) == stat.Same {
			names = append(names, c.Metric)
		}
	}
	return strings.Join(names, " and ")
}

// shareWorkers says of every route that moved under load without a change in
// its own work whose work it was: routes share workers, so the one whose own
// work changed most takes the others along. The verdict stays.
func shareWorkers(routes []lap.RouteComparison) {
	mover := mostChanged(routes)
	for i := range routes {
		r := &routes[i]
		if decided(r.Verdict) || i == mover {
			continue
		}
		moved := slices.IndexFunc(r.Load, func(c stat.Comparison) bool { return decided(c.Verdict) })
		switch {
		case moved < 0:
		case mover >= 0:
			r.Text = fmt.Sprintf("shares workers with %s: %s under load, own work not changed", routes[mover].Route, changes(r.Load[moved:moved+1]))
		default:
			r.Text += fmt.Sprintf("; under load %s, without a change in any route's own work", changes(r.Load[moved:moved+1]))
		}
	}
}

func decided(v stat.Verdict) bool { return v == stat.Better || v == stat.Worse }

// mostChanged is the changed route whose own time moved by the most seconds,
// or any changed one when no time is known; -1 when none changed.
func mostChanged(routes []lap.RouteComparison) int {
	best, most := -1, -1.0
	for i, r := range routes {
		if !decided(r.Verdict) {
			continue
		}
		moved := 0.0
		if c, ok := find(r.Own, "time"); ok {
			moved = math.Abs(c.New.Point - c.Old.Point)
		}
		if moved > most {
			best, most = i, moved
		}
	}
	return best
}
