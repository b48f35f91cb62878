package judge

import (
	"cmp"
	"math"
	"slices"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/stat"
)

// mostBlocks is into how many blocks of time a kind of window is cut at most:
// fewer and longer ones depend less on each other, and more than 30 make an
// interval hardly any narrower (Schmeiser 1982, Oper. Res. 30, 556).
const mostBlocks = 30

// block is one stretch of time with what the driver saw of each route in it.
type block struct {
	start  int64
	length int64
	routes map[string]*tally
}

// tally is what the driver saw of one route in a block.
type tally struct {
	response, service   *hist.Histogram // never nil
	offered, done, good int64
}

// blocks cuts the windows of a kind into blocks of time, in order.
func (s *scene) blocks(kind lap.Kind) []block {
	kinds := map[int]lap.Kind{}
	for _, w := range s.ev.Windows {
		kinds[w.Index] = w.Kind
	}
	byStart := map[int64]*block{}
	for i := range s.ev.Cells {
		c := &s.ev.Cells[i]
		if kinds[c.Window] != kind || c.Length <= 0 {
			continue
		}
		b := byStart[c.Start]
		if b == nil {
			b = &block{start: c.Start, routes: map[string]*tally{}}
			byStart[c.Start] = b
		}
		b.length = max(b.length, c.Length)
		b.tally(c.Route).add(c)
	}
	out := make([]block, 0, len(byStart))
	for _, b := range byStart {
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b block) int { return cmp.Compare(a.start, b.start) })
	return coarsen(out)
}

func (b *block) tally(route string) *tally {
	t := b.routes[route]
	if t == nil {
		t = &tally{response: hist.New(), service: hist.New()}
		b.routes[route] = t
	}
	return t
}

func (t *tally) add(c *lap.Cell) {
	t.response.Merge(c.Response)
	t.service.Merge(c.Service)
	t.offered += max(0, c.Offered)
	t.done += max(0, c.Done)
	t.good += max(0, c.Good)
}

// coarsen joins neighbours until at most mostBlocks remain.
func coarsen(in []block) []block {
	size := (len(in) + mostBlocks - 1) / mostBlocks
	if size <= 1 {
		return in
	}
	var out []block
	for part := range slices.Chunk(in, size) {
		joined := block{start: part[0].start, routes: map[string]*tally{}}
		for _, b := range part {
			joined.length += b.length
			for name, t := range b.routes {
				into := joined.tally(name)
				into.response.Merge(t.response)
				into.service.Merge(t.service)
				into.offered, into.done, into.good = into.offered+t.offered, into.done+t.done, into.good+t.good
			}
		}
		out = append(out, joined)
	}
	return out
}

// each calls f with the tallies of a route in each block; with all routes
// when the name is empty.
func each(blocks []block, route string, f func(i int, t *tally)) {
	for i, b := range blocks {
		if route != "" {
			if t := b.routes[route]; t != nil {
				f(i, t)
			}
			continue
		}
		for _, t := range b.routes {
			f(i, t)
		}
	}
}

// driven are the blocks that latency and the work list come from: bare ones,
// or watched ones where there is no bare window.
func (s *scene) driven() []block {
	if len(s.bare) > 0 {
		return s.bare
	}
	return s.watched
}

// drivenSeconds is the time of the driven blocks.
func (s *scene) drivenSeconds() (sum float64) {
	for _, b := range s.driven() {
		sum += float64(b.length) / 1e9
	}
	return sum
}

// known drops an estimate that rests on nothing. Times, rates, counts and
// shares cannot be negative, so neither can their intervals: cutting one at 0
// takes nothing from its coverage.
func known(e stat.Estimate) *stat.Estimate {
	if e.Point >= 0 {
		e.Low = math.Max(e.Low, 0)
	}
	return signed(e)
}

// signed is known for what may be negative, such as growth.
func signed(e stat.Estimate) *stat.Estimate {
	if !e.Known() {
		return nil
	}
	return &e
}

// sustained is the throughput of the closed loop, good answers only; nil when
// it was not driven.
func (s *scene) sustained() *stat.Estimate {
	parts := make([]stat.Block, len(s.closed))
	each(s.closed, "", func(i int, t *tally) { parts[i].Sum += float64(t.good) })
	for i, b := range s.closed {
		parts[i].Weight = float64(b.length) / 1e9
	}
	return known(stat.OverBlocks(parts, "1/s", level))
}

// offered is the rate of the open-loop windows, weighted by their length.
func (s *scene) offered() float64 {
	var sum, weight float64
	for _, w := range s.ev.Windows {
		if (w.Kind == lap.Bare || w.Kind == lap.Watched) && w.Rate > 0 && !math.IsInf(w.Rate, 1) && w.End > w.Start {
			sum += w.Rate * length(w)
			weight += length(w)
		}
	}
	if weight == 0 || math.IsInf(sum, 1) {
		return 0
	}
	return sum / weight
}
