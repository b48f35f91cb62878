package judge

import (
	"cmp"
	"math"
	"slices"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/stat"
)

// What a cause must explain before it is called one. A route that takes less
// than slowRoute by itself is fine, whatever its time is made of.
const (
	slowRoute  = 0.010 // seconds of own work
	leastPart  = 0.20  // of the route's own time
	partSeen   = 0.10  // the same where the estimate sees only a part of what a cause costs
	leastGain  = 0.002 // seconds
	dominating = 0.60  // of the route's own time: CPU, or waiting
)

// candidate is one possible cause of a route's time.
type candidate struct {
	kind     lap.CauseKind
	id       finding.ID
	title    string
	detail   string
	regained *stat.Estimate // seconds a request; nil when it cannot be said
	evidence []finding.Evidence
	caveats  []string
	next     []string
	least    float64 // part of the route's own time that it must explain; 0 means leastPart
	leads    bool    // big enough to be the leading cause
}

// work is the time that a route takes by itself, as well as it is known: its
// solo requests, else the profile's split without the waits that other
// requests cause.
type work struct {
	wall, cpu, gc, sql, rest float64 // seconds
	objects                  float64 // -1 unknown
	alone                    bool    // from solo requests
}

// busy is the time without what neither CPU nor database nor samples account
// for: a thread that waits for a free core.
func (w work) busy(r *row) float64 {
	waited := w.rest
	if r.out.Samples > 0 {
		waited = math.Min(w.rest, r.wait.share*w.wall)
	}
	return w.cpu + w.sql + waited
}

// work is the route's own work. ok is false when nothing says it.
func (s *scene) work(r *row) (w work, ok bool) {
	if o := r.out.Own; o != nil && o.Time != nil {
		w = work{wall: o.Time.Point, cpu: point(o.CPU), gc: point(o.GC), sql: point(o.SQL), objects: -1, alone: true}
		if o.Objects != nil {
			w.objects = o.Objects.Point
		}
		w.rest = math.Max(0, w.wall-w.cpu-w.sql)
		return w, true
	}
	w.objects = -1
	for _, slice := range r.out.Split {
		switch part(slice.Name) {
		case onCPU:
			w.cpu += slice.Mean
		case inGC:
			w.cpu, w.gc = w.cpu+slice.Mean, w.gc+slice.Mean
		case inSQL:
			w.sql += slice.Mean
		case inIO, asleep, elsewise:
			w.rest += slice.Mean
		}
	}
	w.wall = w.cpu + w.sql + w.rest
	return w, w.wall > 0
}

// causes are what explains a route's own time, strongest first. Only those
// with leads may be its leading cause.
func (s *scene) causes(r *row) []candidate {
	r.errors = s.erring(r)
	w, ok := s.work(r)
	if !ok {
		return nil
	}
	var out []candidate
	out = append(out, s.nPlusOnes(r, w)...)
	out = append(out, s.scans(r, w)...)
	out = append(out, s.slowSQL(r, w, out)...)
	out = append(out, s.allocates(r, w)...)
	out = append(out, s.ioBound(r, w)...)
	if !slices.ContainsFunc(out, func(c candidate) bool { return c.leads && c.kind == lap.Allocates }) {
		out = append(out, s.cpuBound(r, w, out)...)
	}
	busy := w.busy(r) // what a machine without a free core adds is no part of it
	for i := range out {
		gain, least := point(out[i].regained), out[i].least
		if least == 0 {
			least = leastPart
		}
		out[i].leads = out[i].leads && busy >= slowRoute && gain >= leastGain && gain >= least*busy
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		if a.leads != b.leads {
			if a.leads {
				return -1
			}
			return 1
		}
		return cmp.Compare(point(b.regained), point(a.regained))
	})
	return out
}

// lead gives each route its one leading cause: errors first, since times of
// bad answers mean nothing, then its own work, then what load does to it.
func (s *scene) lead(rows []*row) {
	for _, r := range rows {
		switch {
		case r.errors != nil:
			r.out.Cause = s.asCause(r, *r.errors)
		case len(r.causes) > 0 && r.causes[0].leads:
			r.out.Cause = s.asCause(r, r.causes[0])
		}
	}
	explained := lockHeldByCauses(rows) >= 0.5
	for _, r := range rows {
		if r.out.Cause != nil || explained {
			continue
		}
		if c, ok := s.underLoad(r); ok {
			r.causes = append([]candidate{c}, r.causes...)
			r.out.Cause = s.asCause(r, c)
		}
	}
}

// asCause is the candidate as the result shows it, with the share of all
// server time that it holds: its part of the route's own time, of the route's
// share.
func (s *scene) asCause(r *row, c candidate) *lap.Cause {
	out := &lap.Cause{Kind: c.kind, Title: c.title, Finding: c.id, Regained: c.regained}
	w, ok := s.work(r)
	if c.regained != nil && r.out.Share != nil && ok && w.wall > 0 {
		whole := w.wall
		if c.kind == lap.GVLWait || c.kind == lap.Queueing {
			whole = math.Max(whole, point(r.out.Mean))
		}
		share := c.regained.Scaled(r.out.Share.Point/whole, "1")
		share.High = math.Min(share.High, 1)
		share.Point, share.Low = math.Min(share.Point, share.High), math.Min(math.Max(0, share.Low), share.High)
		out.Capacity = &share
	}
	return out
}

// lockHeldByCauses is the share of all CPU with the GVL that routes with a
// cause of their own hold. Where it is large, the waits of the others are
// theirs, and are no cause of the routes that wait.
func lockHeldByCauses(rows []*row) float64 {
	var all, caused float64
	for _, r := range rows {
		var mean float64
		for _, slice := range r.out.Split {
			if p := part(slice.Name); p == onCPU || p == inGC {
				mean += slice.Mean
			}
		}
		held := mean * r.out.RatePerS
		all += held
		if r.out.Cause != nil {
			caused += held
		}
	}
	if all == 0 {
		return 0
	}
	return caused / all
}
