package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"pitwall/analyze/warmup"
	core "pitwall/core/bench"
	"pitwall/core/unit"
	"pitwall/probe/ruby/worker"
)

// Pace says how one process is measured. The zero value is usable.
type Pace struct {
	Steady time.Duration // steady state to be timed; 500 ms when 0
	Limit  time.Duration // for all timing of a process that does not become steady; 10 s when 0
	Call   time.Duration // a call that takes longer hangs; worker.DefaultLimit when 0
	GC     string        // "natural" when empty, "between", "off"
	Warm   bool          // Process.warmup after setup, where Ruby has it
	Count  bool          // counters only: nothing is timed

	accepted bool // it was well above the loop's cost before
}

const (
	steady    = 500 * time.Millisecond
	mostTimed = 10 * time.Second
	batch     = 10 * time.Millisecond // at least, so that reading the clock is no part of it
	primed    = 200                   // single calls, more than any JIT waits for: YJIT 30, JRuby 50
	primeTime = 20 * time.Millisecond
	largest   = 1 << 30 // calls of a batch
	worth     = 10      // times the empty loop that a body must take
)

// one measures the subject of one worker.
type one struct {
	pace   Pace
	worker *worker.Worker
	items  func(n int64) any // of a batch; nil: none
	around around            // nil: nothing
	served bool              // a request or a job: real work however short, of which the loop is only taken off
	blocks []core.Block
	minor  []int64 // by block
	major  []int64
	unit   core.Unit
}

// around lays out n calls before the clock starts, has them made, and puts
// back what they did when it has stopped.
type around func(ctx context.Context, n int64, calls func() error) error

func (o *one) with(ctx context.Context, n int64, calls func() error) error {
	if o.around == nil {
		return calls()
	}
	return o.around(ctx, n, calls)
}

// measure loads a subject, counts, times it until it was steady for long
// enough, and ends the worker. items are what each call of a batch is given;
// nil for none. Loaded.Facts are handed to facts, which may be nil.
func (p Pace) measure(ctx context.Context, w *worker.Worker, l worker.Load, items func(n int64) any, facts func(json.RawMessage) error, a around) (core.Unit, error) {
	o := &one{pace: p, worker: w, items: items, around: a, served: l.Kind == "rack" || l.Kind == "job"}
	o.unit = core.Unit{Values: map[core.Metric]float64{}, Blocks: []core.Block{}, Overhead: -1, Ruby: w.Hello().Ruby}
	o.unit.WarmUp = core.WarmUp{Class: core.Unjudged, Took: -1, Why: "nothing was timed"}
	l.GC, l.Warm = p.gc(), p.Warm
	o.unit.GC = core.GC{Mode: l.GC, Share: -1, Minor: -1, Major: -1}
	err := o.steps(ctx, l, facts)
	end, closing := w.Close(ctx)
	if err == nil {
		err = closing
	}
	if err != nil {
		return core.Unit{}, err
	}
	if end.Peak > 0 {
		o.unit.Values[core.Memory] = float64(end.Peak)
	}
	return o.unit, nil
}

func (p Pace) gc() string {
	if p.GC == "" {
		return "natural"
	}
	return p.GC
}

func (o *one) steps(ctx context.Context, l worker.Load, facts func(json.RawMessage) error) error {
	loaded, err := o.worker.Load(ctx, l)
	if err != nil {
		return err
	}
	o.unit.Notes = append(o.unit.Notes, loaded.Notes...)
	if facts != nil {
		if err := facts(loaded.Facts); err != nil {
			return err
		}
	}
	per, err := o.count(ctx)
	if err != nil || o.pace.Count {
		return err
	}
	if err := o.time(ctx, per); err != nil {
		return err
	}
	overhead, err := o.worker.Overhead(ctx)
	if err != nil {
		return err
	}
	o.unit.Overhead = overhead
	return o.reduce()
}

// count fills in the counters and says how long a watched call took.
func (o *one) count(ctx context.Context) (time.Duration, error) {
	c := worker.Counting{}
	if o.items != nil {
		c.Items = o.items(20)
	}
	var counts worker.Counts
	err := o.with(ctx, 20, func() (err error) {
		counts, err = o.worker.Count(ctx, c)
		return err
	})
	if err != nil {
		return 0, err
	}
	for metric, value := range map[core.Metric]float64{core.Objects: counts.Objects, core.Bytes: counts.Bytes, core.Statements: counts.Statements} {
		if value >= 0 {
			o.unit.Values[metric] = value
		}
	}
	o.unit.Digest = counts.Digest
	o.unit.Notes = append(o.unit.Notes, counts.Notes...)
	if counts.Why != "" {
		o.unit.Notes = append(o.unit.Notes, "results are not compared: "+counts.Why)
	}
	return time.Duration(counts.Watched.Wall / max(1, counts.Watched.Calls)), nil
}

// time runs batches until the last of them are a steady state that has lasted
// long enough, or the limit is reached.
func (o *one) time(ctx context.Context, per time.Duration) error {
	n, spent, err := o.calibrate(ctx, per)
	if err != nil {
		return err
	}
	limit, want := o.pace.Limit, o.pace.Steady
	if limit == 0 {
		limit = mostTimed
	}
	if want == 0 {
		want = steady
	}
	next := 0 // blocks at which to ask again
	for {
		b, err := o.batch(ctx, vary(n, len(o.blocks)))
		if err != nil {
			return err
		}
		o.keep(b)
		spent += time.Duration(b.Wall)
		if time.Duration(b.Wall) < batch/2 && n < largest { // it became faster
			n *= 2
		}
		if spent >= limit {
			break
		}
		if spent < want || len(o.blocks) < next {
			continue
		}
		next = len(o.blocks) + 1 + len(o.blocks)/16
		if warmup.Steady(o.blocks) && o.lasted() >= want {
			break
		}
	}
	o.unit.Blocks, o.unit.WarmUp = o.blocks, warmup.Classify(o.blocks)
	return nil
}

// lasted is how long the steady state is.
func (o *one) lasted() time.Duration { return time.Duration(lasted(o.blocks)) }

// vary is n calls, or a sixteenth more or less, so that no JIT specialises on
// one count.
func vary(n int64, turn int) int64 {
	return n + n/16*int64([...]int{0, 1, -1}[turn%3])
}

func (o *one) batch(ctx context.Context, n int64) (worker.Batch, error) {
	var items any
	if o.items != nil {
		items = o.items(n)
	}
	var b worker.Batch
	err := o.with(ctx, n, func() (err error) {
		b, err = o.worker.Batch(ctx, n, items)
		return err
	})
	return b, err
}

func (o *one) keep(b worker.Batch) {
	o.blocks = append(o.blocks, core.Block{Calls: b.Calls, Wall: b.Wall, CPU: b.CPU, GC: b.GC})
	o.minor, o.major = append(o.minor, b.Minor), append(o.major, b.Major)
}

// calibrate finds how many calls take as long as a batch should. What it runs
// for that is the first block: nothing that was timed is thrown away.
func (o *one) calibrate(ctx context.Context, per time.Duration) (int64, time.Duration, error) {
	if per >= batch {
		return 1, 0, nil
	}
	var items any
	if o.items != nil {
		items = o.items(primed)
	}
	var all worker.Batch
	err := o.with(ctx, primed, func() (err error) {
		all, err = o.worker.Prime(ctx, primed, primeTime, items)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	n := int64(1)
	for n < largest {
		b, err := o.batch(ctx, n)
		if err != nil {
			return 0, 0, err
		}
		all = sum(all, b)
		if time.Duration(b.Wall) >= batch {
			break
		}
		n *= 2
	}
	o.keep(all)
	return n, time.Duration(all.Wall), nil
}

func sum(a, b worker.Batch) worker.Batch {
	known := func(x, y int64) int64 {
		if x < 0 || y < 0 {
			return -1
		}
		return x + y
	}
	return worker.Batch{Calls: a.Calls + b.Calls, Wall: a.Wall + b.Wall, CPU: known(a.CPU, b.CPU), GC: known(a.GC, b.GC),
		Minor: known(a.Minor, b.Minor), Major: known(a.Major, b.Major)}
}

// reduce makes one number a metric of the steady blocks: the median of their
// seconds a call, less the loop's own.
func (o *one) reduce() error {
	from := o.unit.WarmUp.First
	blocks := o.blocks[from:]
	overhead := max(0, o.unit.Overhead)
	least := o.pace.worth()
	if o.served {
		least = 1
	}
	if body := quickest(blocks) - overhead; body < least*overhead {
		return &worker.RefusedError{
			What: fmt.Sprintf("the body takes %s, an empty turn of the loop around it %s: a time below %g of those is not told from none", unit.Seconds(max(0, body)), unit.Seconds(overhead), least),
			Hint: "do more work in a call, such as 100.times { ... }; check that the body does anything at all",
		}
	}
	wall := perCall(blocks, func(b core.Block) int64 { return b.Wall }) - overhead
	o.unit.Values[core.Time] = wall
	cpu := perCall(blocks, func(b core.Block) int64 { return b.CPU })
	if cpu >= 0 {
		o.unit.Values[core.CPU] = max(0, cpu-overhead)
	}
	o.collections(from)
	return nil
}

// quickest is the least of the blocks' seconds a call, of CPU time where that
// is known: on a busy machine the clock makes any body look worth timing.
func quickest(blocks []core.Block) float64 {
	least := math.Inf(1)
	for _, b := range blocks {
		ns := b.Wall
		if b.CPU > 0 {
			ns = min(ns, b.CPU)
		}
		least = min(least, float64(ns)/float64(b.Calls)/1e9)
	}
	return least
}

// worth is how many empty turns of the loop a body must take. One that was
// accepted is not refused later in the run for a little noise.
func (p Pace) worth() float64 {
	if p.accepted {
		return worth / 2
	}
	return worth
}

// perCall is the median over blocks of seconds a call; -1 when unknown.
func perCall(blocks []core.Block, of func(core.Block) int64) float64 {
	var all []float64
	for _, b := range blocks {
		ns := of(b)
		if ns < 0 {
			return -1
		}
		all = append(all, float64(ns)/float64(b.Calls)/1e9)
	}
	if len(all) == 0 {
		return -1
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// collections sums up what the garbage collector did in the steady state.
func (o *one) collections(from int) {
	var all worker.Batch
	for i := from; i < len(o.blocks); i++ {
		b := o.blocks[i]
		all = sum(all, worker.Batch{Calls: b.Calls, Wall: b.Wall, CPU: b.CPU, GC: b.GC, Minor: o.minor[i], Major: o.major[i]})
	}
	o.unit.GC.Minor, o.unit.GC.Major = all.Minor, all.Major
	if all.GC >= 0 && all.CPU > 0 {
		o.unit.GC.Share = float64(all.GC) / float64(all.CPU)
	}
	if all.Minor >= 0 && all.Major >= 0 && all.Calls > 0 {
		o.unit.Values[core.Collections] = float64(all.Minor+all.Major) / float64(all.Calls)
	}
}
