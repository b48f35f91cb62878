package real

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestRealLapRefuses runs laps that cannot be: each ends with a message that
// says why, its exit code, and nothing left running.
func TestRealLapRefuses(t *testing.T) {
	cases := []struct {
		name, yml string
		env       []string
		code      int
		says      []string
	}{
		{"no ruby", tinyYML("", "/fast"), []string{"PATH=/nonexistent"}, 3, []string{"web", "puma", "not found"}},
		{"does not start", tinyYML("env: {TINY_BOOT: fails}", "/fast"), nil, 3,
			[]string{"web: exited with code 9 before it was ready", "last output", "tiny: cannot find its licence"}},
		{"never ready", tinyYML("env: {TINY_BOOT: deaf}\n    ready: {http: /up, timeout: 2s}", "/fast"), nil, 3,
			[]string{"web: not ready after 2s", "tiny: thinking", "ready.timeout"}},
		{"all answer 500", tinyYML("", "/boom"), nil, 3, []string{"boom", "5xx"}},
		{"all redirect to https", tinyYML("env: {TINY_HTTPS: '1'}", "/fast", "/slow"), nil, 3,
			[]string{"redirects to https", "pitwall.yml:", "headers: {X-Forwarded-Proto: https}"}},
		{"empty pitwall.yml", "", nil, 2, []string{"pitwall.yml", "empty"}},
		{"wrong pitwall.yml", "app: tiny\nprocesses:\n  - name: web\n    comand: puma\nroutes: []\n", nil, 2,
			[]string{"pitwall.yml:4:5", "comand", "4 |     comand: puma"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, c.yml)
			s.env = c.env
			p := s.lap()
			s.nothingLeft()
			s.expect(p, c.code, c.says...)
		})
	}
}

func TestRealLapWithoutPitwallYML(t *testing.T) {
	s := newSite(t, "")
	if err := os.Remove(filepath.Join(s.app, "pitwall.yml")); err != nil {
		t.Fatal(err)
	}
	s.expect(s.lap(), 2, "pitwall.yml", "pitwall init")
	s.nothingLeft()
	if _, err := os.Stat(filepath.Join(s.app, ".pitwall")); err == nil {
		t.Error("a lap without pitwall.yml made a store")
	}
}

func TestRealLapPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	s := newSite(t, tinyYML(fmt.Sprintf("port: %d", port), "/fast"))
	s.expect(s.lap(), 3, fmt.Sprintf("port %d is taken by pid %d", port, os.Getpid()), "port: auto")
	s.nothingLeft()
}
