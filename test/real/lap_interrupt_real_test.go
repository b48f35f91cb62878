package real

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/core/run"
	"pitwall/internal/realtest"
)

// stages of a lap, as its progress names them, and whether something is
// measured by then.
var stages = []struct {
	name     string
	measured bool
}{{"boot", false}, {"answers", false}, {"warm-up", false}, {"own work", false}, {"saturation", true}, {"windows", true}, {"plans", true}}

// inEachStage runs a lap up to each stage, several at once, and hands it over.
func inEachStage(t *testing.T, do func(s *site, p *program, measured bool)) {
	for _, stage := range stages {
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			env := ""
			if stage.name == "plans" { // which only an app with a database has; it need not answer
				realtest.Rails(t)
				env = "env: {TINY_DATABASE: 'postgres://127.0.0.1:1/none'}"
			}
			s := newSite(t, tinyYML(env, "/fast", "/slow"))
			heavy <- struct{}{}
			defer func() { <-heavy }()
			p := s.start("lap", "--time", "12s")
			s.await(p, stage.name, func() bool { return p.reached(stage.name) })
			if stage.measured && stage.name != "plans" { // so that nothing left says something
				s.await(p, "the app's processes", func() bool { return len(s.running()) >= 5 })
			}
			do(s, p, stage.measured)
		})
	}
}

// TestRealLapInterrupted ends laps with Ctrl-C: a partial result is stored
// when there is one.
func TestRealLapInterrupted(t *testing.T) {
	inEachStage(t, func(s *site, p *program, measured bool) {
		p.Process.Signal(syscall.SIGINT)
		<-p.ended
		s.nothingLeft()
		runs := s.stored()
		if len(runs) != 1 {
			s.t.Fatalf("%d runs stored\n%s", len(runs), p.said())
		}
		if runs[0].Status == run.Complete && p.reached("plans") { // it was too late for Ctrl-C
			s.expect(p, 0)
			return
		}
		s.expect(p, 4, "interrupted")
		if !measured {
			return
		}
		if runs[0].Status != run.Partial || windows(runs[0]) == 0 {
			s.t.Errorf("the run is %s with %d windows", runs[0].Status, windows(runs[0]))
		}
		s.expect(p, 4, "Partial")
		if listed := s.start("runs"); listed.code() != 0 || !strings.Contains(listed.out.String(), "partial") {
			s.t.Errorf("pitwall runs says %s", listed.said())
		}
	})
}

// TestRealLapInterruptedTwice ends laps with two Ctrl-C: at once.
func TestRealLapInterruptedTwice(t *testing.T) {
	inEachStage(t, func(s *site, p *program, _ bool) {
		p.Process.Signal(syscall.SIGINT)
		for !p.over() { // the second one counts when the first was taken
			p.Process.Signal(syscall.SIGINT)
			time.Sleep(20 * time.Millisecond) // a flood overflows the signal stack of any Go program
		}
		if code := p.code(); code != -int(syscall.SIGINT) && code != 4 && code != 0 {
			s.t.Errorf("ended with %d\n%s", code, p.said())
		}
		s.nothingSoon()
	})
}

// TestRealLapKilled ends laps with kill -9: what was sealed is kept, and the
// next start says what is lost.
func TestRealLapKilled(t *testing.T) {
	inEachStage(t, func(s *site, p *program, measured bool) {
		p.Process.Kill()
		<-p.ended
		s.nothingSoon()
		listed := s.start("runs", "--json")
		if listed.code() != 0 {
			s.t.Fatalf("pitwall runs: %s", listed.said())
		}
		runs := s.stored()
		if len(runs) != 1 || runs[0].Status == run.Open || runs[0].Status == run.Complete {
			s.t.Fatalf("stored: %+v", runs)
		}
		if measured && (runs[0].Status != run.Partial || windows(runs[0]) == 0) {
			s.t.Errorf("the run is %s with %d windows", runs[0].Status, windows(runs[0]))
		}
		if measured && len(runs[0].Dropped) == 0 {
			s.t.Error("it does not say what was lost")
		}
		if !strings.Contains(listed.out.String(), runs[0].ID) {
			s.t.Errorf("pitwall runs says %s", listed.said())
		}
	})
}

// TestRealLapSupervisorKilled ends the process that is to leave nothing.
func TestRealLapSupervisorKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/slow"))
	heavy <- struct{}{}
	defer func() { <-heavy }()
	p := s.start("lap", "--time", "20s")
	s.await(p, "own work", func() bool { return p.reached("own work") })
	s.kill(built + "/pitwall __supervise")
	s.await(p, "the end", p.over)
	s.nothingLeft()
	s.expect(p, 3, "supervisor", "killed")
}
