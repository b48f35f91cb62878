package lap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"pitwall/analyze/saturation"
	"pitwall/analyze/warmup"
	"pitwall/analyze/worthless"
	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/probe/clock"
	"pitwall/probe/load"
)

// requestID names a request so that the app's log and the agent's records can
// be joined to it: "pw-<seed>-<route>-<number>". Route -1 is the driver's own.
func requestID(seed uint64) func([]byte, int, uint64) []byte {
	prefix := fmt.Appendf(nil, "pw-%08x-", uint32(seed))
	return func(dst []byte, route int, seq uint64) []byte {
		dst = append(dst, prefix...)
		dst = strconv.AppendInt(dst, int64(route)+1, 10)
		dst = append(dst, '-')
		return strconv.AppendUint(dst, seq, 10)
	}
}

// routeOf is the inverse: the route's name; empty when the id is not ours.
func (t *turn) routeOf(id string) string {
	fields := bytes.Split([]byte(id), []byte("-"))
	if len(fields) != 4 || string(fields[0]) != "pw" {
		return ""
	}
	n, err := strconv.Atoi(string(fields[2]))
	if err != nil || n < 1 || n > len(t.ev.Routes) {
		return ""
	}
	return t.ev.Routes[n-1].Name
}

// shakeDown logs in and asks every route twice. Answers that would make the
// rest worthless end the lap here, with what mends them.
func (t *turn) shakeDown(ctx context.Context) error {
	if len(t.ev.Routes) == 0 {
		return &RefusedError{Reason: "there is no route to drive: list some under routes: in pitwall.yml"}
	}
	undo, _ := favour() // after the boot: what we start must not inherit it
	t.undo = append(t.undo, undo)
	t.say("answers", "asking every route twice (%d in all)", len(t.ev.Routes))
	driver, err := load.New(load.Config{Address: t.address, Routes: t.ev.Routes, Session: t.o.Spec.Session, Seed: t.o.Seed, ID: requestID(t.o.Seed), Close: true})
	if err != nil {
		return err
	}
	t.driver = driver
	off := t.hooksOn(ctx) // so that what calls elsewhere is known by its route
	out, err := t.driver.Run(ctx, load.Stage{Window: core.Window{Kind: core.Solo, Index: -1}, Duration: time.Minute, Each: 2})
	off()
	var login *load.LoginError
	if errors.As(err, &login) {
		return &RefusedError{Reason: login.Error(), Findings: t.worthless(ctx, nil)}
	}
	if err != nil {
		return err
	}
	found := t.worthless(ctx, out.Cells)
	t.ev.Findings = append(t.ev.Findings, found...)
	spoilt := map[string]bool{}
	for _, f := range found {
		if f.Severity == finding.Critical {
			spoilt[f.Subject] = true
		}
	}
	if spoilt["app"] || len(spoilt) >= len(t.ev.Routes) {
		return &RefusedError{Reason: "the app's answers would make every figure worthless", Findings: found}
	}
	start := *t.ev
	start.Routes = storable(start.Routes)
	return saveJSON(ctx, t.o.Journal, partStart, start)
}

// worthless judges the answers so far, and whether the pages' assets are there.
func (t *turn) worthless(ctx context.Context, cells []core.Cell) []finding.Finding {
	answers := t.driver.Answers()
	assets := []route.Answer{}
	for _, link := range worthless.Links(answers) {
		if a, err := t.driver.Fetch(ctx, link); err == nil {
			assets = append(assets, a)
		}
	}
	return worthless.Judge(worthless.Evidence{Routes: t.ev.Routes, Cells: cells, Answers: answers, Assets: assets})
}

// run drives one window, with the agent's hooks and the sampler on if the
// window is to be watched that way, and keeps what came of it.
func (t *turn) run(ctx context.Context, s load.Stage, hooks, sampler bool) (load.Outcome, error) {
	s.Window.Index = len(t.ev.Windows)
	if s.Block == 0 {
		s.Block = blockLength
	}
	if hooks {
		defer t.hooksOn(ctx)()
	}
	if sampler && t.recorder != nil {
		t.recorder.Resume()
		defer t.recorder.Pause()
	}
	out, err := t.driver.Run(ctx, s)
	if out.Window.End == 0 {
		return out, err
	}
	t.ev.Windows = append(t.ev.Windows, out.Window)
	t.ev.Cells = append(t.ev.Cells, out.Cells...)
	t.count(out)
	if e := saveWindow(context.WithoutCancel(ctx), t.o.Journal, out.Window, out.Cells); e != nil {
		err = errors.Join(err, e)
	}
	return out, err
}

// hooksOn switches the agent on and returns what switches it off again.
func (t *turn) hooksOn(ctx context.Context) func() {
	if t.app == nil || t.app.Agent == nil {
		return func() {}
	}
	if err := t.app.Agent.On(ctx); err != nil {
		t.note("switching the agent on: %v", err)
	}
	return func() {
		off, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := t.app.Agent.Off(off); err != nil {
			t.note("switching the agent off: %v", err)
		}
	}
}

// count keeps what driving cost, and what spoilt a window.
func (t *turn) count(out load.Outcome) {
	d := &t.ev.Driver
	d.Requests += out.Requests
	d.CPUNS += out.CPU
	if out.Lag != nil && out.Lag.Count() > 0 {
		_, high := out.Lag.Quantile(0.99)
		d.LagP99NS = max(d.LagP99NS, high)
	}
	if out.Window.Kind == core.Bare {
		t.bare.Add(out) // latency comes from these together, so they are judged together
		d.Invalid = t.bare.Invalid()
	}
	if out.Early != "" && out.Window.Kind != core.Warmup {
		t.note("window %d (%s) ended early: %s", out.Window.Index, out.Window.Kind, out.Early)
	}
}

// warm drives until the latency is steady by rule, or the time is up.
func (t *turn) warm(ctx context.Context) error {
	connections := t.threads()
	begin := clock.Now()
	out, err := t.run(ctx, load.Stage{Window: core.Window{Kind: core.Warmup, Connections: connections}, Duration: t.budget.warm, Block: time.Second,
		Until: func(cells []core.Cell) bool {
			t.tick("warm-up", begin, t.budget.warm)
			return warmup.Judge(cells).Steady
		}}, false, false)
	if err != nil {
		return err
	}
	v := warmup.Judge(out.Cells)
	t.ev.Steady, t.ev.WarmedNS = v.Steady, v.TookNS
	if v.Steady {
		t.say("warm-up", "steady after %.0f s", float64(v.TookNS)/1e9)
	} else {
		t.say("warm-up", "not steady after %.0f s: %s", t.budget.warm.Seconds(), v.Why)
	}
	return nil
}

// threads is how many requests the app can have in hand; 4 when unknown.
func (t *turn) threads() int {
	number := func(name string) int { n, _ := strconv.Atoi(t.ev.Setup.Facts[name]); return n }
	if n := max(1, number("puma.workers")) * number("puma.threads_max"); n > 0 {
		return min(n, 64)
	}
	return 4
}

// solo measures each route's own work: one request in flight, the agent on.
func (t *turn) solo(ctx context.Context) error {
	t.say("own work", "one request in flight for %.0f s", t.budget.solo.Seconds())
	_, err := t.run(ctx, load.Stage{Window: core.Window{Kind: core.Solo}, Duration: t.budget.solo}, true, false)
	return err
}

// saturate ramps a closed loop until more in flight gain nothing, and holds
// what was best: only the held step is a Closed window.
func (t *turn) saturate(ctx context.Context) error {
	var steps []saturation.Step
	deadline := clock.Now() + t.budget.closed.Nanoseconds()
	step := t.budget.closed / 10
	for {
		plan := saturation.Next(steps, t.threads())
		left := time.Duration(deadline - clock.Now())
		hold := plan.Hold || left < 4*step
		stage := load.Stage{Window: core.Window{Kind: core.Warmup, Connections: plan.Connections}, Duration: step}
		if hold {
			if !plan.Hold {
				plan.Connections = saturation.Enough(steps)
			}
			stage.Window = core.Window{Kind: core.Closed, Connections: plan.Connections}
			stage.Duration, stage.Block = max(left, 2*step), time.Second
			t.say("saturation", "holding %d requests in flight for %.0f s", plan.Connections, stage.Duration.Seconds())
		}
		out, err := t.run(ctx, stage, false, false)
		if err != nil {
			return err
		}
		if hold {
			t.offer(saturation.Sustained(out.Cells, 0.95).Point)
			return nil
		}
		steps = append(steps, saturation.Step{Connections: plan.Connections, Cells: out.Cells})
	}
}

// DefaultShare of the saturation throughput that open windows offer.
const DefaultShare = 0.5

// offer settles the rate of the open windows.
func (t *turn) offer(sustained float64) {
	share := t.o.Share
	if share == 0 {
		share = DefaultShare
	}
	t.rate = t.o.Rate
	if t.rate == 0 {
		t.rate = share * sustained
	}
	if t.o.Rate == 0 && share < 1 {
		t.say("saturation", "%.1f requests/s sustained; offering %.0f %% of it, %.1f/s", sustained, 100*share, t.rate)
	}
}

// drive runs the open-loop windows, bare and watched in turn.
func (t *turn) drive(ctx context.Context) error {
	if !(t.rate > 0) {
		return &RefusedError{Reason: "the app completed no good request in the closed loop: see the findings"}
	}
	watchable := t.recorder != nil || t.app != nil && t.app.Agent != nil
	kinds, length := openWindows(t.budget.open, watchable, t.o.Seed)
	begin := clock.Now()
	for _, kind := range kinds {
		t.tick("windows", begin, t.budget.open)
		watched := kind == core.Watched
		err := func() error {
			if watched && t.app != nil && t.app.Agent != nil {
				polling, stop := context.WithCancel(ctx)
				var poll sync.WaitGroup
				poll.Go(func() { t.pollStats(polling) })
				defer poll.Wait() // no question reaches into the next window
				defer stop()
			}
			_, err := t.run(ctx, load.Stage{Window: core.Window{Kind: kind, Rate: t.rate}, Duration: length}, watched, watched)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

// observe watches an attached app that somebody else drives.
func (t *turn) observe(ctx context.Context) error {
	t.ev.Routes = nil // somebody else drives: pitwall.yml's routes are not what is asked
	begin, total := clock.Now(), t.o.Time*9/10
	w := core.Window{Index: 0, Kind: core.Watched, Start: begin}
	if t.recorder != nil {
		t.recorder.Resume()
		defer t.recorder.Pause()
	}
	for time.Duration(clock.Now()-begin) < total && ctx.Err() == nil {
		t.tick("watching", begin, total)
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	w.End = clock.Now()
	t.ev.Windows = append(t.ev.Windows, w)
	if err := saveWindow(context.WithoutCancel(ctx), t.o.Journal, w, []core.Cell{}); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (t *turn) tick(stage string, begin int64, total time.Duration) {
	t.o.Sink(Event{Stage: stage, Done: time.Duration(clock.Now() - begin), Total: total})
}

// RandomSeed is a seed for a lap that was given none.
func RandomSeed() uint64 { return rand.Uint64() >> 12 } // fits a JSON number
