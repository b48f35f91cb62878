package judge

import (
	"cmp"
	"slices"

	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
)

// scene is a lap's evidence, put in order for judging.
type scene struct {
	ev      *lap.Evidence
	routes  []string // as pitwall.yml names them, then what else was seen
	bare    []block
	watched []block
	closed  []block
	solo    map[string][]request.Request // good requests of solo windows
	load    map[string][]request.Request // requests of watched windows
	print   []string                     // fingerprints
	plans   map[int]request.Plan
	prof    *profile.Profile // samples inside requests of watched windows, with their route; nil without
	all     *profile.Profile // all samples; nil without
	broken  string           // why the profile was not used; empty when it was
}

func newScene(ev *lap.Evidence) *scene {
	s := &scene{
		ev: ev, solo: map[string][]request.Request{}, load: map[string][]request.Request{},
		plans: map[int]request.Plan{},
	}
	s.bare = s.blocks(lap.Bare)
	s.watched = s.blocks(lap.Watched)
	s.closed = s.blocks(lap.Closed)
	if ev.Requests != nil {
		s.print = ev.Requests.Fingerprints
		for _, p := range ev.Requests.Plans {
			s.plans[p.Fingerprint] = p
		}
		s.sortRequests(ev.Requests.Requests)
	}
	s.nameRoutes()
	s.joinSamples()
	return s
}

// sortRequests puts requests under their routes by the window they began in.
func (s *scene) sortRequests(rs []request.Request) {
	names := routeOfAction(rs)
	for _, r := range rs {
		name := r.Route
		if name == "" {
			name = names[r.Action]
		}
		if name == "" || r.End < r.Start || r.End-r.Start < 0 {
			continue
		}
		r.Route = name
		switch s.kindAt(r.Start) {
		case lap.Solo:
			if r.Error == "" && r.Status < 500 {
				s.solo[name] = append(s.solo[name], r)
			}
		case lap.Watched:
			s.load[name] = append(s.load[name], r)
		}
	}
	for _, group := range []map[string][]request.Request{s.solo, s.load} {
		for _, rs := range group {
			slices.SortStableFunc(rs, func(a, b request.Request) int { return cmp.Compare(a.Start, b.Start) })
		}
	}
}

// routeOfAction names the route of each action by the requests that carry
// both; an action that was never driven under a route's name is its own.
func routeOfAction(rs []request.Request) map[string]string {
	names := map[string]string{}
	for _, r := range rs {
		if r.Route != "" && r.Action != "" {
			names[r.Action] = r.Route
		}
	}
	for _, r := range rs {
		if r.Action != "" && names[r.Action] == "" {
			names[r.Action] = r.Action
		}
	}
	return names
}

// kindAt is what the window at a time was for; empty between windows.
func (s *scene) kindAt(t int64) lap.Kind {
	for _, w := range s.ev.Windows {
		if t >= w.Start && t < w.End {
			return w.Kind
		}
	}
	return ""
}

// seconds is how long the windows of a kind lasted together.
func (s *scene) seconds(kind lap.Kind) float64 {
	var ns float64
	for _, w := range s.ev.Windows {
		if w.Kind == kind && w.End > w.Start {
			ns += float64(w.End) - float64(w.Start)
		}
	}
	return ns / 1e9
}

// nameRoutes lists every route once: those that were driven, or, when nothing
// was driven, what the app itself says it served. Background jobs that ran
// beside driven routes are none.
func (s *scene) nameRoutes() {
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			s.routes = append(s.routes, name)
		}
	}
	for _, r := range s.ev.Routes {
		add(r.Name)
	}
	var more []string
	for _, c := range s.ev.Cells {
		more = append(more, c.Route)
	}
	if len(s.ev.Cells) == 0 && len(s.ev.Routes) == 0 {
		for name := range s.load {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	for _, name := range more {
		add(name)
	}
}
