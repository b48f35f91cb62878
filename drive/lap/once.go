package lap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/probe/load"
	"pitwall/probe/machine"
)

// Short is one boot of a comparison: how long to do what. A stage of no
// length is left out.
type Short struct {
	Warm, Closed, Solo, Load time.Duration
	Rate                     float64 // offered in Load
}

// Once boots the app for one arm of a comparison, measures it as s says and
// takes it down. It holds no lock: see Lock. The sustained throughput is 0
// without a Closed stage.
func Once(ctx context.Context, o Options, s Short) (ev *core.Evidence, sustained float64, err error) {
	t := &turn{o: o, budget: budget{warm: s.Warm, closed: s.Closed, solo: s.Solo, open: s.Load}, rate: s.Rate,
		ev: &core.Evidence{App: o.Spec.App, Windows: []core.Window{}, Cells: []core.Cell{}, Findings: []finding.Finding{},
			Notes: []string{}, Boot: []core.Stage{}, Machine: machine.Facts()}, before: machine.Read()}
	t.o.Share = 1 // so that the rate settled by saturate is the throughput itself
	ctx, cancel := context.WithCancelCause(ctx)
	defer t.release(cancel)
	for _, stage := range t.shortStages(s) {
		if err := t.ended(ctx, stage.run(ctx, cancel)); err != nil {
			return t.ev, 0, fmt.Errorf("%s: %w", stage.name, err)
		}
	}
	if t.app.Agent != nil {
		t.ev.Requests = t.app.Agent.Log()
	}
	t.ev.Findings = append(t.ev.Findings, t.outside.findings(t.mayTalkTo)...)
	t.ev.Routes = storable(t.ev.Routes)
	if s.Closed > 0 {
		sustained = t.rate
	}
	return t.ev, sustained, nil
}

func (t *turn) shortStages(s Short) []stage {
	plain := func(f func(context.Context) error) func(context.Context, context.CancelCauseFunc) error {
		return func(ctx context.Context, _ context.CancelCauseFunc) error { return f(ctx) }
	}
	list := []stage{{"boot", t.boot}, {"safety", plain(t.look)}, {"calls", plain(t.hear)}, {"answers", plain(t.shakeDown)}, {"warm-up", plain(t.warm)}}
	if s.Solo > 0 {
		list = append(list, stage{"own work", plain(t.solo)})
	}
	if s.Closed > 0 {
		list = append(list, stage{"saturation", plain(t.saturate)})
	}
	if s.Load > 0 {
		list = append(list, stage{"load", plain(t.load)})
	}
	return list
}

// hear listens for calls to other hosts that the agent refused.
func (t *turn) hear(context.Context) error {
	if t.app.Agent != nil {
		t.app.Agent.OnOutgoing(t.outside.refused)
	}
	return nil
}

// load offers the rate of the other arm for one bare window.
func (t *turn) load(ctx context.Context) error {
	if !(t.rate > 0) {
		return errors.New("there is no rate to offer")
	}
	_, err := t.run(ctx, load.Stage{Window: core.Window{Kind: core.Bare, Rate: t.rate}, Duration: t.budget.open}, false, false)
	return err
}

// Lock keeps other laps off the machine until unlock is called; joined says
// whether one ran beside us all the same.
func Lock(ctx context.Context, o Options) (unlock func(), joined func() bool, err error) {
	l, err := lockMachine(ctx, o.Wait, o.Force)
	if err != nil && l != nil {
		l.release()
	}
	if err != nil {
		return nil, nil, err
	}
	return l.release, l.joined, nil
}
