package boot

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pitwall/core/lap"
	"pitwall/core/spec"
)

func TestRolesByTitle(t *testing.T) {
	for _, c := range []struct {
		title, want string
		first       bool
	}{
		{"puma 5.6.5 (tcp://127.0.0.1:9292) [shop]", "web", true},
		{"puma: cluster worker 1: 4711 [shop]", "web worker 1", false},
		{"puma: cluster worker 12: 4711 [a puma: cluster worker 3: 1]", "web worker 12", false},
		{"unicorn_rails worker[2] -c config/unicorn.rb", "web worker 2", false},
		{"unicorn master -c config/unicorn.rb", "web", true},
		{"/usr/bin/ruby bin/rails runner", "web ruby", false},
		{"sidekiq 6.4.1 shop [0 of 5 busy]", "web sidekiq", false},
	} {
		if got := role("web", c.title, c.first); got != c.want {
			t.Errorf("%q is %q, want %q", c.title, got, c.want)
		}
	}
}

func TestServingPrefersWorkers(t *testing.T) {
	all := []lap.Process{{PID: 1, Role: "web"}, {PID: 2, Role: "web worker 0"}, {PID: 3, Role: "web sh"},
		{PID: 4, Role: "webhooks"}, {PID: 5, Role: "jobs"}, {PID: 6, Role: "web worker 1"}}
	pids := func(list []lap.Process) (pids []int) {
		for _, p := range list {
			pids = append(pids, p.PID)
		}
		return pids
	}
	if got := pids(Serving(all, "web")); !slices.Equal(got, []int{2, 6}) {
		t.Errorf("of a cluster serve %v", got)
	}
	single := slices.DeleteFunc(slices.Clone(all), func(p lap.Process) bool { return strings.Contains(p.Role, "worker") })
	if got := pids(Serving(single, "web")); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("without workers serve %v", got)
	}
}

func TestPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	fixed := []spec.Unit{{Name: "web", Port: spec.Port(port)}}
	_, err = choosePorts(fixed)
	if want := fmt.Sprintf("port %d is taken by pid %d", port, os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	l.Close()
	if got, err := choosePorts(fixed); err != nil || got["web"] != port {
		t.Errorf("a free port: %v, %v", got, err)
	}
	var units []spec.Unit
	for i := range 20 {
		units = append(units, spec.Unit{Name: fmt.Sprint(i), Port: spec.Auto})
	}
	got, err := choosePorts(append(units, spec.Unit{Name: "none"}))
	seen := map[int]bool{}
	for _, p := range got {
		seen[p] = true
	}
	if err != nil || len(got) != 20 || len(seen) != 20 {
		t.Errorf("ports %v, %v", got, err)
	}
}

func TestReadinessChecks(t *testing.T) {
	ctx := context.Background()
	var status atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	defer server.Close()
	if err := answers(ctx, server.URL); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("an app that answers 503: %v", err)
	}
	for _, code := range []int64{200, 301, 401, 404} {
		status.Store(code)
		if err := answers(ctx, server.URL); err != nil {
			t.Errorf("an app that answers %d: %v", code, err)
		}
	}
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("not yet\nlistening on 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := printed(log, regexp.MustCompile(`^listening on \d+$`)); err != nil {
		t.Error(err)
	}
	if err := printed(log, regexp.MustCompile("^yet")); err == nil {
		t.Error("a line that was not printed")
	}
}

// TestStrays finds a process by the private directory in its environment, and
// none whose directory only begins so.
func TestStrays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pw-1")
	start := func(dir string) *exec.Cmd {
		c := exec.Command("sleep", "60")
		c.Env = []string{"PITWALL_RUN_DIR=" + dir, "LAST=1"}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	ours, other := start(dir), start(dir+"2")
	defer other.Process.Kill()
	if got := strays(dir); !slices.Equal(got, []int{ours.Process.Pid}) {
		t.Errorf("strays %v, want %d", got, ours.Process.Pid)
	}
	go ours.Wait()
	killStrays(dir)
	if got := strays(dir); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	if got := strays(dir + "2"); len(got) != 1 {
		t.Errorf("the other: %v", got)
	}
}

func TestStoredCommandHasNoFlags(t *testing.T) {
	for title, want := range map[string]string{
		"puma: cluster worker 0: 4711 [shop]":       "puma: cluster worker 0: 4711 [shop]",
		"puma 5.6.5 (tcp://127.0.0.1:9292) [shop]":  "puma 5.6.5 (tcp://127.0.0.1:9292) [shop]",
		"ruby bin/jobs --token canary -c 5 default": "ruby bin/jobs",
		"": "",
	} {
		if got := withoutFlags(title); got != want {
			t.Errorf("%q is kept as %q, want %q", title, got, want)
		}
	}
}
