package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/analyze/warmup"
	core "pitwall/core/bench"
	reported "pitwall/core/request"
	"pitwall/drive/boot"
	"pitwall/drive/pairs"
	"pitwall/drive/supervise"
	"pitwall/probe/ruby/agent"
)

// The course of one unit over a socket.
const (
	checked      = 3  // requests whose answers are matched
	counted      = 10 // requests whose objects and statements are counted
	mostCalls    = 20_000
	helloTimeout = 20 * time.Second
)

// socketRoute measures a route from outside: each unit boots the app afresh
// and asks it over one connection, one request after the other.
type socketRoute struct {
	routeSubject
}

// Measure boots the app of an arm, sees that it answers as the others do,
// counts, and times single requests until they are steady.
func (s *socketRoute) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	app, err := s.boot(ctx, t)
	if err != nil {
		return core.Unit{}, err
	}
	defer app.Stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go watchDeath(ctx, app, cancel)
	u, err := s.measure(ctx, app, t)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if s.benchmark.Restore != "" {
		restored := restoreWith(context.WithoutCancel(ctx), s.benchmark.Restore, s.apps.Versions[t.Arm].Dir, app.Environment(*s.apps.Spec.Web()))
		err = cmp.Or(err, restored)
	}
	return u, err
}

// boot starts the app with its web process alone: others would work on what
// the requests leave behind, beside the clock.
func (s *socketRoute) boot(ctx context.Context, t pairs.Turn) (*boot.App, error) {
	o := s.apps.options(t.Arm, s.environment(t.Pad))
	o.Processes = []string{s.apps.Spec.Web().Name}
	o.Agent = &agent.Options{Allow: s.apps.Spec.Allow}
	return boot.Start(ctx, s.apps.app(t.Arm), o)
}

func watchDeath(ctx context.Context, app *boot.App, cancel context.CancelCauseFunc) {
	for {
		died := app.Died()
		if err := app.Dead(); err != nil {
			cancel(fmt.Errorf("the app died: %w", err))
			return
		}
		select {
		case <-died:
		case <-ctx.Done():
			return
		}
	}
}

func (s *socketRoute) measure(ctx context.Context, app *boot.App, t pairs.Turn) (core.Unit, error) {
	u := emptyUnit(t)
	if err := s.safe(ctx, app); err != nil {
		return u, err
	}
	l := newLine(app.Address)
	defer l.Close()
	run, err := s.enter(ctx, l, base(app.Address), t.Arm, t.Round, t.Seed)
	if err != nil {
		return u, err
	}
	digest, note, err := run.check(ctx, l, !s.route.Writes)
	if err != nil {
		return u, s.explain(err, app)
	}
	u.Digest, u.Notes = digest, noted(u.Notes, note)
	if err := s.count(ctx, app, l, run, &u); err != nil {
		return u, err
	}
	if !s.pace.Count {
		if err := s.time(ctx, app, l, run, &u); err != nil {
			return u, err
		}
	}
	return u, nil
}

// safe keeps a route that writes away from a database that nobody called
// disposable, unless something puts it back.
func (s *socketRoute) safe(ctx context.Context, app *boot.App) error {
	if !s.route.Writes || s.benchmark.Restore != "" {
		return nil
	}
	name := database(ctx, app)
	if name != "" && slices.Contains(s.apps.Spec.Disposable, name) {
		return nil
	}
	return &Error{Text: fmt.Sprintf("%s writes, and its database (%s) is not marked disposable", s.route.Name, cmp.Or(name, "unknown")),
		Hint: "add it under disposable: in pitwall.yml; or give the benchmark restore: with a command that puts the state back; or measure in process (over: rack), where a transaction is rolled back"}
}

// database is the name of the app's database; empty when it does not say.
func database(ctx context.Context, app *boot.App) string {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	if app.Agent.WaitHello(ctx, 1) != nil {
		return ""
	}
	setup, err := app.Agent.Setup(ctx)
	if err != nil {
		return ""
	}
	return setup.Facts["db.name"]
}

// count asks a few requests with the agent's hooks on. What is not heard
// stays unknown.
func (s *socketRoute) count(ctx context.Context, app *boot.App, l *line, run *tour, u *core.Unit) error {
	if err := app.Agent.On(ctx); err != nil {
		u.Notes = append(u.Notes, "the Ruby agent was not heard: objects and statements are unknown")
		return ctx.Err()
	}
	l.tagged = true
	for range counted {
		if _, _, err := run.once(ctx, l); err != nil {
			return err
		}
	}
	l.tagged = false
	if err := app.Agent.Off(ctx); err != nil {
		u.Notes = append(u.Notes, "the Ruby agent fell silent: objects and statements are unknown")
		return ctx.Err()
	}
	tally(app.Agent.Log().Requests, u.Values)
	return nil
}

// tally takes objects and statements from the agent's records of the counted
// requests: the second half of them, since the first ones fill caches.
func tally(all []reported.Request, values map[core.Metric]float64) {
	var mine []reported.Request
	for _, r := range all {
		if strings.HasPrefix(r.ID, tag) && r.Alone() {
			mine = append(mine, r)
		}
	}
	mine = mine[len(mine)/2:]
	if len(mine) == 0 {
		return
	}
	objects, statements := 0.0, 0.0
	for _, r := range mine {
		objects += float64(r.Objects)
		for _, st := range r.Statements {
			statements += float64(st.Count - st.Cached)
		}
	}
	values[core.Objects] = objects / float64(len(mine))
	values[core.Statements] = statements / float64(len(mine))
}

// time asks one request after the other for as long as a unit takes.
func (s *socketRoute) time(ctx context.Context, app *boot.App, l *line, run *tour, u *core.Unit) error {
	web := app.PID(s.apps.Spec.Web().Name)
	var meter meter
	meter.read(web, 0)
	want, limit := int64(cmp.Or(s.pace.Steady, steady)), int64(cmp.Or(s.pace.Limit, mostTimed))
	for spent, next := int64(0), 0; spent < limit && len(u.Blocks) < mostCalls; {
		if _, _, err := run.once(ctx, l); err != nil {
			return s.explain(err, app)
		}
		u.Blocks = append(u.Blocks, core.Block{Calls: 1, Wall: l.took, CPU: -1, GC: -1})
		meter.read(web, len(u.Blocks))
		if spent += l.took; spent < want || len(u.Blocks) < next {
			continue
		}
		next = len(u.Blocks) + 1 + len(u.Blocks)/16
		if warmup.Steady(u.Blocks) && lasted(u.Blocks) >= want {
			break
		}
	}
	u.WarmUp = warmup.Classify(u.Blocks)
	u.Values[core.Time] = perCall(u.Blocks[u.WarmUp.First:], func(b core.Block) int64 { return b.Wall })
	if cpu, ok := meter.since(u.WarmUp.First); ok {
		u.Values[core.CPU] = cpu
	} else {
		u.Notes = append(u.Notes, "CPU time is unknown: too little was used to be told")
	}
	if peak := treePeak(web); peak > 0 {
		u.Values[core.Memory] = float64(peak)
	}
	return nil
}

// explain adds what the app printed to an answer that says it is broken.
func (s *socketRoute) explain(err error, app *boot.App) error {
	var bad *UnexpectedError
	if !errors.As(err, &bad) || bad.Answer.Status < 500 {
		return err
	}
	tail := supervise.Tail(app.LogFile(s.apps.Spec.Web().Name), 12)
	if len(tail) == 0 {
		return err
	}
	return fmt.Errorf("%w\nits last output:\n  %s", err, strings.Join(tail, "\n  "))
}

// noted adds a note where there is one.
func noted(notes []string, note string) []string {
	if note == "" {
		return notes
	}
	return append(notes, note)
}

// emptyUnit is a unit of which nothing is known yet.
func emptyUnit(t pairs.Turn) core.Unit {
	return core.Unit{Values: map[core.Metric]float64{}, Blocks: []core.Block{}, Overhead: -1, Pad: t.Pad,
		WarmUp: core.WarmUp{Class: core.Unjudged, Took: -1, Why: "nothing was timed"}, GC: core.GC{Mode: "natural", Share: -1, Minor: -1, Major: -1}}
}

// lasted is how long the steady state is, in nanoseconds.
func lasted(blocks []core.Block) int64 {
	total := int64(0)
	for _, b := range blocks[warmup.Classify(blocks).First:] {
		total += b.Wall
	}
	return total
}
