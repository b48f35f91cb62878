package lap

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/drive/boot"
	"pitwall/probe/clock"
	"pitwall/probe/ruby/agent"
	"pitwall/probe/ruby/spy"
	"pitwall/probe/watch"
)

// watch starts what looks at the app from outside. The sampler starts paused.
func (t *turn) watch(ctx context.Context) error {
	port := 0
	if p := t.listenPort(); p.IsValid() {
		port = int(p.Port())
	}
	t.watcher = watch.Start(ctx, watch.Options{Targets: t.targets, Port: port, Outside: t.outside.connection})
	if t.app != nil && t.app.Agent != nil {
		t.app.Agent.OnOutgoing(t.outside.refused)
	}
	if t.o.Hz == 0 {
		t.note("the sampler was switched off: stacks and GVL states are unknown")
		return nil
	}
	target, err := spy.Open(t.probePID())
	if err == nil && t.ev.Setup.Facts["ruby.version"] == "" {
		t.ev.Setup.Facts["ruby.version"] = target.Ruby()
	}
	if err != nil {
		if t.o.Attach != 0 {
			return err // watching is all that an attached lap is for
		}
		t.note("no stacks: %v", err)
		return nil
	}
	recorder, err := spy.NewRecorder(spy.Options{Hz: t.o.Hz, PIDs: t.sampled, Seed: t.o.Seed})
	if err != nil {
		return err
	}
	t.recorder = recorder
	return nil
}

// probePID is a process that the sampler must be able to read.
func (t *turn) probePID() int {
	if web := t.serving(); len(web) > 0 {
		return web[0].PID
	}
	return t.o.Attach
}

// roster remembers who is there for a while: where the kernel keeps no list
// of children, looking means reading every process of the machine.
type roster struct {
	mu    sync.Mutex
	until int64
	list  []core.Process
}

const rosterAge = time.Second

func (r *roster) get(look func() []core.Process) []core.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := clock.Now(); now >= r.until {
		r.list, r.until = look(), now+rosterAge.Nanoseconds()
	}
	return r.list
}

// processes is the app's processes: workers come and go.
func (t *turn) processes() []core.Process {
	return t.roster.get(func() []core.Process {
		if t.app != nil {
			return t.app.Processes()
		}
		return boot.Tree(t.o.Attach, t.web())
	})
}

// web is the name of the process that serves requests.
func (t *turn) web() string {
	if u := t.o.Spec.Web(); u != nil {
		return u.Name
	}
	return "web"
}

func (t *turn) targets() []watch.Target {
	var list []watch.Target
	for _, p := range t.processes() {
		list = append(list, watch.Target{PID: p.PID, Role: p.Role})
	}
	return list
}

// sampled is the processes whose threads run the app's code for requests.
func (t *turn) sampled() []int {
	var pids []int
	for _, p := range boot.Serving(t.processes(), t.web()) {
		pids = append(pids, p.PID)
	}
	return pids
}

// pollStats asks the app's processes for Puma's and the GC's counters twice a
// second, in watched windows only, until ctx ends.
func (t *turn) pollStats(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			stats, _ := t.app.Agent.Stats(ctx) // a process that does not answer leaves a gap
			for _, s := range stats {
				t.addStats(s)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (t *turn) addStats(s agent.ProcessStats) {
	if s.Role != agent.Web {
		return
	}
	labels := map[string]string{"process": t.roleOf(s.PID), "pid": fmt.Sprint(s.PID)}
	add := func(name, unit string, value int64) {
		if value >= 0 {
			t.watcher.Add(name, unit, labels, s.Time, float64(value))
		}
	}
	if p := s.Puma; p != nil {
		add("puma_backlog", "1", p.Backlog)
		add("puma_running", "1", p.Running)
		add("puma_busy", "1", p.Busy)
		add("puma_pool_capacity", "1", p.PoolCapacity)
	}
	for _, name := range []string{"count", "major_gc_count", "heap_live_slots"} {
		if v, known := s.GC[name]; known {
			add("gc_"+name, "1", v)
		}
	}
}

func (t *turn) roleOf(pid int) string {
	for _, p := range t.ev.Processes {
		if p.PID == pid {
			return p.Role
		}
	}
	return "web"
}

// outside collects connections that the app made to other hosts.
type outside struct {
	mu      sync.Mutex
	seen    []watch.Connection
	outcome []request.Outgoing
}

const mostOutside = 1000

func (o *outside) connection(c watch.Connection) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.seen) < mostOutside {
		o.seen = append(o.seen, c)
	}
}

func (o *outside) refused(r request.Outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, known := range o.outcome { // each route once, so that none is crowded out
		if known.Host == r.Host && known.Route == r.Route && known.Action == r.Action {
			return
		}
	}
	if len(o.outcome) < mostOutside {
		o.outcome = append(o.outcome, r)
	}
}

// findings names each host that was called, once per route and host.
func (o *outside) findings(allowed func(netip.Addr) bool) []finding.Finding {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []finding.Finding
	once := map[string]bool{}
	named := map[string]bool{} // hosts of which a route or an action is known
	for _, r := range o.outcome {
		named[r.Host] = named[r.Host] || r.Route != "" || r.Action != ""
	}
	for _, r := range o.outcome {
		if r.Route == "" && r.Action == "" && named[r.Host] {
			continue // seen again while nothing looked into the app
		}
		subject := r.Route
		if subject == "" {
			subject = r.Action
		}
		if subject == "" {
			subject = "app"
		}
		if key := subject + " " + r.Host; !once[key] {
			once[key] = true
			found = append(found, refusedFinding(subject, r))
		}
	}
	for _, c := range o.seen {
		host := c.Remote.Addr().String()
		if once[host] || allowed(c.Remote.Addr()) {
			continue
		}
		once[host] = true
		found = append(found, finding.Finding{ID: "PW-SAFE-CONNECTED", Severity: finding.Critical, Subject: "app",
			Title:    "it connected to " + c.Remote.String() + ", which pitwall.yml does not allow",
			Detail:   "The connection was seen from outside: it was not made through Ruby's sockets, where it could have been refused.",
			Evidence: []finding.Evidence{{Text: fmt.Sprintf("process %d", c.PID)}}, Caveats: []string{},
			Next: []string{"stub it, or, if that host may be called, add to pitwall.yml:\nallow:\n  - " + host}})
	}
	return found
}

func refusedFinding(subject string, r request.Outgoing) finding.Finding {
	return finding.Finding{ID: "PW-SAFE-OUTGOING", Severity: finding.Critical, Subject: subject,
		Title:    fmt.Sprintf("called %s: stub it", r.Host),
		Detail:   "The connection was refused before a packet left, so this route did not do what it does in production, and its figures are not its own.",
		Evidence: []finding.Evidence{{Text: fmt.Sprintf("%s:%d", r.Host, r.Port), Line: r.Line}}, Caveats: []string{},
		Next: []string{"stub it, or, if that host may be called, add to pitwall.yml:\nallow:\n  - " + r.Host}}
}
