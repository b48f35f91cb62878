package judge

import (
	"math"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/stat"
)

// Beyond a quantile there must be some requests, or it is a guess at the
// tail: ten for p99, as the lap promises; one for p95 and p50, whose intervals
// say how little that is.
const (
	beyond99 = 10
	beyond95 = 1
)

// latency is the response time from the intended start, of a route or (empty)
// of the whole app, with intervals over blocks of time.
func (s *scene) latency(route string) lap.Latency {
	blocks := s.driven()
	parts := make([]*hist.Histogram, len(blocks))
	total := hist.New()
	each(blocks, route, func(i int, t *tally) {
		if parts[i] == nil {
			parts[i] = hist.New()
		}
		parts[i].Merge(t.response)
		total.Merge(t.response)
	})
	out := lap.Latency{Count: total.Count(), Buckets: buckets(total)}
	if out.Count == 0 {
		return out
	}
	out.Max = float64(total.Max()) / 1e9
	out.P50 = quantile(total, parts, .50, beyond95)
	out.P95 = quantile(total, parts, .95, beyond95)
	out.P99 = quantile(total, parts, .99, beyond99)
	return out
}

// quantile estimates q from blocks; nil when fewer than beyond requests lie
// past it.
func quantile(total *hist.Histogram, parts []*hist.Histogram, q float64, beyond int) *stat.Estimate {
	if float64(total.Count())*(1-q) < float64(beyond)-1e-9 {
		return nil
	}
	_, high := total.Quantile(q)
	blocks := make([]stat.Block, 0, len(parts))
	for _, h := range parts {
		if h != nil {
			n := h.Count()
			blocks = append(blocks, stat.Block{Sum: float64(n - h.CountAbove(high)), Weight: float64(n)})
		}
	}
	return known(stat.QuantileOverBlocks(q, func(p float64) float64 { return at(total, p) }, blocks, "s", level))
}

// at is the quantile of a histogram in seconds: the middle of its bucket.
func at(h *hist.Histogram, q float64) float64 {
	low, high := h.Quantile(q)
	return (float64(low) + float64(high)) / 2e9
}

// step is the ratio of one drawn bucket to the next.
const step = 1.2

// buckets joins a histogram's buckets into bars for drawing, 20 % wide each.
func buckets(h *hist.Histogram) []lap.Bucket {
	out := []lap.Bucket{}
	last := math.MinInt
	for b := range h.Buckets() {
		bar := int(math.Floor(math.Log(math.Max(1, float64(b.Low))) / math.Log(step)))
		if bar != last {
			out = append(out, lap.Bucket{Low: math.Pow(step, float64(bar)) / 1e9, High: math.Pow(step, float64(bar+1)) / 1e9})
			last = bar
		}
		out[len(out)-1].Count += b.Count
	}
	return out
}
