package spy

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/profile"
	"pitwall/internal/realtest"
	"pitwall/probe/proc"
)

// app starts a program of test/apps and waits until it is ready.
func app(t *testing.T, name string) int {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../../test/apps", name))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(realtest.Ruby(t), path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s says %q (%v)", name, line, err)
	}
	return cmd.Process.Pid
}

func open(t *testing.T, pid int) *Target {
	t.Helper()
	target, err := Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func record(t *testing.T, hz float64, d time.Duration, pids ...int) (*profile.Profile, Stats) {
	t.Helper()
	r, err := NewRecorder(Options{Hz: hz, PIDs: func() []int { return pids }})
	if err != nil {
		t.Fatal(err)
	}
	r.Resume()
	time.Sleep(d)
	r.Pause()
	stats := r.Stats()
	for pid, err := range r.Errors() {
		t.Fatalf("process %d: %v", pid, err)
	}
	p := r.Profile()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return p, stats
}

// share is the part of p's time, in per cent, whose stack has the method.
func share(p *profile.Profile, name string) float64 {
	for _, row := range p.Top(profile.ByMethod) {
		if row.Frame.Name == name || strings.HasSuffix(row.Frame.Name, "#"+name) {
			return 100 * float64(row.Total) / float64(p.Weight())
		}
	}
	return 0
}

func TestRealSplitOfCPUTime(t *testing.T) {
	p, stats := record(t, 200, 3*time.Second, app(t, "split.rb"))
	running := p.Filter(func(s profile.Sample) bool { return s.State == profile.Running })
	heavy, light := share(running, "heavy"), share(running, "light")
	t.Logf("heavy %.1f %%, light %.1f %% of %d samples; %+v; lost %v", heavy, light, len(p.Samples), stats, p.Lost)
	if len(running.Samples) < 100 || heavy < 60 || heavy > 80 || light < 20 || light > 40 {
		t.Errorf("want 70 and 30")
	}
}

func TestRealGVLStates(t *testing.T) {
	p, stats := record(t, 200, 4*time.Second, app(t, "gvl.rb"))
	t.Logf("%+v; lost %v, repaired %d", stats, p.Lost, p.Repaired)
	in := func(method string) map[profile.State]float64 {
		part := p.Filter(func(s profile.Sample) bool {
			for _, f := range p.Path(s.Stack) {
				if f.Name == method || strings.HasSuffix(f.Name, "#"+method) {
					return true
				}
			}
			return false
		})
		out := map[profile.State]float64{}
		for s, ns := range part.States() {
			out[s] = 100 * float64(ns) / float64(part.Weight())
		}
		return out
	}
	for _, c := range []struct {
		method    string
		state     profile.State
		low, high float64
	}{
		{"compute", profile.Running, 18, 32}, {"compute", profile.Waiting, 68, 82},
		{"nap", profile.Waiting, 80, 100}, // 10 ms asleep, then 400 ms in line
		{"queued", profile.Sleeping, 99, 100}, {"piped", profile.Blocked, 99, 100}, {"locked", profile.Locked, 99, 100},
	} {
		got := in(c.method)
		if got[c.state] < c.low || got[c.state] > c.high {
			t.Errorf("%s is %s %.1f %% of its time, want %g to %g: %v", c.method, c.state, got[c.state], c.low, c.high, got)
		}
	}
}

// impossible says what is wrong with a stack of tree.rb, "" if nothing is.
func impossible(path []profile.Frame) string {
	above := ""
	var line int32
	for _, f := range path {
		name := f.Name[strings.LastIndex(f.Name, "#")+1:]
		if !strings.HasPrefix(f.File, "tree/") {
			continue
		}
		switch {
		case f.File != "tree/"+name:
			return fmt.Sprintf("%s in %s", name, f.File)
		case above != "" && (len(name) != len(above)+1 || !strings.HasPrefix(name, above)):
			return fmt.Sprintf("%s called from %s", name, above)
		case above != "" && line != int32(name[len(name)-1]-'a')+2:
			return fmt.Sprintf("%s called from line %d of %s", name, line, above)
		}
		above, line = name, f.Line
	}
	return ""
}

func TestRealStacksAreNeverImpossible(t *testing.T) {
	p, stats := record(t, 1000, 4*time.Second, app(t, "tree.rb"))
	wrong, whole := 0, 0
	for _, s := range p.Samples {
		path := p.Path(s.Stack)
		if why := impossible(path); why != "" {
			if wrong++; wrong < 5 {
				t.Log(why)
			}
		}
		if len(path) > 2 {
			whole++
		}
	}
	t.Logf("%d impossible, %d with frames, of %d; cut %d, lost %v; %+v", wrong, whole, len(p.Samples), stats.Cut, p.Lost, stats)
	if len(p.Samples) < 500 || whole < len(p.Samples)*3/4 || wrong*200 > len(p.Samples) {
		t.Error("more than one in 200 stacks is impossible, or too many are empty")
	}
}

func TestRealLines(t *testing.T) {
	target := open(t, app(t, "lines.rb"))
	var s Snapshot
	if err := target.Sample(&s); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, th := range s.Threads {
		for _, id := range th.Frames {
			f := target.Frame(id)
			at := strings.Index(f.Name, "at_")
			if at < 0 || f.Kind == profile.CFunc {
				continue
			}
			seen++
			if f.Name[at:] != fmt.Sprintf("at_%d", f.Line) || !strings.HasSuffix(f.File, "/test/apps/lines.rb") {
				t.Errorf("%s is on line %d of %s", f.Name, f.Line, f.File)
			}
		}
	}
	if seen != 8 {
		t.Errorf("%d of 8 methods seen", seen)
	}
}

func TestRealDeepStacksAndFibers(t *testing.T) {
	target := open(t, app(t, "deep.rb"))
	var s Snapshot
	if err := target.Sample(&s); err != nil {
		t.Fatal(err)
	}
	depths := map[int]int{}
	for _, th := range s.Threads {
		down := 0
		for _, id := range th.Frames {
			if strings.HasSuffix(target.Frame(id).Name, "down") {
				down++
			}
		}
		depths[down]++
		if th.TID <= 0 {
			t.Errorf("thread id %d", th.TID)
		}
	}
	if depths[3001] != 1 || depths[10] != 1 {
		t.Errorf("threads by depth of down: %v, want one of 3001 and one of 10", depths)
	}
}

func TestRealPauseAndVanish(t *testing.T) {
	pid := app(t, "split.rb")
	r, err := NewRecorder(Options{Hz: 500, PIDs: func() []int { return []int{pid} }, Refresh: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if s := r.Stats(); s.Ticks != 0 {
		t.Errorf("%d ticks before Resume", s.Ticks)
	}
	r.Resume()
	time.Sleep(300 * time.Millisecond)
	r.Pause()
	before := r.Stats()
	time.Sleep(100 * time.Millisecond)
	if after := r.Stats(); after != before || before.Threads == 0 {
		t.Errorf("while paused %+v became %+v", before, after)
	}
	if p, err := exec.Command("kill", "-9", fmt.Sprint(pid)).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	r.Resume()
	time.Sleep(300 * time.Millisecond)
	if err := r.Errors()[pid]; !errors.Is(err, proc.ErrGone) {
		t.Errorf("after its end: %v", err)
	}
	p := r.Profile()
	if r.Stats().Vanished != 1 || p.Lost["vanished"] == 0 {
		t.Errorf("vanished %d, lost %v", r.Stats().Vanished, p.Lost)
	}
	r.Resume() // after the end it does nothing, and does not hang
}

func TestRealOtherProcessesAreRefused(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_, err := Open(cmd.Process.Pid)
	var not *NotRubyError
	if !errors.As(err, &not) {
		t.Errorf("sleep(1): %v", err)
	}
}
