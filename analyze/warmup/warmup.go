// Package warmup tells by rule when an app answers as it will go on
// answering: not after a fixed number of requests, but when the latency of
// consecutive blocks of time no longer moves.
package warmup

import (
	"fmt"
	"math"
	"slices"

	"pitwall/core/lap"
)

// The rule: over the last Blocks blocks the latency has no trend and no step.
const (
	Blocks = 6 // judged together

	// A trend is Kendall's S of at least 11 among 6 values: two-sided
	// probability 0.056 without one (Kendall, Rank Correlation Methods,
	// appendix table 1) ...
	trend = 11
	// ... unless all of it is no more than this ratio of the latency.
	small = 0.02
	// A step parts the blocks in two, at least two on each side, one side
	// wholly above the other and the medians at least this ratio apart.
	step = 0.10
)

// Verdict is what the rule says of a warm-up.
type Verdict struct {
	Steady bool    `json:"steady"`
	TookNS int64   `json:"took_ns"`      // from the first block to the end of the last that was needed; 0 unless steady
	Change float64 `json:"change_ratio"` // of the latency over the judged blocks, -0.1: fell by a tenth; 0 when it cannot be said
	Why    string  `json:"why"`          // one sentence
}

// Judge looks at the cells of a warm-up, in any order, and says when it first
// was steady. Ask it after each block, or once at the end.
func Judge(cells []lap.Cell) Verdict {
	blocks := split(cells)
	v := Verdict{Why: fmt.Sprintf("%d blocks of time, the rule needs %d", len(blocks), Blocks)}
	for end := Blocks; end <= len(blocks); end++ {
		v = rule(levels(blocks[end-Blocks : end]))
		if v.Steady {
			last := blocks[end-1]
			v.TookNS = last.start + last.length - blocks[0].start
			return v
		}
	}
	return v
}

// block is one block of time: the median latency of each route in it.
type block struct {
	start, length int64
	routes        map[string]median
}

type median struct {
	log float64 // of the median in ns
	n   float64 // answers
}

// split sorts cells into blocks of time.
func split(cells []lap.Cell) []block {
	at := map[int64]int{}
	var blocks []block
	for _, c := range cells {
		i, ok := at[c.Start]
		if !ok {
			i = len(blocks)
			at[c.Start] = i
			blocks = append(blocks, block{c.Start, c.Length, map[string]median{}})
		}
		if c.Done == 0 || c.Service.Count() == 0 {
			continue
		}
		low, high := c.Service.Quantile(0.5)
		mid := max(1, (float64(low)+float64(high))/2)
		blocks[i].routes[c.Route] = median{math.Log(mid), float64(c.Service.Count())}
	}
	slices.SortFunc(blocks, func(a, b block) int { return int(min(1, max(-1, a.start-b.start))) })
	return blocks
}

// levels is the latency of each block relative to the others, as a logarithm:
// each route against its own mean, so that the mix of routes in a block plays
// no part, then the mean over the routes, each as often as it was asked. NaN
// marks a block without a route that others can be compared with.
func levels(blocks []block) []float64 {
	sum, weight, seen := map[string]float64{}, map[string]float64{}, map[string]int{}
	for _, b := range blocks {
		for name, m := range b.routes {
			sum[name] += m.log * m.n
			weight[name] += m.n
			seen[name]++
		}
	}
	out := make([]float64, len(blocks))
	for i, b := range blocks {
		total, n := 0.0, 0.0
		for name, m := range b.routes {
			if seen[name]*2 > len(blocks) { // in most blocks, or its mean says nothing
				total += (m.log - sum[name]/weight[name]) * m.n
				n += m.n
			}
		}
		out[i] = total / n // 0/0 is NaN
	}
	return out
}

// rule judges the levels of consecutive blocks.
func rule(y []float64) Verdict {
	if slices.ContainsFunc(y, math.IsNaN) {
		return Verdict{Why: "a block of time had no answers to compare"}
	}
	s := kendall(y)
	change := math.Expm1(theilSen(y) * float64(len(y)-1))
	v := Verdict{Change: change}
	jump := math.Expm1(jump(y))
	switch {
	case math.Abs(float64(s)) >= trend && math.Abs(change) > small:
		v.Why = fmt.Sprintf("latency is still changing: %+.0f %% over %d blocks", 100*change, len(y))
	case math.Abs(jump) > step:
		v.Change = jump
		v.Why = fmt.Sprintf("latency made a step of %+.0f %% within %d blocks", 100*jump, len(y))
	default:
		v.Steady = true
		v.Why = fmt.Sprintf("no trend and no step in latency over %d blocks", len(y))
	}
	return v
}

// jump is the largest step, as the difference of the medians; 0 when there is
// none.
func jump(y []float64) float64 {
	largest := 0.0
	for at := 2; at <= len(y)-2; at++ {
		older, newer := slices.Sorted(slices.Values(y[:at])), slices.Sorted(slices.Values(y[at:]))
		apart := older[0] > newer[len(newer)-1] || newer[0] > older[len(older)-1]
		if by := middle(newer) - middle(older); apart && math.Abs(by) > math.Abs(largest) {
			largest = by
		}
	}
	return largest
}

// middle is the median of sorted values.
func middle(y []float64) float64 { return (y[(len(y)-1)/2] + y[len(y)/2]) / 2 }

// kendall is Kendall's S: pairs in rising order less pairs in falling order
// (Kendall, Biometrika 30, 1938).
func kendall(y []float64) int {
	s := 0
	for i := range y {
		for j := i + 1; j < len(y); j++ {
			switch {
			case y[j] > y[i]:
				s++
			case y[j] < y[i]:
				s--
			}
		}
	}
	return s
}

// theilSen is the median of the slopes between all pairs (Sen, Journal of the
// American Statistical Association 63, 1968).
func theilSen(y []float64) float64 {
	var slopes []float64
	for i := range y {
		for j := i + 1; j < len(y); j++ {
			slopes = append(slopes, (y[j]-y[i])/float64(j-i))
		}
	}
	slices.Sort(slopes)
	return middle(slopes)
}
