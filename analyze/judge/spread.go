package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/profile"
	"pitwall/core/unit"
)

// spread is where a route's CPU goes when no method of the app has it itself:
// down from the methods that half of it passes, such as an action and the
// filters around it, of which naming one would say nothing.
type spread struct {
	door  profile.Frame // the innermost of those methods
	share float64       // of the route's CPU samples that pass the door
	own   float64       // of them that call nothing of the app from there
	parts []portion     // what the app's methods below take, largest first
	n     int           // CPU samples
}

// portion is a method of the app and its share of a route's CPU samples.
type portion struct {
	frame profile.Frame
	share float64
}

// wherePassed spreads a route's CPU, whoever's code it runs.
func (s *scene) wherePassed(samples []profile.Sample) (sp spread, ok bool) {
	methods, _, all, n := s.appCPU(samples, func(int32) bool { return true })
	if all == 0 || len(methods) == 0 {
		return spread{}, false
	}
	door, weight := innermost(methods, all/2)
	share := func(weight int64) float64 { return float64(weight) / float64(all) }
	sp = spread{door: door, share: share(weight), n: n}
	below := map[profile.Frame]int64{}
	for _, x := range samples {
		if s.partOf(x) != onCPU {
			continue
		}
		first, at := s.firstBelow(x.Stack, func(f profile.Frame) bool { return 2*methods[f].weight >= all })
		switch {
		case first != profile.Frame{}:
			below[first] += x.Weight
		case at == door:
			sp.own += share(x.Weight)
		}
	}
	for f, weight := range below {
		sp.parts = append(sp.parts, portion{f, share(weight)})
	}
	slices.SortFunc(sp.parts, func(a, b portion) int {
		return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.frame.Name, b.frame.Name), cmp.Compare(a.frame.File, b.frame.File))
	})
	return sp, true
}

// firstBelow is the first method of the app that a stack calls below the wide
// ones, empty when there is none, and the innermost wide one.
func (s *scene) firstBelow(stack int32, wide func(profile.Frame) bool) (first, at profile.Frame) {
	depths := s.appMethods(stack)
	path := slices.SortedFunc(maps.Keys(depths), func(a, b profile.Frame) int { return cmp.Compare(depths[b], depths[a]) })
	for _, f := range path { // innermost first
		if wide(f) {
			return first, f
		}
		first = f
	}
	return first, at
}

// listed are the largest parts in words.
func (sp spread) listed() []finding.Evidence {
	out := []finding.Evidence{}
	for _, p := range sp.parts[:min(len(sp.parts), 4)] {
		if p.share < 0.05 {
			break
		}
		e := finding.Evidence{Text: fmt.Sprintf("%s of them under %s", unit.Percent(p.share), methodName(p.frame)), Part: "profile"}
		if line := short(p.frame.File); line != methodName(p.frame) {
			e.Line = line
		}
		out = append(out, e)
	}
	return out
}

// methodName is a method as people name it: a compiled template by its file.
func methodName(f profile.Frame) string {
	if strings.HasPrefix(f.Name, "_") && strings.Contains(f.File, "/views/") {
		return short(f.File)
	}
	return f.Name
}
