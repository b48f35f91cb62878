package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"pitwall/analyze/warmup"
	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/boot"
	"pitwall/drive/pairs"
	"pitwall/drive/supervise"
)

//go:embed rb/drain_*.rb
var drainSources embed.FS

// The bounds on a drained queue.
const (
	defaultConcurrency = 5
	mostJobs           = 1_000_000
	drainLimit         = 10 * time.Minute // for a unit
	preparing          = 3 * time.Minute  // for the app to be loaded
	queue              = "pitwall"
)

// drain measures how a fresh Sidekiq works off a queue that is filled before
// it starts.
type drain struct {
	apps      *Apps
	file      *spec.Bench
	benchmark spec.Benchmark
	unit      spec.Unit // whose environment jobs run in

	mu   sync.Mutex
	jobs map[int]*recorded // by arm
}

// recorded is what the app in one version would push.
type recorded struct {
	Jobs     []map[string]json.RawMessage `json:"jobs"`
	Database *string                      `json:"database"` // nil without ActiveRecord
	Sidekiq  string                       `json:"sidekiq"`
	Ruby     string                       `json:"ruby"`
	Refused  string                       `json:"refused"` // why there are no jobs
}

// drained is what drain_boot.rb writes after the last job. A reading is
// monotonic ns, CPU ns of the process, GC ns (-1 unknown), objects allocated,
// collections; a mark has the number of jobs done before it.
type drained struct {
	Started []int64   `json:"started"`
	Done    int       `json:"done"`
	Failed  int       `json:"failed"`
	Error   string    `json:"error"`
	Marks   [][]int64 `json:"marks"`
}

// Measure fills a queue on a Redis of its own and times a fresh Sidekiq from
// the start of the first job to the end of the last.
func (d *drain) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	app, err := d.apps.services(ctx, t.Arm)
	if err != nil {
		return core.Unit{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, drainLimit, fmt.Errorf("the queue was not empty after %s", drainLimit))
	defer cancel()
	p, err := d.yard()
	if err != nil {
		return core.Unit{}, err
	}
	defer p.sup.Stop()
	jobs, err := d.record(ctx, p, app, t)
	if err != nil {
		return core.Unit{}, err
	}
	if err := p.fill(ctx, d.redis(), jobs.Jobs, d.benchmark.Drain.Jobs); err != nil {
		return core.Unit{}, err
	}
	out, peak, err := d.work(ctx, p, app, t)
	if err != nil {
		return core.Unit{}, err
	}
	u, err := d.reduce(out, t)
	u.Ruby, u.Values[core.Memory] = jobs.Ruby, float64(peak)
	u.Notes = append(u.Notes, fmt.Sprintf("%d jobs at concurrency %d in Sidekiq %s, on a Redis of its own; a job's time is the time between the ends of jobs of the steady state, over their number",
		d.benchmark.Drain.Jobs, d.concurrency(), jobs.Sidekiq))
	if err == nil && d.benchmark.Restore != "" {
		err = restoreWith(ctx, d.benchmark.Restore, d.apps.Versions[t.Arm].Dir, app.Environment(d.unit))
	}
	return u, err
}

func (d *drain) concurrency() int { return cmp.Or(d.benchmark.Drain.Concurrency, defaultConcurrency) }

func (d *drain) redis() string { return cmp.Or(d.benchmark.Drain.Redis, "redis-server") }

// yard is the private directory of a unit with a supervisor that removes it.
type yard struct {
	dir string
	sup *supervise.Supervisor
}

func (d *drain) yard() (*yard, error) {
	sup, err := supervise.Start(d.apps.Supervisor, nil)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pw-")
	if err == nil {
		err = sup.Own(dir)
	}
	for _, name := range []string{"drain_common.rb", "drain_jobs.rb", "drain_boot.rb"} {
		text, missing := drainSources.ReadFile("rb/" + name)
		if err = errors.Join(err, missing); err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
	}
	if err != nil {
		sup.Stop()
		os.RemoveAll(dir)
		return nil, fmt.Errorf("preparing a queue: %w", err)
	}
	return &yard{dir, sup}, nil
}

func (p *yard) file(name string) string { return filepath.Join(p.dir, name) }

// ruby is a command of the version's Ruby in its environment.
func (d *drain) ruby(p *yard, app *boot.App, t pairs.Turn, name string, args ...string) supervise.Unit {
	v := d.apps.Versions[t.Arm]
	set := environment(d.file, d.benchmark, t.Pad)
	maps.Copy(set, v.Env)
	redis := "unix://" + p.file("redis.sock")
	maps.Copy(set, map[string]string{"PITWALL_REDIS": redis, "REDIS_URL": redis,
		"PITWALL_JOBS": strconv.Itoa(d.benchmark.Drain.Jobs), "PITWALL_DONE": p.file("done.json")})
	return supervise.Unit{Name: name, Args: append(slices.Clone(v.ruby(d.file)), args...), Dir: v.Dir, Env: overlay(production(app.Environment(d.unit)), set), Log: p.file(name + ".log"),
		StopSignal: int(syscall.SIGTERM), StopTimeout: 10 * time.Second}
}

// record has the app of an arm say what it would push, once a run.
func (d *drain) record(ctx context.Context, p *yard, app *boot.App, t pairs.Turn) (*recorded, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.jobs[t.Arm]; known != nil {
		return known, nil
	}
	lists := d.benchmark.Arguments
	if len(lists) == 0 {
		lists = [][]any{{}}
	}
	arguments, err := json.Marshal(lists)
	if err != nil {
		return nil, fmt.Errorf("arguments: %w", err)
	}
	d.apps.say("%s: loading the app to make its jobs", d.apps.Versions[t.Arm].Name)
	u := d.ruby(p, app, t, "jobs", p.file("drain_jobs.rb"), p.file("jobs.json"), d.benchmark.Job, string(arguments))
	if err := p.run(ctx, u); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(p.file("jobs.json"))
	if err != nil {
		return nil, err
	}
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("reading the jobs: %w", err)
	}
	if err := d.allowed(&r); err != nil {
		return nil, err
	}
	d.jobs[t.Arm] = &r
	return &r, nil
}

// allowed refuses what cannot be measured, and what would write to a database
// that nobody called disposable.
func (d *drain) allowed(r *recorded) error {
	switch {
	case r.Refused != "":
		return &Error{Text: r.Refused, Hint: "see job: and arguments: of the benchmark " + d.benchmark.Name}
	case len(r.Jobs) == 0 || slices.ContainsFunc(r.Jobs, func(job map[string]json.RawMessage) bool { return job == nil }):
		return &Error{Text: "the app made no jobs", Hint: "give arguments: a list of lists"}
	case r.Database == nil || d.benchmark.Restore != "" || slices.Contains(d.apps.Spec.Disposable, *r.Database):
		return nil
	}
	return &Error{Text: fmt.Sprintf("a drained queue writes, and the database (%s) is not marked disposable", cmp.Or(*r.Database, "unknown")),
		Hint: "add it under disposable: in pitwall.yml; or give the benchmark restore: with a command that puts the state back; or leave out drain:, so that each perform runs in a transaction that is rolled back"}
}

// run runs a command to its end.
func (p *yard) run(ctx context.Context, u supervise.Unit) error {
	ctx, cancel := context.WithTimeoutCause(ctx, preparing, fmt.Errorf("not done after %s", preparing))
	defer cancel()
	if _, err := p.sup.Launch(ctx, u); err != nil {
		return err
	}
	exit, err := p.sup.Wait(ctx, u.Name)
	if err != nil {
		return context.Cause(ctx)
	}
	if exit.Code != 0 {
		return &boot.Error{Unit: u.Name, Err: errors.New(boot.Describe(exit)), Tail: supervise.Tail(u.Log, 12)}
	}
	return nil
}

// fill starts Redis and pushes n jobs, those of the list in turn.
func (p *yard) fill(ctx context.Context, command string, jobs []map[string]json.RawMessage, n int) error {
	words, err := spec.Words(command)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	args := append(words, "--port", "0", "--unixsocket", p.file("redis.sock"), "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
		"--dir", p.dir, "--daemonize", "no")
	u := supervise.Unit{Name: "redis", Args: args, Dir: p.dir, Env: os.Environ(), Log: p.file("redis.log")}
	if _, err := p.sup.Launch(ctx, u); err != nil {
		return err
	}
	c, err := p.connect(ctx, u)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.do([]string{"SADD", "queues", queue}); err != nil {
		return err
	}
	const atOnce = 500
	for from := 0; from < n; from += atOnce {
		push := []string{"LPUSH", "queue:" + queue}
		for i := from; i < min(from+atOnce, n); i++ {
			push = append(push, numbered(jobs[i%len(jobs)]))
		}
		if _, err := c.do(push); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *yard) connect(ctx context.Context, u supervise.Unit) (*redisConn, error) {
	for {
		c, err := dialRedis(ctx, p.file("redis.sock"))
		if err == nil {
			if _, err = c.do([]string{"PING"}); err == nil {
				return c, nil
			}
			c.Close()
		}
		if exit, gone := p.sup.Exited(u.Name); gone {
			return nil, &boot.Error{Unit: u.Name, Err: errors.New(boot.Describe(exit)), Tail: supervise.Tail(u.Log, 12)}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// numbered is the job with an id of its own.
func numbered(job map[string]json.RawMessage) string {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails
	job["jid"] = json.RawMessage(`"` + hex.EncodeToString(id[:]) + `"`)
	text, err := json.Marshal(job)
	if err != nil { // parsed JSON always marshals
		return "{}"
	}
	return string(text)
}

// work starts Sidekiq and waits until it has written what it read.
func (d *drain) work(ctx context.Context, p *yard, app *boot.App, t pairs.Turn) (drained, int64, error) {
	var out drained
	u := d.ruby(p, app, t, "sidekiq", "-S", "sidekiq", "-r", p.file("drain_boot.rb"), "-q", queue, "-c", strconv.Itoa(d.concurrency()))
	d.apps.say("%s: Sidekiq works off %d jobs", d.apps.Versions[t.Arm].Name, d.benchmark.Drain.Jobs)
	pid, err := p.sup.Launch(ctx, u)
	if err != nil {
		return out, 0, err
	}
	for {
		text, err := os.ReadFile(p.file("done.json"))
		if err == nil {
			err = json.Unmarshal(text, &out)
			return out, treePeak(pid), err
		}
		if exit, gone := p.sup.Exited(u.Name); gone {
			return out, 0, &boot.Error{Unit: u.Name, Err: errors.New(boot.Describe(exit) + " before the queue was empty"), Tail: supervise.Tail(u.Log, 12)}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return out, 0, context.Cause(ctx)
		}
	}
}

// reduce makes a unit of what Sidekiq read: blocks between the marks, values
// over its steady state.
func (d *drain) reduce(out drained, t pairs.Turn) (core.Unit, error) {
	u := emptyUnit(t)
	if out.Failed > 0 {
		return u, fmt.Errorf("%d of %d jobs failed, first with %s", out.Failed, out.Done, out.Error)
	}
	marks := [][]int64{append([]int64{0}, out.Started...)}
	marks = append(marks, out.Marks...)
	for i, m := range marks {
		if len(m) != 6 || i > 0 && (m[0] <= marks[i-1][0] || m[1] <= marks[i-1][1]) {
			return u, errors.New("the readings of Sidekiq cannot be read")
		}
	}
	for i := 1; i < len(marks); i++ {
		u.Blocks = append(u.Blocks, between(marks[i-1], marks[i]))
	}
	if len(u.Blocks) == 0 {
		return u, errors.New("nothing was read in Sidekiq")
	}
	u.WarmUp = warmup.Classify(u.Blocks)
	first, end := marks[u.WarmUp.First], marks[len(marks)-1]
	steady, jobs := between(first, end), float64(end[0]-first[0])
	u.Values[core.Time] = float64(steady.Wall) / 1e9 / jobs
	u.Values[core.CPU] = float64(steady.CPU) / 1e9 / jobs
	u.Values[core.Objects] = float64(end[4]-first[4]) / jobs
	if steady.GC >= 0 && steady.CPU > 0 {
		u.GC.Share = float64(steady.GC) / float64(steady.CPU)
	}
	return u, nil
}

func between(a, b []int64) core.Block {
	block := core.Block{Calls: b[0] - a[0], Wall: b[1] - a[1], CPU: b[2] - a[2], GC: -1}
	if a[3] >= 0 && b[3] >= 0 {
		block.GC = b[3] - a[3]
	}
	return block
}
