package lap

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/analyze/preflight"
	"pitwall/core/finding"
	"pitwall/core/profile"
	"pitwall/probe/machine"
	"pitwall/probe/proc"
)

// explain asks the database for its plans, now that nothing is driven.
func (t *turn) explain(ctx context.Context) error {
	if t.app == nil || t.app.Agent == nil || t.ev.Setup.Facts["db.adapter"] == "" {
		return nil
	}
	t.say("plans", "asking the database for its plans")
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := t.app.Agent.Explain(ctx); err != nil {
		t.note("asking for plans: %v", err)
	}
	return nil
}

// collect puts together what was seen, while the app still runs.
func (t *turn) collect() {
	if t.app != nil && t.app.Agent != nil {
		t.ev.Requests = t.app.Agent.Log()
		for _, p := range t.app.Agent.Processes() {
			t.rubyOf(p.PID, p.Ruby)
			if p.Faults > 0 {
				t.note("the agent met %d errors of its own in process %d: %s", p.Faults, p.PID, p.Fault)
			}
		}
	}
	if t.recorder != nil {
		t.ev.Profile = t.recorder.Profile().Collapse(agentFrame, profile.Frame{Name: "(pitwall's agent)", Kind: profile.Synthetic})
		for _, root := range t.roots() {
			t.ev.Profile.Relative(root)
		}
		t.ev.Driver.SamplerNS = t.recorder.Stats().CPU.Nanoseconds()
		for pid, err := range t.recorder.Errors() {
			t.note("process %d was not sampled: %v", pid, err)
		}
	}
	if t.watcher != nil {
		t.ev.Series = t.watcher.Stop()
	}
	t.ev.Findings = append(t.ev.Findings, t.outside.findings(t.mayTalkTo)...)
	if t.began != 0 {
		drift := t.before.Until(machine.Read(), t.ev.Machine.Cores)
		t.ev.Findings = append(t.ev.Findings, preflight.During(t.ev.Machine, drift, t.ours())...)
	}
	t.noteReplaced()
	if t.lock != nil && t.lock.joined() {
		t.ev.Findings = append(t.ev.Findings, finding.Finding{ID: "PW-MACHINE-SHARED", Severity: finding.Critical, Subject: "machine",
			Title:    "another lap ran beside this one: its times are worthless",
			Detail:   "Two laps share processors, memory and caches. Counters (statements, objects) hold; times and throughput do not.",
			Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{"pitwall lap --wait"}})
	}
}

// roots is where the app's own files are, as it and as the kernel name it.
func (t *turn) roots() []string {
	root := t.ev.Setup.Facts["rails.root"]
	if root == "" && t.o.Attach == 0 {
		root = t.o.Spec.Dir
		if u := t.o.Spec.Web(); u != nil && u.Dir != "" {
			root = t.o.Spec.Path(u.Dir)
		}
	}
	if !filepath.IsAbs(root) {
		return nil
	}
	if real, err := filepath.EvalSymlinks(root); err == nil && real != root {
		return []string{root, real}
	}
	return []string{root}
}

// agentFrame says whether a frame is our own agent's, which wraps each request
// and listens to its statements.
func agentFrame(f profile.Frame) bool { return strings.Contains(f.File, "/pitwall_agent") }

// noteReplaced says which of the processes that serve requests did not live to
// the end. When none did, the app died and the lap says so itself.
func (t *turn) noteReplaced() {
	serving := t.serving()
	if len(serving) == 0 {
		return
	}
	alive := map[int]int64{}
	for _, p := range t.processes() {
		alive[p.PID] = p.Started
	}
	for _, p := range serving {
		if len(alive) > 0 && alive[p.PID] != p.Started {
			t.note("%s (process %d) ended in the middle of the lap: what it knew is lost, and what took its place started cold", p.Role, p.PID)
		}
	}
}

func (t *turn) rubyOf(pid int, version string) {
	for i := range t.ev.Processes {
		if t.ev.Processes[i].PID == pid {
			t.ev.Processes[i].Ruby = version
		}
	}
}

// ours is the processor time in seconds of pitwall and everything it started,
// as far as that still lives; -1 when attached, where most is not ours.
func (t *turn) ours() float64 {
	if t.app == nil {
		return -1
	}
	var self unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &self) != nil {
		return -1
	}
	seconds := time.Duration(self.Utime.Nano() + self.Stime.Nano()).Seconds()
	for _, pid := range proc.Descendants(unix.Getpid()) {
		if s, err := proc.ReadStat(pid); err == nil {
			seconds += float64(s.CPU) / 100
		}
	}
	return seconds
}

// mayTalkTo says whether the app may be connected to an address: this
// machine's own, or one that pitwall.yml allows by number. A name under allow:
// cannot be told from its address here, so with names allowed none is claimed
// to be wrong.
func (t *turn) mayTalkTo(a netip.Addr) bool {
	if a.IsLoopback() || a.IsUnspecified() {
		return true
	}
	for _, host := range t.o.Spec.Allow {
		ip, err := netip.ParseAddr(host)
		if err != nil || ip == a {
			return true
		}
	}
	return false
}
