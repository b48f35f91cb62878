package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	core "pitwall/core/bench"
	"pitwall/core/route"
	"pitwall/drive/boot"
	"pitwall/drive/pairs"
	"pitwall/probe/ruby/worker"
)

// pool is how many requests a unit asks again and again, where the route's
// parameters allow that.
const pool = 24

// rackRoute measures a route in process: a fresh Ruby loads the app and calls
// it without a server.
type rackRoute struct {
	routeSubject
}

// Measure starts the app's code in a worker, sees that it answers as the other
// arms do, counts, and times batches of calls.
func (s *rackRoute) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	p := place{apps: s.apps, file: s.file, benchmark: s.benchmark, unit: *s.apps.Spec.Web()}
	digest, note, undone := "", "", false
	u, err := p.measure(ctx, s.pace, t, worker.Load{Kind: "rack", Params: map[string]any{"writes": s.route.Writes, "seed": t.Seed}}, func(in *inside, app *boot.App) (err error) {
		undone = in.facts.Undo
		digest, note, err = s.prepare(ctx, in, app, t)
		return err
	})
	if err != nil {
		return u, err
	}
	u.Digest, u.Notes = digest, noted(u.Notes, note)
	if undone {
		u.Notes = append(u.Notes, "each batch of calls ran in one transaction that was rolled back: the app's own transactions were savepoints, so that no commit waited for the disk; after_commit callbacks ran")
	}
	return u, nil
}

// prepare matches a few answers and lays out the requests to be timed.
func (s *rackRoute) prepare(ctx context.Context, in *inside, app *boot.App, t pairs.Turn) (digest, note string, err error) {
	if err := s.safe(in); err != nil {
		return "", "", err
	}
	run, err := s.enter(ctx, in, base(app.Address), t.Arm, t.Round, t.Seed)
	if err != nil {
		return "", "", err
	}
	digest, note, err = run.check(ctx, in, in.facts.Undo || !s.route.Writes)
	if err != nil {
		return "", "", err
	}
	return digest, note, s.layOut(ctx, in, run)
}

// safe refuses what writes where nothing takes that back.
func (s *rackRoute) safe(in *inside) error {
	if !s.route.Writes || in.facts.Undo || s.benchmark.Restore != "" {
		return nil
	}
	return &Error{Text: s.route.Name + " writes, and without ActiveRecord there is no transaction to roll back",
		Hint: "give the benchmark restore: with a command that puts the state back"}
}

// layOut tells the worker what to ask: the same few requests again and again,
// or, where each must be new, new ones for each batch.
func (s *rackRoute) layOut(ctx context.Context, in *inside, run *tour) error {
	asked := map[string]int64{}
	in.done = func(ctx context.Context) error {
		clear(asked)
		if err := in.w.Ask(ctx, "finish", nil, &asked); err != nil {
			return err
		}
		return s.allGood(asked)
	}
	if run.fresh || once(s.route.Params) {
		in.ready = func(ctx context.Context, n int64) error {
			list, err := several(ctx, in, run, n)
			if err != nil {
				return err
			}
			return in.w.Ask(ctx, "prepare", map[string]any{"requests": list, "fixed": in.count}, nil)
		}
		return nil
	}
	list, err := several(ctx, in, run, pool)
	if err != nil {
		return err
	}
	from := int64(0)
	in.ready = func(ctx context.Context, n int64) error {
		err := in.w.Ask(ctx, "prepare", map[string]any{"count": n, "from": from, "fixed": in.count}, nil)
		from = (from + n) % pool
		return err
	}
	return in.w.Ask(ctx, "pool", list, nil)
}

func several(ctx context.Context, a asker, run *tour, n int64) ([]request, error) {
	list := make([]request, n)
	for i := range list {
		var err error
		if list[i], err = run.next(ctx, a); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// once says whether a value must not come again.
func once(params map[string]route.Param) bool {
	for _, p := range params {
		if p.Unique || p.Sequence != nil {
			return true
		}
	}
	return false
}

// allGood sees that timed calls were answered with the status that the route
// expects.
func (s *rackRoute) allGood(asked map[string]int64) error {
	for _, text := range slices.Sorted(maps.Keys(asked)) {
		status, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%s: answered %q", s.route.Name, text)
		}
		if !expected(s.route.Expect, status) {
			return fmt.Errorf("%s: %d calls were answered %d and not %s", s.route.Name, asked[text], status, statuses(s.route.Expect.Status))
		}
	}
	return nil
}
