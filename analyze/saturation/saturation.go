// Package saturation finds by rule how many requests in flight an app can
// use, and what it sustains with them.
package saturation

import (
	"slices"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

// Gain is the least by which doubling the requests in flight must raise the
// throughput for another doubling to be tried.
const Gain = 0.05

// Most is the largest number of requests in flight that is tried.
const Most = 256

// Step is one closed loop that was run.
type Step struct {
	Connections int
	Cells       []lap.Cell
}

// Plan is what to run next.
type Plan struct {
	Connections int
	Hold        bool // the last step: give it the time that is left
}

// Next plans a ramp: first, then twice, four times, ... as many requests in
// flight, a short step each, until a doubling gains less than Gain; then the
// smallest number that comes within Gain of the best is held, since more than
// that only makes a queue. It is asked again after every step, until it has
// said Hold. First is best the number of the app's threads: from 1 on, a few
// dear requests in a short step can look like the end of the gain.
func Next(steps []Step, first int) Plan {
	if len(steps) == 0 {
		return Plan{Connections: max(1, min(first, Most))}
	}
	last := steps[len(steps)-1]
	rate := rate(last.Cells)
	grows := len(steps) < 2 || rate > (1+Gain)*rateOf(steps, len(steps)-2)
	if grows && rate > 0 && last.Connections*2 <= Most {
		return Plan{Connections: last.Connections * 2}
	}
	return Plan{Connections: Enough(steps), Hold: true}
}

func rateOf(steps []Step, i int) float64 { return rate(steps[i].Cells) }

// Enough is the smallest number of requests in flight whose throughput comes
// within Gain of the best step's; 1 without steps.
func Enough(steps []Step) int {
	best := 0.0
	for i := range steps {
		best = max(best, rateOf(steps, i))
	}
	enough := 0
	for i, s := range steps {
		if rateOf(steps, i) >= (1-Gain)*best && (enough == 0 || s.Connections < enough) {
			enough = s.Connections
		}
	}
	return max(1, enough)
}

// rate is the good answers per second over all cells, 0 without any time.
func rate(cells []lap.Cell) float64 {
	good, length := 0.0, 0.0
	for _, b := range blocks(cells) {
		good += b.Sum
		length += b.Weight
	}
	if length == 0 {
		return 0
	}
	return good / length
}

// Sustained estimates the throughput of a closed loop, good answers per
// second, with its interval by blocks of time. Without any time it is unknown.
func Sustained(cells []lap.Cell, level float64) stat.Estimate {
	return stat.OverBlocks(blocks(cells), "1/s", level)
}

// blocks are the good answers and the seconds of each block of time, in
// order.
func blocks(cells []lap.Cell) []stat.Block {
	by := map[int64]stat.Block{}
	for _, c := range cells {
		b := by[c.Start]
		b.Sum += float64(c.Good)
		b.Weight = float64(c.Length) / 1e9 // the same for all routes
		by[c.Start] = b
	}
	var starts []int64
	for at := range by {
		starts = append(starts, at)
	}
	slices.Sort(starts)
	var out []stat.Block
	for _, at := range starts {
		out = append(out, by[at])
	}
	return out
}
