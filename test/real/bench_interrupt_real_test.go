package real

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/core/run"
	"pitwall/store"
)

// midRun starts a long comparison with HEAD, and waits until a round of it is
// measured and the next is under way.
func midRun(t *testing.T) (*site, *program) {
	t.Helper()
	s := newShed(t)
	s.change(`"100"`, `"50"`)
	p := s.start("bench", "--against", "HEAD", "--rounds", "200", "--gate", "time")
	workers := map[int]bool{}
	s.await(p, "a fifth process", func() bool {
		for _, pid := range s.running() {
			if strings.Contains(commandLine(pid), "worker.rb") {
				workers[pid] = true
			}
		}
		return len(workers) >= 5
	})
	return s, p
}

// Ctrl-C prints what there is, stores it as partial, and leaves nothing.
func TestRealBenchInterrupted(t *testing.T) {
	t.Parallel()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	s, p := midRun(t)
	p.Process.Signal(syscall.SIGINT)
	<-p.ended
	s.oneTree()
	s.expect(p, 4, "Partial:", "interrupted: the result is partial", "100 to 50", "measuring was ended early")
	runs := s.stored()
	if len(runs) != 1 || runs[0].Status != run.Partial {
		t.Fatalf("stored: %+v", runs)
	}
	st, err := store.Open(t.Context(), filepath.Join(s.app, store.DirName))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r, err := st.Bench(t.Context(), runs[0])
	if err != nil || r.Partial == "" || len(r.Benchmarks) != 1 || len(r.Benchmarks[0].Units) < 4 {
		t.Errorf("stored: %+v, %v", r, err)
	}
	s.expect(s.start("runs", "--store", ".pitwall"), 0, "partial")
	s.expect(s.start("report", "last", "--store", ".pitwall", "-o", s.inTMP("partial.html")), 0)
}

// A second Ctrl-C ends at once, and no process stays.
func TestRealBenchInterruptedTwice(t *testing.T) {
	t.Parallel()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	s, p := midRun(t)
	for !p.over() {
		p.Process.Signal(syscall.SIGINT)
		time.Sleep(5 * time.Millisecond)
	}
	if code := p.code(); code != -int(syscall.SIGINT) && code != 4 {
		t.Errorf("ended with %d\n%s", code, p.said())
	}
	s.nobodySoon()
	s.worksAgain()
}

// kill -9 leaves no Ruby, and a worktree that the next run takes away.
func TestRealBenchKilled(t *testing.T) {
	t.Parallel()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	s, p := midRun(t)
	p.Process.Kill()
	<-p.ended
	s.nobodySoon()
	if dirs := s.private(); len(dirs) != 1 || !strings.Contains(dirs[0], "pw-rev-") {
		t.Errorf("left of a killed run: %q, want its worktree alone", dirs)
	}
	s.worksAgain()
	for _, r := range s.stored() {
		if r.Status == run.Open {
			t.Errorf("run %s is still open", r.ID)
		}
	}
}

// nobodySoon waits for the end of all processes of a run that could not wait
// for it, and of the directories that they remove. A worktree may stay.
func (s *site) nobodySoon() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pids := append(s.running(), s.guards()...)
		workers, _ := filepath.Glob(s.inTMP("pitwall-worker-*"))
		if len(pids)+len(workers) == 0 {
			return
		}
		if time.Now().After(end) {
			for _, pid := range pids {
				s.t.Errorf("left running: %d %s", pid, commandLine(pid))
			}
			s.t.Errorf("left in TMPDIR: %q", workers)
			return
		}
	}
}

// worksAgain has the next run judge, and take away what one before it left.
func (s *site) worksAgain() {
	s.t.Helper()
	p := s.start("bench", "--rounds", "2", "--against", "HEAD", "--gate", "objects")
	s.await(p, "the next run", p.over)
	s.oneTree()
	s.expect(p, 0, "better  100 objects to 50")
}

// Ctrl-C and kill -9 while a version is prepared, a command runs or a body runs
// one end what these started too.
func TestRealBenchEndedInACommand(t *testing.T) {
	for name, text := range map[string]string{
		"prepare":   "prepare:\n  - {name: bundle, command: sh -c 'sleep 600; true'}\nbenchmarks:\n  - name: one\n    code: 100.times { Object.new }\n",
		"a command": "benchmarks:\n  - name: one\n    command: sh -c 'sleep 600; true'\n",
		"its setup": "benchmarks:\n  - name: one\n    command: 'true'\n    setup: sh -c 'sleep 600; true'\n",
		"a body":    "benchmarks:\n  - name: one\n    allow: [fork]\n    code: system(\"sleep 600; true\")\n",
	} {
		for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
			t.Run(name+", "+how.String(), func(t *testing.T) {
				t.Parallel()
				s := newShed(t)
				s.write("benchmarks/one.yml", text)
				p := s.start("bench", "benchmarks/one.yml", "--against", "HEAD")
				s.await(p, "the sleep", s.sleeps)
				p.Process.Signal(how)
				s.await(p, "the end", p.over)
				if how == syscall.SIGKILL {
					s.nobodySoon()
					return
				}
				s.oneTree()
				s.expect(p, 4)
			})
		}
	}
}

// sleeps says that a command of those above is under way.
func (s *site) sleeps() bool {
	return slices.ContainsFunc(s.running(), func(pid int) bool { return commandLine(pid) == "sleep 600" })
}
