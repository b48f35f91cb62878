package warmup

import (
	"fmt"
	"math"
	"slices"

	"pitwall/analyze/change"
	"pitwall/core/bench"
	"pitwall/core/unit"
)

// How blocks are classified (Barrett, Bolz-Tereick, Killick, Mount and Tratt
// 2017, Proc. ACM Program. Lang. 1, OOPSLA, 52; its code is warmup_stats).
const (
	LeastBlocks = 12 // fewer are not judged

	window  = 200   // blocks around one that say whether it is an outlier
	beyond  = 3     // times the distance of the 10th and the 90th percentile from the median
	floor   = 0.001 // least spread of a level that is believed, of the median
	share   = 0.02  // of the last level's mean: levels that differ by less are the same
	longest = 400   // blocks that are cut; of more, neighbours are joined
	quarter = 4     // a level that differs within the last 1/quarter of the blocks means no steady state
)

// Classify says how a process warmed up, from all its timed blocks in order.
// It does not change them. Outliers are set aside, change points in mean and
// spread cut the rest into levels, and the last level is the reference. An
// earlier one is the same where its mean is within one standard deviation of
// the reference, or 2 % of it if that is more (the original takes the variance,
// which is no time, or a millisecond, which is many calls). The steady state
// begins after the last level that is not the same. Took is -1 where it never
// began or cannot be told.
func Classify(blocks []bench.Block) bench.WarmUp {
	kept := perCall(blocks)
	if len(kept) < LeastBlocks {
		return bench.WarmUp{Class: bench.Unjudged, Took: -1, Why: fmt.Sprintf("%d timed blocks, the rule needs %d", len(kept), LeastBlocks)}
	}
	levels := cut(joined(setAside(kept)))
	w := judge(levels, len(blocks))
	if w.Class != bench.Unsteady {
		w.Took = 0
		for _, b := range blocks[:w.First] {
			w.Took += max(0, b.Wall)
		}
	}
	return w
}

// Steady says whether a process may stop collecting blocks: it has a steady
// state, of LeastBlocks blocks at least, that has lasted half as long as what
// came before it. A stair of a long warm-up looks no different while it lasts,
// so a caller that expects one sets a least time of its own. Asking is
// Classify: about a millisecond for 60 blocks, at most thirty.
func Steady(blocks []bench.Block) bool {
	w := Classify(blocks)
	if w.Class == bench.Unsteady || w.Class == bench.Unjudged || len(blocks)-w.First < LeastBlocks {
		return false
	}
	after := int64(0)
	for _, b := range blocks[w.First:] {
		after += max(0, b.Wall)
	}
	return 2*after >= w.Took
}

// timed is a block's time a call, with its index among all blocks.
type timed struct {
	at      int
	seconds float64
}

// perCall leaves out blocks without a call or a time.
func perCall(blocks []bench.Block) []timed {
	out := make([]timed, 0, len(blocks))
	for i, b := range blocks {
		if b.Calls > 0 && b.Wall > 0 {
			out = append(out, timed{i, float64(b.Wall) / float64(b.Calls) / 1e9})
		}
	}
	return out
}

// setAside drops blocks that are far outside what is usual around them, such
// as one with a garbage collection that others have not. The blocks at the
// beginning stay, however far outside: a cold start is what is asked for.
func setAside(y []timed) []timed {
	kept := make([]timed, 0, len(y))
	var around []float64 // sorted
	first, from, to := true, 0, 0
	for i, v := range y {
		a := max(0, min(i-window/2, len(y)-window))
		for ; to < min(len(y), a+window); to++ {
			place, _ := slices.BinarySearch(around, y[to].seconds)
			around = slices.Insert(around, place, y[to].seconds)
		}
		for ; from < a; from++ {
			place, _ := slices.BinarySearch(around, y[from].seconds)
			around = slices.Delete(around, place, place+1)
		}
		usual := math.Abs(v.seconds-middle(around)) <= beyond*(at(around, 0.9)-at(around, 0.1))
		first = first && !usual
		if usual || first {
			kept = append(kept, v)
		}
	}
	return kept
}

// joined takes the mean of neighbours until few enough are left, since cutting
// takes time with the square of their number.
func joined(y []timed) []timed {
	by := (len(y) + longest - 1) / longest
	if by <= 1 {
		return y
	}
	out := make([]timed, 0, longest)
	for group := range slices.Chunk(y, by) {
		one := timed{at: group[0].at}
		for _, v := range group {
			one.seconds += v.seconds / float64(len(group))
		}
		out = append(out, one)
	}
	return out
}

// at is the quantile of sorted values.
func at(sorted []float64, q float64) float64 {
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// level is a stretch of blocks between two change points.
type level struct {
	at       int // index of its first block
	mean, sd float64
}

// cut finds the levels. Times are divided by their median, so that the least
// spread that counts is the same for nanoseconds and
// minutes.
func cut(y []timed) []level {
	x := make([]float64, len(y))
	for i, v := range y {
		x[i] = v.seconds
	}
	scale := middle(slices.Sorted(slices.Values(x)))
	for i := range x {
		x[i] /= scale
	}
	ends := append(change.Segments{Cost: change.MeanSpread, Floor: floor}.PELT(x), len(x))
	var levels []level
	from := 0
	for _, to := range ends {
		l := level{at: y[from].at}
		for _, v := range x[from:to] {
			l.mean += v / float64(to-from)
		}
		for _, v := range x[from:to] {
			l.sd += (v - l.mean) * (v - l.mean) / float64(to-from)
		}
		l.mean, l.sd = l.mean*scale, math.Sqrt(l.sd)*scale
		levels = append(levels, l)
		from = to
	}
	levels[0].at = 0
	return levels
}

// judge walks back from the last level.
func judge(levels []level, n int) bench.WarmUp {
	last := levels[len(levels)-1]
	tolerance := max(last.sd, share*last.mean)
	w := bench.WarmUp{Class: bench.Flat, Took: -1}
	for _, l := range levels[1:] {
		w.Points = append(w.Points, l.at)
	}
	differs := -1 // the last level that is not the reference's
	faster, slower := false, false
	for i, l := range levels {
		switch {
		case l.mean < last.mean-tolerance:
			faster, differs = true, i
		case l.mean > last.mean+tolerance:
			slower, differs = true, i
		}
	}
	if differs < 0 {
		w.Why = fmt.Sprintf("the same level over all %d blocks", n)
		return w
	}
	since, before := levels[differs+1].at, levels[differs]
	moved := fmt.Sprintf("%s to %s a call", unit.Seconds(before.mean), unit.Seconds(last.mean))
	switch {
	case since > n-n/quarter:
		w.Class = bench.Unsteady
		w.Why = fmt.Sprintf("the level still changed at block %d of %d, from %s", since+1, n, moved)
		return w
	case faster && slower:
		w.Class = bench.Slowdown
		w.Why = fmt.Sprintf("the level went up and down until block %d of %d, and was faster before: last from %s", since+1, n, moved)
	case faster:
		w.Class = bench.Slowdown
		w.Why = fmt.Sprintf("became slower until block %d of %d, last from %s", since+1, n, moved)
	case slower:
		w.Class = bench.WarmedUp
		w.Why = fmt.Sprintf("became faster until block %d of %d, last from %s", since+1, n, moved)
	}
	w.First = since
	return w
}
