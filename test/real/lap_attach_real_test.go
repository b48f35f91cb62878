package real

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// running Puma that pitwall did not start.
type puma struct {
	*program
	pid  int
	port string
}

// startPuma runs the site's app by hand.
func (s *site) startPuma(words ...string) puma {
	s.t.Helper()
	p := puma{port: freePort(s.t)}
	s.env = append(s.env, "PORT="+p.port)
	c := s.run(append(words, realtest.Puma(s.t), "-C", "config/puma.rb")...)
	p.program, p.pid = c, c.Process.Pid
	s.t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(5*time.Second, func() { c.Process.Kill() })
		<-c.ended
		late.Stop()
	})
	s.await(c, "Puma answers", func() bool { return p.get("/fast") })
	return p
}

func (p puma) get(path string) bool {
	answer, err := http.Get("http://127.0.0.1:" + p.port + path)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// TestRealLapAttach watches, and then drives, a Puma that runs already, and
// sees that nothing is loaded into it and that it runs on.
func TestRealLapAttach(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/slow"))
	app := s.startPuma()
	s.await(app.program, "both workers", func() bool { return len(s.running()) == 3 })
	before := insides(t, s)

	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				app.get("/slow")
			}
		}
	}()
	p := s.lap("--attach", fmt.Sprint(app.pid), "--json")
	close(stop)
	<-done
	s.expect(p, 0)
	r := p.result(t)
	checkJSON(t, []byte(p.out.String()))
	if r.Flame == nil {
		t.Errorf("an attached lap has no stacks; lost: %q", r.Lost)
	}
	driven := s.lap("--attach", fmt.Sprint(app.pid), "--drive", "--json")
	s.expect(driven, 0)
	if r := driven.result(t); len(r.Routes) != 2 || r.Routes[0].RatePerS <= 0 {
		t.Errorf("driven routes: %+v", r.Routes)
	}
	if after := insides(t, s); after != before {
		t.Errorf("the app's processes were\n%s\nand are now\n%s", before, after)
	}
	if !app.get("/fast") {
		t.Error("the app no longer answers")
	}
}

// insides is which processes the app has, and what they have mapped of files,
// which a library or an agent that was loaded would show in. Which worker was
// first to load what is not told: on a busy machine one is still starting when
// the other answers.
func insides(t *testing.T, s *site) string {
	t.Helper()
	pids := s.running()
	files := map[string]bool{}
	for _, pid := range pids {
		mapped, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(mapped)) {
			if fields := strings.Fields(line); len(fields) == 6 && strings.HasPrefix(fields[5], "/") {
				files[fields[5]] = true
			}
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || bytes.Contains(environ, []byte("PITWALL_AGENT")) {
			t.Errorf("environment of %d: %v %s", pid, err, environ)
		}
	}
	return fmt.Sprintf("%d\n%s", pids, strings.Join(slices.Sorted(maps.Keys(files)), "\n"))
}

// TestRealLapAttachRefuses names what is wrong with the process.
func TestRealLapAttachRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast"))
	gone := s.run("true")
	<-gone.ended
	p := s.lap("--attach", fmt.Sprint(gone.Process.Pid))
	s.expect(p, 3, fmt.Sprintf("process %d", gone.Process.Pid))

	other := s.run("sleep", "60")
	p = s.lap("--attach", fmt.Sprint(other.Process.Pid))
	other.Process.Kill()
	<-other.ended
	s.expect(p, 3, fmt.Sprint(other.Process.Pid), "Ruby")

	s.expect(s.lap("--attach", "-7"), 2, "--attach")
	s.nothingLeft()
}

// TestRealLapAttachedAppDies ends the watched app in the middle.
func TestRealLapAttachedAppDies(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast"))
	app := s.startPuma()
	p := s.start("lap", "--time", "20s", "--attach", fmt.Sprint(app.pid))
	s.await(p, "watching", func() bool { return p.reached("watching") })
	if err := kill(app.pid); err != nil {
		t.Fatal(err)
	}
	s.await(p, "the end", p.over)
	s.expect(p, 3, "the app died", fmt.Sprintf("process %d", app.pid))
}

// TestRealLapFindsPuma cannot know what else runs here: of several it lists
// ours too.
func TestRealLapFindsPuma(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast"))
	app := s.startPuma()
	p := s.start("lap", "--time", "10s", "--puma", "--json")
	s.await(p, "the end", p.over)
	if p.code() == 3 {
		s.expect(p, 3, "several Pumas run here", fmt.Sprintf("\n  %d puma ", app.pid), "--attach PID")
		return
	}
	s.expect(p, 0)
	if r := p.result(t); !strings.Contains(strings.Join(r.Lost, "\n"), "attached") {
		t.Errorf("it does not say that it attached: %q", r.Lost)
	}
}
