package judge

import (
	"math"
	"strings"

	"pitwall/analyze/capacity"
	"pitwall/core/lap"
	"pitwall/core/stat"
)

// capacity applies the GVL law and Little's law to the app; nil when neither
// has its figures.
func (s *scene) capacity() *lap.Capacity {
	held, released := s.gvlSeconds()
	return capacity.Describe(capacity.App{
		Workers: s.fact("puma.workers", "unicorn.workers"), Threads: s.fact("puma.threads_max", "puma.max_threads", "puma.threads"),
		Cores: s.ev.Machine.Cores, GVL: held, Released: released,
		Rate: arrivals(s.ev.ArrivalPerS), Service: s.meanService(),
	})
}

func arrivals(rate float64) float64 {
	if !(rate > 0) || math.IsInf(rate, 1) {
		return 0
	}
	return rate
}

// gvlSeconds are how long a request of the mix holds the GVL and how long it
// works without it, waits for it aside: by samples where there are any, else
// by the agent's CPU, over blocks of time.
func (s *scene) gvlSeconds() (held, released *stat.Estimate) {
	clock := newClock(s.ev.Windows)
	h, f := make([]stat.Block, splitBlocks), make([]stat.Block, splitBlocks)
	sampled := len(s.samplesOf("")) > 0
	var shares [splitBlocks]struct{ held, free, all float64 }
	for _, x := range s.samplesOf("") {
		b := &shares[clock.block(x.Time)]
		b.all += float64(x.Weight)
		switch s.partOf(x) {
		case onCPU, inGC:
			b.held += float64(x.Weight)
		case inSQL, inIO, asleep:
			b.free += float64(x.Weight)
		}
	}
	for _, r := range s.requestsOf("") {
		b := clock.block(r.Start)
		d := figures(r)
		if sampled {
			if at := shares[b]; at.all > 0 {
				h[b].Sum, h[b].Weight = h[b].Sum+d.wall*at.held/at.all, h[b].Weight+1
				f[b].Sum, f[b].Weight = f[b].Sum+d.wall*at.free/at.all, f[b].Weight+1
			}
			continue
		}
		if r.CPU >= 0 {
			h[b].Sum, h[b].Weight = h[b].Sum+d.cpu, h[b].Weight+1
			f[b].Sum, f[b].Weight = f[b].Sum+d.sql, f[b].Weight+1
		}
	}
	held = known(stat.OverBlocks(h, "s", level))
	if !sampled {
		return held, s.soloReleased()
	}
	return held, known(stat.OverBlocks(f, "s", level))
}

// soloReleased is how long a request of the mix is out of the GVL, by the
// requests that ran alone: under load the agent cannot tell the wait for the
// GVL from IO.
func (s *scene) soloReleased() *stat.Estimate {
	var sums, weights float64
	n := 0
	for _, name := range s.routes {
		var free float64
		for _, r := range s.solo[name] {
			d := figures(r)
			free += math.Max(0, d.wall-d.cpu)
		}
		if k := len(s.solo[name]); k > 0 {
			share := float64(len(s.load[name]))
			sums += share * free / float64(k)
			weights += share
			n += k
		}
	}
	if weights == 0 {
		return nil
	}
	return known(stat.None(sums/weights, "s", level, n, "solo requests, weighted by the mix"))
}

// meanService is the mean service time of the mix.
func (s *scene) meanService() *stat.Estimate {
	var all []stat.Block
	usage := s.usage()
	for _, name := range s.routes {
		parts := usage[name]
		if all == nil {
			all = make([]stat.Block, len(parts))
		}
		for i, b := range parts {
			all[i].Sum, all[i].Weight = all[i].Sum+b.Sum, all[i].Weight+b.Weight
		}
	}
	return known(stat.OverBlocks(all, "s", level))
}

// fact is the last whole number in the first of the named facts that is
// there, which of "0:5" and "5..5" is the 5; 0 when there is none.
func (s *scene) fact(names ...string) int {
	for _, name := range names {
		text, ok := s.ev.Setup.Facts[name]
		if !ok {
			continue
		}
		end := strings.LastIndexAny(text, "0123456789") + 1
		start := end
		for start > 0 && text[start-1] >= '0' && text[start-1] <= '9' {
			start--
		}
		if end == start || end-start > 5 {
			continue
		}
		n := 0
		for _, c := range text[start:end] {
			n = 10*n + int(c-'0')
		}
		return n
	}
	return 0
}

// stateShare is the share of in-request time in a part, all routes together.
func (s *scene) stateShare(want part) (share float64, n int) {
	var in, all int64
	samples := s.samplesOf("")
	for _, x := range samples {
		all += x.Weight
		if s.partOf(x) == want {
			in += x.Weight
		}
	}
	if all == 0 {
		return 0, 0
	}
	return float64(in) / float64(all), len(samples)
}
