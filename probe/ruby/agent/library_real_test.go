package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// script runs a Ruby program of testdata, which prints nothing when all holds.
func script(t *testing.T, name string, env []string, args ...string) {
	t.Helper()
	ctx := within(t, 60*time.Second)
	cmd := exec.CommandContext(ctx, realtest.Ruby(t), append([]string{filepath.Join("testdata", name)}, args...)...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func TestRealFingerprints(t *testing.T) {
	script(t, "fingerprint.rb", os.Environ(), "rb")
}

func TestRealSetupOfAnyDatabase(t *testing.T) {
	script(t, "setup.rb", os.Environ(), "rb")
}

func TestRealGuardedSockets(t *testing.T) {
	s := listenHere(t, Options{Allow: []string{"allowed.example", "192.0.2.7:80"}})
	script(t, "guard.rb", s.Env(os.Environ()))
	// Each refusal was reported, by a process that is a helper.
	for end := time.Now().Add(5 * time.Second); len(s.Log().Outgoing) < 12 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	out := s.Log().Outgoing
	if len(out) != 12 {
		t.Fatalf("%d reported: %+v", len(out), out)
	}
	for _, o := range out {
		if !strings.HasSuffix(o.Host, ".example") && o.Host != "allowed.example.evil" && !strings.HasPrefix(o.Host, "192.0.2.") {
			t.Errorf("%+v", o)
		}
	}
	if p := s.Processes(); len(p) != 1 || p[0].Role != Helper {
		t.Errorf("%+v", p)
	}
}

// The library is Ruby that every version from 2.7 on reads, without warnings.
func TestRealSyntax(t *testing.T) {
	ruby := realtest.Ruby(t)
	list, err := filepath.Glob("rb/pitwall_agent/*.rb")
	must(t, err)
	for _, name := range append(list, "rb/pitwall_agent.rb") {
		out, err := exec.Command(ruby, "-wc", name).CombinedOutput()
		if err != nil || string(out) != "Syntax OK\n" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
