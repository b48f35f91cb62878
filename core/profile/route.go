package profile

import (
	"cmp"
	"slices"
	"strings"
)

// Interval is one request's time on one thread.
type Interval struct {
	PID, TID   int32
	Start, End int64 // CLOCK_MONOTONIC, ns; Start is inside, End is not
	Route      string
}

type threadID struct{ pid, tid int32 }

// AssignRoutes sets the route of every sample that lies in an interval of its
// thread, and says how many it set. Where intervals overlap, the one that
// started last wins. Samples in no interval keep what they have.
func (p *Profile) AssignRoutes(intervals []Interval) int {
	byThread := map[threadID][]Interval{}
	for _, iv := range intervals {
		k := threadID{iv.PID, iv.TID}
		byThread[k] = append(byThread[k], iv)
	}
	for _, ivs := range byThread {
		slices.SortStableFunc(ivs, func(a, b Interval) int { return cmp.Compare(a.Start, b.Start) })
	}
	routes, set := p.routeIndex(), 0
	for i := range p.Samples {
		s := &p.Samples[i]
		if name, ok := routeAt(byThread[threadID{s.PID, s.TID}], s.Time); ok {
			s.Route = p.route(routes, name)
			set++
		}
	}
	return set
}

// overlapping intervals looked back through; a thread serves one request at
// a time, so more than a few only come from hostile input
const maxNesting = 16

func routeAt(sorted []Interval, t int64) (string, bool) {
	at, _ := slices.BinarySearchFunc(sorted, t+1, func(iv Interval, t int64) int { return cmp.Compare(iv.Start, t) })
	for i := at - 1; i >= 0 && at-i <= maxNesting; i-- {
		if t < sorted[i].End {
			return sorted[i].Route, true
		}
	}
	return "", false
}

// RouteFromFrames names the route of samples that have none by their
// controller action, "admin/orders#index" for a method index in
// app/controllers/admin/orders_controller.rb, and says how many it set. It
// is a guess: a request before its action, or in a callback, has none.
func (p *Profile) RouteFromFrames() int {
	actions := make([]string, len(p.Stacks))
	callers := make([]string, len(p.Stacks)) // file of the nearest Ruby frame, this one included
	for i, s := range p.Stacks {
		f := p.Frames[s.Frame]
		caller := ""
		if s.Parent != NoStack {
			actions[i], callers[i] = actions[s.Parent], callers[s.Parent]
			caller = callers[s.Parent]
		}
		if actions[i] == "" && !dispatchesOther(caller) {
			actions[i] = action(f)
		}
		if f.Kind != CFunc && f.Kind != Native && !strings.HasPrefix(f.File, "<internal:") {
			callers[i] = f.File
		}
	}
	routes, set := p.routeIndex(), 0
	for i := range p.Samples {
		s := &p.Samples[i]
		if s.Route >= 0 || s.Stack == NoStack || actions[s.Stack] == "" {
			continue
		}
		s.Route = p.route(routes, actions[s.Stack])
		set++
	}
	return set
}

// dispatchesOther tells whether a controller's method that is called from
// the given file is something else than an action: a callback, an error
// handler, or a helper of those.
func dispatchesOther(caller string) bool {
	return strings.HasSuffix(caller, "active_support/callbacks.rb") || strings.HasSuffix(caller, "active_support/rescuable.rb") ||
		strings.Contains(caller, controllers)
}

const controllers, controllerSuffix = "app/controllers/", "_controller.rb"

// action is "orders#index" for a controller's method; empty for anything
// else, blocks and class bodies among it.
func action(f Frame) string {
	at := strings.LastIndex(f.File, controllers)
	if f.Kind != Ruby || at < 0 || (at > 0 && f.File[at-1] != '/') || !strings.HasSuffix(f.File, controllerSuffix) {
		return ""
	}
	path := strings.TrimSuffix(f.File[at+len(controllers):], controllerSuffix)
	name := f.Name[strings.LastIndexAny(f.Name, "#.")+1:]
	if name == "" || path == "" || path == "application" || strings.HasPrefix(path, "concerns/") || strings.ContainsAny(name, "<> ") {
		return ""
	}
	return path + "#" + name
}

func (p *Profile) routeIndex() map[string]int32 {
	index := make(map[string]int32, len(p.Routes))
	for i, r := range p.Routes {
		index[r] = int32(i)
	}
	return index
}

func (p *Profile) route(index map[string]int32, name string) int32 {
	i, ok := index[name]
	if !ok {
		i = int32(len(p.Routes))
		p.Routes = append(p.Routes, name)
		index[name] = i
	}
	return i
}
