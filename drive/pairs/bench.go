package pairs

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"

	"pitwall/analyze/bench"
	core "pitwall/core/bench"
	runs "pitwall/core/run"
	"pitwall/probe/clock"
	"pitwall/probe/machine"
)

// mostPad is how far the environment is padded: enough to move the stack over
// a page and every cache line in it (Mytkowicz et al. 2009, ASPLOS).
const mostPad = 4096

// Bench is a run of benchmarks: a design and something to measure for each
// benchmark of it.
type Bench struct {
	Design   bench.Design
	Subjects []Subject                               // by benchmark
	Spoilt   func(before, after runs.Reading) string // why a unit's times are not to be used; empty when they are. nil: they always are
	Sink     func(Step)
}

// Step says how far a run is.
type Step struct {
	Benchmark string
	Arm       string
	Round     int // from 0
	Most      int // rounds at most
	Done      int // units measured
	Total     int // units at most
	Text      string
}

// Failure is a benchmark that could not be measured.
type Failure struct {
	Benchmark string
	Arm       string // empty when there is one version only
	Err       error
}

// Error is "BENCHMARK: VERSION: CAUSE".
func (f *Failure) Error() string { return f.Benchmark + ": " + f.Text() }

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Text is the cause, with the version when there are several.
func (f *Failure) Text() string {
	if f.Arm == "" {
		return f.Err.Error()
	}
	return f.Arm + ": " + f.Err.Error()
}

// Hint is what the cause says to do about it; empty when it knows nothing.
func (f *Failure) Hint() string {
	var advised interface{ Advice() string }
	if errors.As(f.Err, &advised) {
		return advised.Advice()
	}
	return ""
}

// failure names the version that failed. The control is the first version
// again, so its failure is that one's.
func (b Bench) failure(ask bench.Ask, err error) *Failure {
	f := &Failure{Benchmark: b.Design.Benchmarks[ask.Benchmark].Name, Err: err}
	for _, arm := range b.Design.Arms {
		if arm.Role == core.New && arm.Name != b.Design.Arms[0].Name {
			f.Arm = strings.TrimSuffix(b.Design.Arms[ask.Arm].Name, core.Again)
		}
	}
	return f
}

// Run measures until everything is decided or the design's rounds are used up,
// and returns the trial, which knows the results. A benchmark that cannot be
// measured is refused, with its failure beside, and the others go on. A
// cancelled context gives what there is with its error.
func (b Bench) Run(ctx context.Context) (*bench.Trial, []*Failure, error) {
	trial := bench.NewTrial(b.Design)
	random := rand.New(rand.NewPCG(b.Design.Seed, 0xbe9c4))
	var failures []*Failure
	place, refused := 0, map[int]bool{}
	for asks := trial.Next(); len(asks) > 0; asks = trial.Next() {
		for i, ask := range asks {
			if refused[ask.Benchmark] {
				continue
			}
			b.report(ask, place, len(asks)-i, len(asks), trial)
			turn := Turn{Arm: ask.Arm, Round: ask.Round, Place: place, Seed: b.Design.Seed + uint64(ask.Round), Pad: random.IntN(mostPad)}
			u, err := b.measure(ctx, ask, turn)
			if ctx.Err() != nil {
				return trial, failures, ctx.Err()
			}
			if err != nil {
				f := b.failure(ask, err)
				failures = append(failures, f)
				trial.Refuse(ask.Benchmark, f.Text(), f.Hint())
				refused[ask.Benchmark] = true
				continue
			}
			trial.Add(ask.Benchmark, u)
			place++
		}
	}
	return trial, failures, nil
}

// measure runs one unit and adds what the loop knows of it.
func (b Bench) measure(ctx context.Context, ask bench.Ask, turn Turn) (core.Unit, error) {
	before, start := machine.Read(), clock.Now()
	u, err := b.Subjects[ask.Benchmark].Measure(ctx, turn)
	if err != nil {
		return u, err
	}
	after := machine.Read()
	u.Benchmark, u.Arm, u.Round, u.Place = b.Design.Benchmarks[ask.Benchmark].Name, turn.Arm, turn.Round, turn.Place
	u.Start, u.End = start, clock.Now()
	u.Drift = before.Until(after, runtime.NumCPU())
	if b.Spoilt != nil && u.Discarded == "" {
		u.Discarded = b.Spoilt(before, after)
	}
	return u, nil
}

// report says how far the run is: left units of this round, of so many in all.
func (b Bench) report(ask bench.Ask, place, left, all int, trial *bench.Trial) {
	if b.Sink == nil {
		return
	}
	round, most := trial.Rounds()
	b.Sink(Step{Benchmark: b.Design.Benchmarks[ask.Benchmark].Name, Arm: b.Design.Arms[ask.Arm].Name, Round: ask.Round, Most: most,
		Done: place, Total: place + left + max(0, most-round)*all})
}
