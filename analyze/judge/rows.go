package judge

import (
	"cmp"
	"slices"

	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/core/route"
	"pitwall/core/stat"
)

// row is one route while it is judged.
type row struct {
	out      lap.Route
	groups   []*group
	requests []request.Request // those that groups were counted over
	wait     waiter            // what its samples wait for; nothing without samples
	causes   []candidate       // what explains its time, strongest first
	errors   *candidate
}

// usage is the server time of every route over blocks of time, by the driver,
// or by the agent where nothing was driven: seconds, and requests as weight.
func (s *scene) usage() map[string][]stat.Block {
	out := map[string][]stat.Block{}
	blocks := s.driven()
	for _, name := range s.routes {
		parts := make([]stat.Block, len(blocks))
		each(blocks, name, func(i int, t *tally) {
			parts[i] = stat.Block{Sum: float64(t.service.Sum()) / 1e9, Weight: float64(t.service.Count())}
		})
		out[name] = parts
	}
	if len(blocks) > 0 {
		return out
	}
	clock := newClock(s.ev.Windows)
	for _, name := range s.routes {
		parts := make([]stat.Block, splitBlocks)
		for _, r := range s.load[name] {
			b := &parts[clock.block(r.Start)]
			b.Sum, b.Weight = b.Sum+float64(r.End-r.Start)/1e9, b.Weight+1
		}
		out[name] = parts
	}
	return out
}

// rows judges every route, and orders the work list by share of server time.
func (s *scene) rows() []*row {
	usage := s.usage()
	var total []float64
	for _, name := range s.routes {
		parts := usage[name]
		if total == nil {
			total = make([]float64, len(parts))
		}
		for i, b := range parts {
			total[i] += b.Sum
		}
	}
	var out []*row
	for _, name := range s.routes {
		out = append(out, s.row(name, usage[name], total))
	}
	slices.SortStableFunc(out, func(a, b *row) int { return cmp.Compare(point(b.out.Share), point(a.out.Share)) })
	for _, r := range out {
		r.causes = s.causes(r)
	}
	s.lead(out)
	return out
}

// row fills in one route, all but its cause.
func (s *scene) row(name string, usage []stat.Block, total []float64) *row {
	r := &row{out: lap.Route{Name: name, Action: s.action(name), ErrorKinds: map[string]int64{}}}
	o := &r.out
	if i := slices.IndexFunc(s.ev.Routes, func(x route.Route) bool { return x.Name == name }); i >= 0 {
		o.Method, o.Path = s.ev.Routes[i].Verb(), s.ev.Routes[i].Path
	}
	s.countAnswers(o)
	o.Mean = known(stat.OverBlocks(usage, "s", level))
	shares := make([]stat.Block, len(usage))
	for i, b := range usage {
		shares[i] = stat.Block{Sum: b.Sum, Weight: total[i]}
		if len(s.driven()) == 0 {
			o.Requests += int64(b.Weight)
		}
	}
	if seconds := s.rateSeconds(); seconds > 0 {
		o.RatePerS = weight(usage) / seconds
	}
	if o.Mean != nil {
		o.Share = known(stat.ShareOverBlocks(shares, max(1, int(weight(usage))), level))
	}
	o.Latency = s.latency(name)
	o.Split = s.split(name, o.Mean)
	o.Own = s.own(name)
	r.requests = s.perRequest(name)
	r.groups = groups(r.requests)
	o.Statements = s.statements(r.groups, len(r.requests))
	o.Flame, o.Top = s.flame(name)
	samples := s.samplesOf(name)
	o.Samples, r.wait = int64(len(samples)), s.waitsFor(samples)
	return r
}

// rateSeconds is the time over which requests are counted for a rate.
func (s *scene) rateSeconds() float64 {
	if len(s.driven()) > 0 {
		return s.drivenSeconds()
	}
	return s.seconds(lap.Watched)
}

func weight(blocks []stat.Block) (n float64) {
	for _, b := range blocks {
		n += b.Weight
	}
	return n
}

// countAnswers counts requests and errors of the open-loop windows. What was
// still under way at a window's end is shown, and is no error.
func (s *scene) countAnswers(o *lap.Route) {
	open := map[int]bool{}
	for _, w := range s.ev.Windows {
		if w.Kind == lap.Bare || w.Kind == lap.Watched {
			open[w.Index] = true
		}
	}
	for _, c := range s.ev.Cells {
		if c.Route != o.Name || !open[c.Window] {
			continue
		}
		o.Requests += max(0, c.Done)
		for kind, n := range c.Errors {
			if n <= 0 {
				continue
			}
			o.ErrorKinds[kind] += n
			if kind != "unfinished" {
				o.Errors += n
			}
		}
	}
}

// action is what most requests of a route ran.
func (s *scene) action(name string) string {
	counts := map[string]int{}
	for _, rs := range [][]request.Request{s.solo[name], s.load[name]} {
		for _, r := range rs {
			if r.Action != "" {
				counts[r.Action]++
			}
		}
	}
	best := ""
	for a, n := range counts {
		if best == "" || n > counts[best] || n == counts[best] && a < best {
			best = a
		}
	}
	return best
}
