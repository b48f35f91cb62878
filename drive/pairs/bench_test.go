package pairs

import (
	"context"
	"errors"
	"testing"

	"pitwall/analyze/bench"
	core "pitwall/core/bench"
	runs "pitwall/core/run"
	"pitwall/core/stat"
)

// known is a subject of which the answer is known: its new version works
// factor times as long.
type known struct {
	factor float64
	err    error
	after  func(Turn)
	turns  *[]Turn
}

func (k known) Measure(ctx context.Context, t Turn) (core.Unit, error) {
	if err := ctx.Err(); err != nil {
		return core.Unit{}, err
	}
	*k.turns = append(*k.turns, t)
	if k.after != nil {
		k.after(t)
	}
	time := 1 + .001*float64(t.Place*7%5)
	if t.Arm == 1 {
		time *= k.factor
	}
	return core.Unit{Values: map[core.Metric]float64{core.Time: time}}, k.err
}

func design(names ...string) bench.Design {
	d := bench.Design{Seed: 5, Arms: []core.Arm{{Name: "main", Role: core.Old}, {Name: "this tree", Role: core.New}, {Name: "main again", Role: core.Control}}}
	for _, n := range names {
		d.Benchmarks = append(d.Benchmarks, bench.Plan{Name: n})
	}
	return d
}

func TestBenchmarksAreMeasuredTogether(t *testing.T) {
	var turns []Turn
	var steps []Step
	b := Bench{Design: design("worse", "same", "broken"), Sink: func(s Step) { steps = append(steps, s) },
		Subjects: []Subject{known{factor: 1.5, turns: &turns}, known{factor: 1, turns: &turns}, known{err: errors.New("it raises"), turns: &turns}}}
	trial, failures, err := b.Run(context.Background())
	out := trial.Result()
	if err != nil || len(failures) != 1 || failures[0].Benchmark != "broken" || out[2].Refused == "" {
		t.Fatalf("%v %v %+v", err, failures, out[2])
	}
	if out[0].Changes[0].Verdict != stat.Worse || out[1].Changes[0].Verdict != stat.Same {
		t.Errorf("%+v %+v", out[0].Changes, out[1].Changes)
	}
	pads, seeds := map[int]bool{}, map[int]uint64{}
	for _, turn := range turns {
		pads[turn.Pad] = true
		if s, ok := seeds[turn.Round]; ok && s != turn.Seed {
			t.Errorf("round %d draws with two seeds", turn.Round)
		}
		seeds[turn.Round] = turn.Seed
	}
	if len(pads) < len(turns)/2 || len(steps) != len(turns) || steps[0].Total < steps[0].Done || steps[0].Most != 20 {
		t.Errorf("%d paddings in %d turns, %d steps, %+v", len(pads), len(turns), len(steps), steps[0])
	}
	for i, u := range out[1].Units {
		if u.Benchmark != "same" || u.End < u.Start || u.Drift.Seconds < 0 || i > 0 && u.Place <= out[1].Units[i-1].Place {
			t.Errorf("%+v", u)
		}
	}
}

func TestAnInterruptedRunGivesWhatThereIs(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var turns []Turn
	b := Bench{Design: design("one"), Subjects: []Subject{known{factor: 2, turns: &turns, after: func(t Turn) {
		if t.Place == 9 {
			cancel()
		}
	}}}}
	trial, _, err := b.Run(ctx)
	out := trial.Result()
	if !errors.Is(err, context.Canceled) || len(out[0].Units) != 9 || out[0].Changes[0].Verdict != stat.Undecided {
		t.Errorf("%v, %d units, %+v", err, len(out[0].Units), out[0].Changes)
	}
}

func TestSpoiltUnitsAreMarked(t *testing.T) {
	var turns []Turn
	b := Bench{Design: design("one"), Subjects: []Subject{known{factor: 1, turns: &turns}},
		Spoilt: func(before, after runs.Reading) string { return "all stolen" }}
	trial, _, err := b.Run(context.Background())
	out := trial.Result()
	if err != nil || out[0].Units[0].Discarded != "all stolen" || out[0].Changes[0].Verdict != stat.Undecided {
		t.Errorf("%v %+v", err, out[0].Changes)
	}
}
