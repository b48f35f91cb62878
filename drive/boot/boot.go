// Package boot starts an app as pitwall.yml describes it and takes it down
// again: a private directory, ports, tasks, services, processes, readiness.
package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pitwall/core/lap"
	"pitwall/core/spec"
	"pitwall/drive/supervise"
	"pitwall/probe/clock"
	"pitwall/probe/ruby/agent"
)

// Options of one start.
type Options struct {
	Supervisor []string          // our own binary with the hidden word that becomes the supervisor
	Env        map[string]string // laid over every unit's environment: an arm of a comparison
	Agent      *agent.Options    // nil starts the app without the agent
	Processes  []string          // names of those to start after the services; nil starts all
	Say        func(string)      // progress, one line at a time; never nil
	Log        io.Writer         // takes the supervisor's own complaints; may be nil
}

// App is an app that runs.
type App struct {
	Spec    *spec.Spec
	Dir     string        // the private directory of this start
	Address string        // of the web process: "http://127.0.0.1:9292"
	Stages  []lap.Stage   // what was started, and how long it took to be ready
	Agent   *agent.Server // nil without the agent

	opts Options
	vars spec.Vars
	sup  *supervise.Supervisor
	pids map[string]int // unit -> pid
}

// Error says what kept an app from starting, with the end of what the unit
// printed.
type Error struct {
	Unit string
	Err  error
	Tail []string // last lines of its output
	Hint string   // what to type next
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Unit, e.Err)
	if len(e.Tail) > 0 {
		text += "\nits last output:\n  " + strings.Join(e.Tail, "\n  ")
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Start runs the tasks, the services and the processes, in that order. When
// it returns an error nothing is left running.
func Start(ctx context.Context, s *spec.Spec, o Options) (app *App, err error) {
	app = &App{Spec: s, opts: o, pids: map[string]int{}, Stages: []lap.Stage{}}
	defer func() {
		if err != nil {
			app.Stop()
			app = nil
		}
	}()
	if err := app.prepare(); err != nil {
		return app, err
	}
	for _, t := range s.Setup {
		if err := app.runTask(ctx, t); err != nil {
			return app, err
		}
	}
	for _, u := range s.Services {
		if err := app.startUnit(ctx, u, nil); err != nil {
			return app, err
		}
	}
	for _, u := range s.Processes {
		if o.Processes != nil && !slices.Contains(o.Processes, u.Name) {
			continue
		}
		var extra []string
		if app.Agent != nil {
			extra = app.Agent.Env(app.environment(u.Env, u.Name, u.Dir))
		}
		if err := app.startUnit(ctx, u, extra); err != nil {
			return app, err
		}
	}
	return app, nil
}

// prepare starts the supervisor, makes the private directory and picks ports.
// The supervisor comes first, so that the directory goes even if we are killed.
func (a *App) prepare() error {
	var err error
	if a.sup, err = supervise.Start(a.opts.Supervisor, a.opts.Log); err != nil {
		return err
	}
	if a.Dir, err = os.MkdirTemp("", "pw-"); err != nil {
		return fmt.Errorf("making a private directory: %w", err)
	}
	if err := a.sup.Own(a.Dir); err != nil {
		return err
	}
	// A service may run as another user, who has to pass through to its socket.
	if err := os.Chmod(a.Dir, 0o711); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(a.Dir, "log"), 0o700); err != nil {
		return err
	}
	ports, err := choosePorts(slices.Concat(a.Spec.Services, a.Spec.Processes))
	if err != nil {
		return err
	}
	a.vars = spec.Vars{RunDir: a.Dir, Ports: ports}
	if a.Address, err = a.Spec.WebAddress(a.vars); err != nil {
		return err
	}
	if a.opts.Agent != nil {
		if a.Agent, err = agent.Listen(filepath.Join(a.Dir, "agent"), *a.opts.Agent); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) runTask(ctx context.Context, t spec.Task) error {
	a.opts.Say("running " + t.Name)
	u, err := a.unit(t.Name, t.Command, t.Dir, t.Env, nil)
	if err != nil {
		return err
	}
	limit := time.Duration(t.Timeout)
	if limit == 0 {
		limit = 15 * time.Minute
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %s", limit))
	defer cancel()
	if _, err := a.sup.Launch(ctx, u); err != nil {
		return &Error{Unit: t.Name, Err: err}
	}
	exit, err := a.sup.Wait(ctx, t.Name)
	if err != nil {
		return &Error{Unit: t.Name, Err: cause(ctx, err), Tail: tail(u.Log)}
	}
	if exit.Code != 0 {
		return &Error{Unit: t.Name, Err: errors.New(Describe(exit)), Tail: tail(u.Log)}
	}
	return nil
}

func (a *App) startUnit(ctx context.Context, s spec.Unit, environment []string) error {
	a.opts.Say("starting " + s.Name)
	u, err := a.unit(s.Name, s.Command, s.Dir, s.Env, environment)
	if err != nil {
		return err
	}
	if u.StopSignal, err = s.Stop.Number(); err != nil {
		return err
	}
	u.StopTimeout = time.Duration(s.Stop.Timeout)
	begin := clock.Now()
	if a.pids[s.Name], err = a.sup.Launch(ctx, u); err != nil {
		return &Error{Unit: s.Name, Err: err}
	}
	if err := a.awaitReady(ctx, s, u); err != nil {
		return err
	}
	a.Stages = append(a.Stages, lap.Stage{Name: s.Name, Ready: clock.Now() - begin})
	return nil
}

// unit turns a description into a command. A nil environment means the usual
// one.
func (a *App) unit(name, command, dir string, env map[string]string, environment []string) (supervise.Unit, error) {
	expanded, err := spec.Expand(command, a.vars)
	if err != nil {
		return supervise.Unit{}, fmt.Errorf("%s: %w", name, err)
	}
	args, err := spec.Words(expanded)
	if err != nil {
		return supervise.Unit{}, fmt.Errorf("%s: %w", name, err)
	}
	if environment == nil {
		environment = a.environment(env, name, dir)
	}
	return supervise.Unit{Name: name, Args: args, Dir: a.Spec.Path(dir), Env: environment, Log: a.LogFile(name)}, nil
}

// Environment is what a service or process of the app is started with, as
// NAME=VALUE.
func (a *App) Environment(u spec.Unit) []string { return a.environment(u.Env, u.Name, u.Dir) }

// environment is ours, then the unit's, then the arm's, then what every unit
// is given. Our PWD is not the unit's: Puma looks at that directory, and dies
// when it may not.
func (a *App) environment(env map[string]string, name, dir string) []string {
	all := map[string]string{}
	for _, pair := range os.Environ() {
		key, value, _ := strings.Cut(pair, "=")
		all[key] = value
	}
	all["PWD"] = a.Spec.Path(dir)
	for key, value := range env {
		if expanded, err := spec.Expand(value, a.vars); err == nil {
			value = expanded
		}
		all[key] = value
	}
	maps.Copy(all, a.opts.Env)
	all["PITWALL_RUN_DIR"] = a.Dir
	if port, ok := a.vars.Ports[name]; ok {
		all["PORT"] = fmt.Sprint(port)
	}
	list := make([]string, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, key+"="+all[key])
	}
	return list
}

// LogFile is where a unit's output goes.
func (a *App) LogFile(name string) string { return filepath.Join(a.Dir, "log", name+".log") }

// Dead describes the units that ended by themselves, with their last output;
// nil while all run.
func (a *App) Dead() error {
	if a.sup.Lost() {
		return errSupervisor
	}
	for _, u := range slices.Concat(a.Spec.Processes, a.Spec.Services) {
		if exit, gone := a.sup.Exited(u.Name); gone {
			return &Error{Unit: u.Name, Err: errors.New(Describe(exit)), Tail: tail(a.LogFile(u.Name))}
		}
	}
	return nil
}

// Died is closed at the next exit of any unit: then ask Dead.
func (a *App) Died() <-chan struct{} { return a.sup.Changed() }

// errSupervisor says that somebody killed the units' parent.
var errSupervisor = errors.New("pitwall's supervisor, the parent of all that was started, was killed")

// Stop takes everything down and removes the private directory. It may be
// called twice.
func (a *App) Stop() {
	if a.sup != nil {
		lost := a.sup.Lost()
		a.sup.Stop()
		if lost && a.Dir != "" {
			killStrays(a.Dir)
		}
	}
	if a.Agent != nil {
		a.Agent.Close()
		a.Agent = nil
	}
	if a.Dir != "" {
		os.RemoveAll(a.Dir)
		a.Dir = ""
	}
}

// Describe an exit in words.
func Describe(e supervise.Exit) string {
	if e.Signal != "" {
		return "ended by signal: " + e.Signal
	}
	return fmt.Sprintf("exited with code %d", e.Code)
}

func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}
