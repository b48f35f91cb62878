package judge

import (
	"math"

	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/core/stat"
)

// figure is one request in seconds.
type figure struct{ wall, cpu, gc, sql, rest float64 }

// figures takes a request apart: CPU with GC in it, the database, and what is
// left, which is IO, sleeping and waiting. Unknown CPU counts as none.
func figures(r request.Request) figure {
	f := figure{wall: float64(r.End-r.Start) / 1e9, cpu: float64(max(0, r.CPU)) / 1e9}
	f.gc = math.Min(f.cpu, float64(max(0, r.GC))/1e9)
	for _, st := range r.Statements {
		f.sql += float64(max(0, st.Time)) / 1e9
	}
	f.sql = math.Min(f.sql, f.wall)
	f.rest = math.Max(0, f.wall-f.cpu-f.sql)
	return f
}

// own is a route's own work from its solo requests; nil when there are none.
// Figures are medians, which one GC run or one hiccup of the machine does not
// move, with their exact intervals; GC, which most requests have none of, is
// a mean.
func (s *scene) own(route string) *lap.Own {
	rs := s.solo[route]
	if len(rs) == 0 {
		return nil
	}
	o := &lap.Own{Requests: int64(len(rs))}
	var wall, cpu, gc, sql, statements, objects []float64
	for _, r := range rs {
		f := figures(r)
		wall, sql = append(wall, f.wall), append(sql, f.sql)
		statements = append(statements, float64(r.Sent(s.print)))
		if r.CPU >= 0 {
			cpu = append(cpu, f.cpu)
		}
		if r.GC >= 0 && r.Alone() {
			gc = append(gc, f.gc)
		}
		if r.Objects >= 0 && r.Alone() {
			objects = append(objects, float64(r.Objects))
		}
	}
	o.Time, o.CPU, o.SQL = middle(wall, "s"), middle(cpu, "s"), middle(sql, "s")
	o.GC = known(stat.Mean(gc, "s", level))
	o.Statements, o.Objects = middle(statements, "1"), middle(objects, "1")
	return o
}

func middle(values []float64, unit string) *stat.Estimate {
	return known(stat.Median(values, unit, level))
}

// point is an estimate's value, 0 when it is unknown.
func point(e *stat.Estimate) float64 {
	if e == nil {
		return 0
	}
	return e.Point
}

// queueMean is the mean time in seconds between sending a request and the
// app's first line; nil when no watched request knows it.
func (s *scene) queueMean(route string) *stat.Estimate {
	parts := make([]stat.Block, splitBlocks)
	clock := newClock(s.ev.Windows)
	for _, r := range s.requestsOf(route) {
		if r.Queue != nil && *r.Queue >= 0 {
			b := &parts[clock.block(r.Start)]
			b.Sum, b.Weight = b.Sum+float64(*r.Queue)/1e9, b.Weight+1
		}
	}
	return known(stat.OverBlocks(parts, "s", level))
}

// queueShare is the queue's share of queue and app time together; nil when
// the queue is unknown.
func (s *scene) queueShare(route string) *stat.Estimate {
	parts := make([]stat.Block, splitBlocks)
	clock := newClock(s.ev.Windows)
	n := 0
	for _, r := range s.requestsOf(route) {
		if r.Queue != nil && *r.Queue >= 0 {
			b := &parts[clock.block(r.Start)]
			b.Sum += float64(*r.Queue)
			b.Weight += float64(*r.Queue) + float64(r.End-r.Start)
			n++
		}
	}
	return known(stat.ShareOverBlocks(parts, n, level))
}
