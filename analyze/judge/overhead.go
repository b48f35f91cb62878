package judge

import (
	"fmt"
	"math"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// overhead is what measuring cost: watched windows beside the bare ones that
// they alternate with, and the CPU of driver and sampler.
func (s *scene) overhead() []lap.Overhead {
	out := []lap.Overhead{}
	bare, watched := s.windowHists(lap.Bare), s.windowHists(lap.Watched)
	n := min(len(bare), len(watched))
	for _, m := range []struct {
		name  string
		value func(*hist.Histogram) float64
	}{
		{"p50", func(h *hist.Histogram) float64 { return at(h, .5) }},
		{"mean", func(h *hist.Histogram) float64 { return h.Mean() / 1e9 }},
	} {
		var a, b []float64
		for i := range n {
			if bare[i].Count() > 0 && watched[i].Count() > 0 {
				a, b = append(a, m.value(bare[i])), append(b, m.value(watched[i]))
			}
		}
		if len(a) == 0 {
			continue
		}
		e := stat.PairedRatio(a, b, level)
		if !e.Known() {
			continue
		}
		text := fmt.Sprintf("answers took %s while watched, by the %s", unit.Change(e.Point), m.name)
		switch {
		case e.Reached == 0:
			text += fmt.Sprintf(" (too few pairs of windows for an interval: %d)", len(a))
		case e.High > hopeless*e.Low:
			text = fmt.Sprintf("what watching adds to an answer, by the %s, is unknown: %d pairs of windows differ too much", m.name, e.N)
		default:
			text += fmt.Sprintf(" (%s to %s, over %d pairs of windows)", unit.Change(e.Low), unit.Change(e.High), e.N)
		}
		out = append(out, lap.Overhead{Name: "watched over bare, " + m.name, Value: &e, Text: text})
	}
	return append(out, s.ownCPU()...)
}

// hopeless is how many times its lower end the upper end of an interval may
// be before a percentage says nothing: beyond it, it is not given.
const hopeless = 10

// ownCPU is the CPU of the sampler and the driver.
func (s *scene) ownCPU() []lap.Overhead {
	var out []lap.Overhead
	d := s.ev.Driver
	if t := s.seconds(lap.Watched); d.SamplerNS > 0 && t > 0 {
		e := stat.None(float64(d.SamplerNS)/1e9/t, "ratio", level, 1, "CPU of the sampler / watched time")
		out = append(out, lap.Overhead{Name: "sampler CPU", Value: &e, Text: fmt.Sprintf("the sampler used %s of one core while watching", unit.Percent(e.Point))})
	}
	if d.CPUNS > 0 && d.Requests > 0 {
		// The driver's process also samples and watches: the sampler is known apart.
		e := stat.None(math.Max(0, float64(d.CPUNS)-float64(d.SamplerNS))/1e9/float64(d.Requests), "s", level, 1, "CPU of pitwall without the sampler / requests")
		out = append(out, lap.Overhead{Name: "driver CPU", Value: &e, Text: fmt.Sprintf("driving, watching and receiving used %s of CPU a request on the same machine", unit.Seconds(e.Point))})
	}
	return out
}

// windowHists are the response times of each window of a kind, in order.
func (s *scene) windowHists(kind lap.Kind) []*hist.Histogram {
	var out []*hist.Histogram
	for _, w := range s.ev.Windows {
		if w.Kind != kind {
			continue
		}
		h := hist.New()
		for _, c := range s.ev.Cells {
			if c.Window == w.Index {
				h.Merge(c.Response)
			}
		}
		out = append(out, h)
	}
	return out
}
