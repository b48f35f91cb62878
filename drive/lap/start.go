package lap

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/analyze/preflight"
	"pitwall/analyze/scour"
	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/drive/boot"
	"pitwall/probe/proc"
	"pitwall/probe/ruby/agent"
)

// boot starts the app, and cancels the lap with the reason should one of its
// processes end by itself.
func (t *turn) boot(ctx context.Context, cancel context.CancelCauseFunc) error {
	if err := supported(); err != nil {
		return err
	}
	o := boot.Options{Supervisor: t.o.Supervisor, Env: t.o.Env, Say: func(text string) { t.say("boot", "%s", text) }}
	if t.o.Agent {
		o.Agent = &agent.Options{Allow: t.o.Spec.Allow, Route: t.routeOf}
	}
	app, err := boot.Start(ctx, t.o.Spec, o)
	if err != nil {
		return err
	}
	t.app, t.address = app, app.Address
	t.ev.Boot = app.Stages
	t.background.Go(func() {
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
	})
	if app.Agent != nil {
		t.awaitAgent(ctx)
	}
	t.ev.Processes = app.Processes()
	for _, s := range app.Stages {
		t.say("boot", "%s ready after %.1f s", s.Name, float64(s.Ready)/1e9)
	}
	return nil
}

// awaitAgent gives the web processes time to say hello; a cluster's workers
// come one after the other, so it waits until no new one has come for a while.
func (t *turn) awaitAgent(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := t.app.Agent.WaitHello(ctx, 1); err != nil {
		t.note("the Ruby agent was not heard: statements, objects and queue time are unknown")
		return
	}
	expected, known := 0, -1
	for expected != known {
		known = expected
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return
		}
		expected = len(t.app.Agent.Processes())
		if want := t.workersWanted(ctx); want > 0 {
			t.app.Agent.WaitHello(ctx, want)
		}
	}
}

// workersWanted is how many workers the app says it has; 0 when unknown.
func (t *turn) workersWanted(ctx context.Context) int {
	setup, err := t.app.Agent.Setup(ctx)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(setup.Facts["puma.workers"])
	return n
}

// look asks how the app is set up, and refuses what is not safe.
func (t *turn) look(ctx context.Context) error {
	t.ev.Setup = core.Setup{Facts: map[string]string{}, Hosts: []core.Host{}, Rows: map[string]int64{}}
	if t.app.Agent != nil {
		setup, err := t.app.Agent.Setup(ctx)
		if err != nil {
			t.note("asking the app how it is set up: %v", err)
		} else {
			t.ev.Setup = setup
		}
	}
	return t.settle()
}

// settle completes the setup from outside, judges it, and picks the routes
// that may be driven.
func (t *turn) settle() error {
	if t.ev.Setup.Facts == nil {
		t.ev.Setup.Facts = map[string]string{}
	}
	if name := t.allocator(); name != "" {
		t.ev.Setup.Facts["allocator"] = name
	}
	if arenas := t.variable("MALLOC_ARENA_MAX"); arenas != "" {
		t.ev.Setup.Facts["malloc.arena_max"] = arenas
	}
	input := preflight.Input{Setup: t.ev.Setup, Processes: t.ev.Processes, Machine: t.ev.Machine, Reading: t.before}
	t.ev.Findings = append(t.ev.Findings, preflight.Check(input)...)
	if refused := foreign(t.ev.Setup.Hosts); len(refused) > 0 {
		t.ev.Findings = append(t.ev.Findings, refused...)
		return &RefusedError{Reason: "the app is set up to talk to hosts that pitwall.yml does not allow", Findings: refused}
	}
	t.ev.Routes = t.drivable()
	return t.weigh()
}

// weigh takes the routes' weights from the log that pitwall.yml names. A
// route that the log never saw is not driven, and that is said.
func (t *turn) weigh() error {
	if t.o.Spec.RoutesFrom == "" {
		return nil
	}
	path := t.o.Spec.Path(t.o.Spec.RoutesFrom)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("taking weights from routes_from: %w", err)
	}
	defer f.Close()
	counts, seen, err := scour.Weights(f, t.ev.Routes)
	if err != nil {
		return fmt.Errorf("taking weights from %s: %w", path, err)
	}
	if seen.Matched == 0 {
		return &RefusedError{Reason: fmt.Sprintf("none of the %d lines of %s is a request for one of the routes", seen.Lines, path)}
	}
	t.say("routes", "weights from %s: %d requests of its %d lines are for these routes, %d for others", path, seen.Matched, seen.Lines, seen.Unmatched)
	kept := []route.Route{}
	for _, r := range t.ev.Routes {
		if r.Weight = float64(counts[r.Name]); r.Weight > 0 {
			kept = append(kept, r)
		} else {
			t.note("%s was not driven: routes_from has no request for it", r.Name)
		}
	}
	t.ev.Routes = kept
	return nil
}

// foreign is a finding for each host that is neither this machine nor allowed.
func foreign(hosts []core.Host) []finding.Finding {
	var found []finding.Finding
	for _, h := range hosts {
		if h.Local || h.Allowed {
			continue
		}
		found = append(found, finding.Finding{ID: "PW-SAFE-HOST", Severity: finding.Critical, Subject: "app",
			Title:    fmt.Sprintf("its %s is at %s, which is not this machine", h.Purpose, h.Address),
			Detail:   "A lap loads an app until it is full. It must not do that to somebody else's server.",
			Evidence: []finding.Evidence{{Text: h.Purpose + ": " + h.Address}}, Caveats: []string{},
			Next: []string{"point it at a local server, or, if that host may be loaded, add to pitwall.yml:\nallow:\n  - " + hostOnly(h.Address)}})
	}
	return found
}

func hostOnly(address string) string {
	if host, _, found := strings.Cut(address, ":"); found && !strings.Contains(host, "[") {
		return host
	}
	return address
}

// drivable is the routes that may be driven: those that write need a database
// that pitwall.yml calls disposable.
func (t *turn) drivable() []route.Route {
	name := t.ev.Setup.Facts["db.name"]
	disposable := name != "" && slices.Contains(t.o.Spec.Disposable, name)
	kept := []route.Route{}
	watched := t.o.Attach != 0 && !t.o.Drive // then nothing is driven, and no route is left out
	for _, r := range t.o.Spec.Routes {
		if !r.Writes || disposable || watched {
			kept = append(kept, r)
			continue
		}
		known, next := name, "if that database may be written, add to pitwall.yml:\ndisposable:\n  - "+name
		if name == "" {
			known, next = "unknown: only the agent says which", "pitwall lap, which boots the app itself and loads the agent"
		}
		t.ev.Findings = append(t.ev.Findings, finding.Finding{ID: "PW-SAFE-WRITE", Severity: finding.Warning, Subject: r.Name,
			Title:    "not driven: it writes, and the database is not marked disposable",
			Detail:   "The route is marked writes: true. Its database is " + known + ".",
			Evidence: []finding.Evidence{}, Caveats: []string{},
			Next: []string{next}})
	}
	return kept
}

// allocators by a piece of the library's file name.
var allocators = map[string]string{"jemalloc": "jemalloc", "tcmalloc": "tcmalloc", "mimalloc": "mimalloc"}

// allocator reads from the web process's maps which one is in use; empty when
// that cannot be read.
func (t *turn) allocator() string {
	web := t.serving()
	if len(web) == 0 {
		return ""
	}
	maps_, err := proc.Maps(web[0].PID)
	if err != nil {
		return ""
	}
	libc := ""
	for _, m := range maps_ {
		base := filepath.Base(m.Path)
		for _, piece := range slices.Sorted(maps.Keys(allocators)) {
			if strings.Contains(base, piece) {
				return allocators[piece]
			}
		}
		switch {
		case strings.HasPrefix(base, "libc.so") || strings.HasPrefix(base, "libc-"):
			libc = "glibc malloc"
		case strings.HasPrefix(base, "ld-musl"):
			libc = "musl malloc"
		}
	}
	return libc
}

// variable is one variable of the web process's environment; empty when it is
// not set or may not be read. No other variable is looked at.
func (t *turn) variable(name string) string {
	web := t.serving()
	if len(web) == 0 {
		return ""
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", web[0].PID))
	if err != nil {
		return ""
	}
	for pair := range strings.SplitSeq(string(b), "\x00") {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// serving is the processes that run requests.
func (t *turn) serving() []core.Process {
	return boot.Serving(t.ev.Processes, t.web())
}
