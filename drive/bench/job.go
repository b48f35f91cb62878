package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/boot"
	"pitwall/drive/pairs"
	"pitwall/probe/ruby/worker"
)

// performed measures single performs of a job class in a worker.
type performed struct {
	place place
	pace  Pace
}

// NewJob measures the job class of a benchmark in the versions of apps: single
// performs, each with recorded arguments in a transaction that is rolled back;
// or, with drain:, a queue of them that a fresh Sidekiq works off. Errors of
// NewJob name what is wrong with the benchmark.
func NewJob(apps *Apps, file *spec.Bench, b spec.Benchmark, pace Pace) (pairs.Subject, error) {
	unit := jobUnit(apps.Spec)
	if unit == nil {
		return nil, fmt.Errorf("%s: pitwall.yml names no process to take the environment of jobs from", b.Name)
	}
	if b.Drain == nil {
		return &performed{place: place{apps: apps, file: file, benchmark: b, unit: *unit}, pace: pace}, nil
	}
	if b.Drain.Jobs < 1 || b.Drain.Jobs > mostJobs || b.Drain.Concurrency < 0 {
		return nil, fmt.Errorf("%s: drain: of %d jobs at concurrency %d", b.Name, b.Drain.Jobs, b.Drain.Concurrency)
	}
	return &drain{apps: apps, file: file, benchmark: b, unit: *unit, jobs: map[int]*recorded{}}, nil
}

// Measure loads the app in a worker, counts, and times batches of performs.
func (j *performed) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	b := j.place.benchmark
	params := map[string]any{"job": b.Job, "arguments": recordedArguments(b), "seed": t.Seed}
	u, err := j.place.measure(ctx, j.pace, t, worker.Load{Kind: "job", Params: params}, j.prepare)
	var raised *worker.RaisedError
	if errors.As(err, &raised) && raised.Class == "Pitwall::Kind::Job::Unfit" {
		return u, &Error{Text: raised.Message, Hint: "see job: and arguments: of the benchmark " + b.Name}
	}
	if err != nil {
		return u, err
	}
	u.Digest = "" // what a perform returns means nothing
	u.Notes = append(u.Notes, "each batch of performs ran in one transaction that was rolled back: the job's own transactions were savepoints; what it enqueued was pushed to the arm's own services, and is not worked off")
	return u, nil
}

// recordedArguments are those of the file; a job without any is called with
// none.
func recordedArguments(b spec.Benchmark) [][]any {
	if len(b.Arguments) == 0 {
		return [][]any{{}}
	}
	return b.Arguments
}

func (j *performed) prepare(in *inside, _ *boot.App) error {
	if !in.facts.Undo && j.place.benchmark.Restore == "" {
		return &Error{Text: j.place.benchmark.Job + " may write, and without ActiveRecord there is no transaction to roll back",
			Hint: "give the benchmark restore: with a command that puts the state back"}
	}
	from := int64(0)
	in.ready = func(ctx context.Context, n int64) error {
		err := in.w.Ask(ctx, "prepare", map[string]any{"count": n, "from": from, "fixed": in.count}, nil)
		from += n
		return err
	}
	in.done = func(ctx context.Context) error { return in.w.Ask(ctx, "finish", nil, nil) }
	return nil
}

// jobUnit is the process that runs jobs: the one whose name or command says
// so, else the web process; nil when there is none.
func jobUnit(s *spec.Spec) *spec.Unit {
	for _, word := range []string{"sidekiq", "job", "worker"} {
		for i, u := range s.Processes {
			if strings.Contains(u.Command, word) || strings.Contains(u.Name, word) {
				return &s.Processes[i]
			}
		}
	}
	return s.Web()
}
