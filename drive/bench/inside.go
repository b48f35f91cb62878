package bench

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/analyze/answer"
	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/boot"
	"pitwall/drive/pairs"
	"pitwall/probe/ruby/worker"
)

// loading is how long the app may take to be loaded.
const loading = 3 * time.Minute

// inside is a worker in which the app's own code is called: a route's Rack
// call or a job's perform.
type inside struct {
	w     *worker.Worker
	facts facts
	count bool                                     // the next calls are counted, not timed
	ready func(ctx context.Context, n int64) error // lays out n calls and opens a transaction
	done  func(ctx context.Context) error          // rolls it back, and sees what came of the calls
}

// facts are what rack.rb and job.rb say of the app.
type facts struct {
	Database *string           `json:"database"` // nil without ActiveRecord
	Undo     bool              `json:"undo"`     // what calls write is rolled back
	Gems     map[string]string `json:"gems"`
}

// place is where a unit in process runs: the environment of one of the app's
// processes, with the services of the arm.
type place struct {
	apps      *Apps
	file      *spec.Bench
	benchmark spec.Benchmark
	unit      spec.Unit
}

// measure starts a worker for an arm, loads the app and measures it at the
// pace. prepare is called with the app loaded and sets ready and done.
func (p place) measure(ctx context.Context, pace Pace, t pairs.Turn, load worker.Load, prepare func(*inside, *boot.App) error) (core.Unit, error) {
	app, err := p.apps.services(ctx, t.Arm)
	if err != nil {
		return core.Unit{}, err
	}
	v := p.apps.Versions[t.Arm]
	w, err := worker.Start(ctx, worker.Options{Ruby: v.ruby(p.file), Dir: v.Dir, Env: p.env(app, t), Limit: cmp.Or(pace.Call, loading), Memory: pace.bound()})
	if err != nil {
		return core.Unit{}, v.shorten(err)
	}
	defer w.Kill()
	load.Seed, load.Allow = t.Seed, p.allow()
	in := &inside{w: w, count: true}
	loaded := func(text json.RawMessage) error {
		if err := json.Unmarshal(text, &in.facts); err != nil {
			return fmt.Errorf("loading the app: %w", err)
		}
		return prepare(in, app)
	}
	u, err := pace.measure(ctx, w, load, nil, loaded, in.around)
	if err != nil {
		return u, v.shorten(err)
	}
	u.Pad = t.Pad
	if p.benchmark.Restore != "" {
		err = restoreWith(ctx, p.benchmark.Restore, v.Dir, app.Environment(p.unit))
	}
	return u, err
}

// env is what the process of the app is started with, then what the file and
// the benchmark set, then what the version sets.
func (p place) env(app *boot.App, t pairs.Turn) []string {
	set := environment(p.file, p.benchmark, t.Pad)
	maps.Copy(set, p.apps.Versions[t.Arm].Env)
	return overlay(production(app.Environment(p.unit)), set)
}

// allow is what the app may do in a call: all that an app does, but not talk
// to hosts that nobody named.
func (p place) allow() []string {
	return slices.Concat([]string{"sleep", "fork", "output", "localhost"}, p.apps.Spec.Allow, p.file.Allow, p.benchmark.Allow)
}

func (in *inside) around(ctx context.Context, n int64, calls func() error) error {
	if err := in.ready(ctx, n); err != nil {
		return err
	}
	if err := calls(); err != nil {
		return err
	}
	in.count = false // they come first
	return in.done(ctx)
}

// production is how an app runs when its environment does not say.
func production(env []string) []string {
	for _, pair := range env {
		if strings.HasPrefix(pair, "RAILS_ENV=") || strings.HasPrefix(pair, "RACK_ENV=") {
			return env
		}
	}
	return append(env, "RAILS_ENV=production", "RACK_ENV=production")
}

// ask has the worker ask one request, with all of its answer.
func (in *inside) ask(ctx context.Context, q request) (reply, error) {
	var got struct {
		Status   int      `json:"status"`
		Type     string   `json:"type"`
		Location string   `json:"location"`
		Cookies  []string `json:"cookies"`
		Body     string   `json:"body"` // base64
		Bytes    int64    `json:"bytes"`
		Digest   string   `json:"digest"`
	}
	if err := in.w.Ask(ctx, "one", q, &got); err != nil {
		return reply{}, err
	}
	body, err := base64.StdEncoding.DecodeString(got.Body)
	if err != nil {
		return reply{}, fmt.Errorf("reading the answer: %w", err)
	}
	r := reply{Answer: answer.Answer{Status: got.Status, Type: got.Type, Location: got.Location, Body: body, Bytes: got.Bytes, Digest: got.Digest}}
	for _, c := range got.Cookies {
		r.cookies = append(r.cookies, []byte(c))
	}
	return r, nil
}
