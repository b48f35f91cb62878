package judge

import (
	"slices"
	"strings"

	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/stat"
)

// part names where time goes; they are lap.Slice names.
type part string

const (
	onCPU    part = "cpu"
	gvlWait  part = "gvl_wait"
	inSQL    part = "sql"
	inIO     part = "io"
	inGC     part = "gc"
	queued   part = "queue"
	asleep   part = "sleep"
	locked   part = "lock"
	elsewise part = "other"
)

// parts is the order in which slices are shown.
func parts() []part {
	return []part{queued, onCPU, gvlWait, inSQL, inIO, inGC, asleep, locked, elsewise}
}

// joinSamples gives every sample the route of the request that its thread
// served at that time, and keeps those that were in a request. Where nothing
// is known of requests, as without the agent, all that were busy are kept.
func (s *scene) joinSamples() {
	p := s.ev.Profile
	if p == nil {
		return
	}
	if err := p.Check(); err != nil {
		s.broken = "the profile contradicts itself and was not used: " + err.Error()
		return
	}
	all := *p
	all.Samples, all.Routes = slices.Clone(p.Samples), slices.Clone(p.Routes)
	var intervals []profile.Interval
	for _, name := range s.routes {
		for _, r := range s.load[name] {
			if r.TID != 0 {
				intervals = append(intervals, profile.Interval{PID: int32(r.PID), TID: int32(r.TID), Start: r.Start, End: r.End, Route: r.Route})
			}
		}
	}
	all.AssignRoutes(intervals)
	s.all = &all
	s.prof = all.Filter(func(x profile.Sample) bool {
		return (x.Route >= 0 || len(intervals) == 0) && x.Weight > 0 && x.State != profile.Idle && x.State != profile.Dead
	})
}

// samplesOf are the in-request samples of a route, of all with an empty name.
func (s *scene) samplesOf(route string) []profile.Sample {
	if s.prof == nil {
		return nil
	}
	if route == "" {
		return s.prof.Samples
	}
	id := int32(slices.Index(s.prof.Routes, route))
	if id < 0 {
		return nil // and not those of no route
	}
	var out []profile.Sample
	for _, x := range s.prof.Samples {
		if x.Route == id {
			out = append(out, x)
		}
	}
	return out
}

// partOf says where a sample's time went.
func (s *scene) partOf(x profile.Sample) part {
	switch x.State {
	case profile.Running:
		return onCPU
	case profile.Waiting:
		return gvlWait
	case profile.GC:
		return inGC
	case profile.Blocked:
		if s.inDatabase(x.Stack) {
			return inSQL
		}
		return inIO
	case profile.Sleeping:
		return asleep
	case profile.Locked:
		return locked
	}
	return elsewise
}

// inDatabase says whether a stack waits for the database. Only the frames
// next to the leaf count: a callback inside a transaction is not a statement.
func (s *scene) inDatabase(stack int32) bool {
	for n := 0; stack >= 0 && n < 12; n++ {
		f := s.prof.Frames[s.prof.Stacks[stack].Frame]
		if databaseFrame(f) {
			return true
		}
		if f.Kind != profile.CFunc && f.Kind != profile.Native && appFile(f.File) {
			return false
		}
		stack = s.prof.Stacks[stack].Parent
	}
	return false
}

// databaseFrame recognises the drivers' own methods and files.
func databaseFrame(f profile.Frame) bool {
	switch f.Name[strings.LastIndexAny(f.Name, "#.")+1:] {
	case "exec_params", "exec_prepared", "async_exec", "async_exec_params", "async_exec_prepared",
		"sync_exec", "sync_exec_params", "sync_exec_prepared", "send_query", "get_last_result", "async_query":
		if f.Kind == profile.CFunc {
			return true
		}
	}
	for _, dir := range []string{"active_record/connection_adapters/", "/pg/", "/mysql2/", "/trilogy/", "/sqlite3/", "/sequel/adapters/"} {
		if strings.Contains(f.File, dir) {
			return true
		}
	}
	return strings.HasPrefix(f.Name, "PG::") || strings.HasPrefix(f.Name, "Mysql2::") || strings.HasPrefix(f.Name, "SQLite3::")
}

// split is where a route's time goes under load: by samples with the queue in
// front, by the agent's figures without a profile, nothing without either.
func (s *scene) split(route string, mean *stat.Estimate) []lap.Slice {
	samples := s.samplesOf(route)
	if len(samples) > 0 {
		return s.sampledSplit(route, samples, mean)
	}
	return s.agentSplit(route, mean)
}

// splitBlocks is into how many blocks of time samples are put.
const splitBlocks = 20

// sampledSplit takes shares of the samples' time over blocks of time, with the
// number of requests as the largest number of independent observations: the
// samples of one request say much the same.
func (s *scene) sampledSplit(route string, samples []profile.Sample, mean *stat.Estimate) []lap.Slice {
	sums := map[part][]stat.Block{}
	for _, name := range parts() {
		sums[name] = make([]stat.Block, splitBlocks)
	}
	clock := newClock(s.ev.Windows)
	for _, x := range samples {
		b := clock.block(x.Time)
		sums[s.partOf(x)][b].Sum += float64(x.Weight)
		for _, name := range parts() {
			sums[name][b].Weight += float64(x.Weight)
		}
	}
	return s.slices(sums, len(s.requestsOf(route)), s.queueShare(route), mean)
}

// agentSplit falls back on what the agent measured itself: it cannot tell a
// wait for the GVL from IO.
func (s *scene) agentSplit(route string, mean *stat.Estimate) []lap.Slice {
	rs := s.requestsOf(route)
	if len(rs) == 0 {
		return []lap.Slice{}
	}
	sums := map[part][]stat.Block{}
	for _, name := range []part{onCPU, inSQL, inGC, elsewise} {
		sums[name] = make([]stat.Block, splitBlocks)
	}
	clock := newClock(s.ev.Windows)
	for _, r := range rs {
		if r.CPU < 0 {
			continue
		}
		d := figures(r)
		b := clock.block(r.Start)
		for name, v := range map[part]float64{onCPU: d.cpu - d.gc, inSQL: d.sql, inGC: d.gc, elsewise: d.rest} {
			sums[name][b].Sum += v
			sums[name][b].Weight += d.cpu + d.sql + d.rest
		}
	}
	return s.slices(sums, len(rs), s.queueShare(route), mean)
}

// slices turns blocks of shares into slices; queue is the share that the
// queue has of the whole, and the rest is scaled to what it leaves.
func (s *scene) slices(sums map[part][]stat.Block, trials int, queue *stat.Estimate, mean *stat.Estimate) []lap.Slice {
	out := []lap.Slice{}
	left := 1.0
	if queue != nil {
		left = 1 - queue.Point
	}
	for _, name := range parts() {
		var e *stat.Estimate
		if name == queued {
			e = queue
		} else if blocks, ok := sums[name]; ok {
			if e = known(stat.ShareOverBlocks(blocks, max(1, trials), level)); e != nil {
				scaled := e.Scaled(left, "1")
				e = &scaled
			}
		}
		if e == nil || (e.Point == 0 && name != onCPU) {
			continue
		}
		slice := lap.Slice{Name: string(name), Share: e}
		if mean != nil {
			slice.Mean = e.Point * mean.Point
		}
		out = append(out, slice)
	}
	return out
}

// requestsOf are the watched requests of a route, of all with an empty name.
func (s *scene) requestsOf(route string) []request.Request {
	if route != "" {
		return s.load[route]
	}
	var out []request.Request
	for _, name := range s.routes {
		out = append(out, s.load[name]...)
	}
	return out
}

// clock puts times of watched windows into blocks of equal watched time.
type clock struct {
	windows []lap.Window
	total   float64 // ns
}

func newClock(windows []lap.Window) clock {
	c := clock{}
	for _, w := range windows {
		if w.Kind == lap.Watched && w.End > w.Start {
			c.windows = append(c.windows, w)
			c.total += length(w)
		}
	}
	return c
}

func length(w lap.Window) float64 { return float64(w.End) - float64(w.Start) }

func (c clock) block(t int64) int {
	var before float64
	for _, w := range c.windows {
		if t >= w.Start && t < w.End {
			before += float64(t) - float64(w.Start)
			break
		}
		if t >= w.End {
			before += length(w)
		}
	}
	if c.total <= 0 {
		return 0
	}
	return max(0, min(splitBlocks-1, int(before/c.total*splitBlocks)))
}
