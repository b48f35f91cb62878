package bench

import (
	"fmt"
	"math"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// Hot is how much of a route's time a method took in a lap.
type Hot struct {
	Route   string
	Share   float64 // of the route's samples with the method on the stack, 0 to 1
	Mean    float64 // seconds a request; 0 unknown
	Samples int64
	Loose   bool // matched by the method's bare name: before Ruby 3.3 a stack has no class names
}

// Find looks a method ("Export#build_rows", "Export.rows", "build_rows") up in
// the routes of a lap, largest share first; none when no stack had it.
func Find(method string, r *lap.Result) []Hot {
	var out []Hot
	for _, route := range r.Routes {
		if route.Flame == nil || len(route.Flame.Nodes) == 0 || route.Flame.Nodes[0].Total <= 0 {
			continue
		}
		hot := Hot{Route: route.Name, Samples: route.Samples}
		if route.Mean != nil {
			hot.Mean = route.Mean.Point
		}
		hot.Share = Share(method, route.Flame)
		if hot.Share == 0 {
			hot.Share, hot.Loose = Share(bare(method), route.Flame), true
		}
		if hot.Share > 0 {
			out = append(out, hot)
		}
	}
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && out[j].Share*out[j].Mean > out[j-1].Share*out[j-1].Mean; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// bare is a method's name without its class.
func bare(method string) string { return method[strings.LastIndexAny(method, "#.")+1:] }

// Share is the part of a tree's weight that has a method on the stack. A
// recursive call counts once.
func Share(method string, t *profile.Tree) float64 {
	if t == nil || len(t.Nodes) == 0 || t.Nodes[0].Total <= 0 {
		return 0
	}
	inside := make([]bool, len(t.Nodes))
	var weight int64
	for i, n := range t.Nodes {
		if n.Parent >= 0 && int(n.Parent) < i && inside[n.Parent] {
			inside[i] = true
			continue
		}
		if n.Frame >= 0 && int(n.Frame) < len(t.Frames) && t.Frames[n.Frame].Name == method {
			inside[i] = true
			weight += n.Total
		}
	}
	return float64(weight) / float64(t.Nodes[0].Total)
}

// Macro says what a change of a method is worth to the routes of a lap, so that
// a benchmark of one method decides nothing alone: "40 % faster, 0.3 % of
// orders: at most 0.5 ms of a request".
func Macro(method string, c core.Change, r *lap.Result) string {
	found := Find(method, r)
	if len(found) == 0 {
		return fmt.Sprintf("%s was on no stack of the last lap: what it is worth to a route is unknown, and probably little", method)
	}
	hot := found[0]
	name := method
	if hot.Loose {
		name = "any method named " + bare(method)
	}
	share := fmt.Sprintf("%s is %s of %s", name, unit.Percent(hot.Share), hot.Route)
	time, ok := find(c.Comparisons, string(core.Time))
	if !ok || !time.Ratio.Known() || time.Verdict == stat.Same || time.Verdict == stat.Undecided {
		return share
	}
	change := 1 - time.Ratio.Point
	word := "faster"
	if change < 0 {
		word = "slower"
	}
	if hot.Mean <= 0 {
		return fmt.Sprintf("%s %s; %s", unit.Percent(math.Abs(change)), word, share)
	}
	return fmt.Sprintf("%s %s; %s: at most %s of its %s a request", unit.Percent(math.Abs(change)), word, share,
		unit.Seconds(math.Abs(change)*hot.Share*hot.Mean), unit.Seconds(hot.Mean))
}

// coolingTo is what is left of a share when a benchmark is said to be no
// longer hot.
const coolingTo = 0.25

// Reason checks why a benchmark exists against the last lap (nil: none):
// one sentence when there is no reason, or it holds no longer; else empty.
func Reason(because *core.Because, route, method string, r *lap.Result) string {
	if because == nil {
		return "nothing says why this is measured: add because: {source: …, date: …, share: …}"
	}
	if r == nil || because.Share <= 0 {
		return ""
	}
	now, what := -1.0, ""
	for _, x := range r.Routes {
		if x.Name == route && x.Share != nil {
			now, what = x.Share.Point, "route "+route
		}
	}
	if route == "" && method != "" {
		now, what = 0, method
		for _, h := range Find(method, r) {
			for _, x := range r.Routes {
				if x.Name == h.Route && x.Share != nil {
					now += h.Share * x.Share.Point
				}
			}
		}
	}
	if now < 0 || now >= coolingTo*because.Share {
		return ""
	}
	return fmt.Sprintf("no longer hot: %s was %s of server time (%s), and is %s of the last lap", what, unit.Percent(because.Share), because.Source, unit.Percent(now))
}
