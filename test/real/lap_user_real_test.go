package real

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestRealLapWithoutPermission attaches as a user who may not look.
func TestRealLapWithoutPermission(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root to have two users")
	}
	s := newSite(t, tinyYML("", "/fast"))
	app := s.startPuma()
	s.open()
	p := s.unprivileged("lap", "--time", "10s", "--attach", fmt.Sprint(app.pid), "--store", filepath.Join(s.tmp, "store"))
	s.expect(p, 3, "CAP_SYS_PTRACE")
}

// TestRealLapReadOnly runs in a directory that cannot be written.
func TestRealLapReadOnly(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root to become a user who may not write")
	}
	s := newSite(t, tinyYML("", "/fast"))
	s.open()
	p := s.unprivileged("lap", "--time", "10s")
	s.expect(p, 3, filepath.Join(s.app, ".pitwall"), "--store")

	report := filepath.Join(s.tmp, "report.html")
	p = s.unprivileged("lap", "--time", "10s", "-o", report)
	s.nothingLeft()
	s.expect(p, 0, "not stored", report)
	if info, err := os.Stat(report); err != nil || info.Size() == 0 {
		t.Errorf("the report: %v", err)
	}
}

// open lets other users pass to the app, which they may not write, and into
// TMPDIR, which they may.
func (s *site) open() {
	s.t.Helper()
	for dir, mode := range map[string]os.FileMode{filepath.Dir(s.app): 0o755, s.app: 0o755, s.tmp: 0o777} {
		if err := os.Chmod(dir, mode); err != nil {
			s.t.Fatal(err)
		}
	}
}

// unprivileged runs pitwall as nobody to its end.
func (s *site) unprivileged(args ...string) *program {
	s.t.Helper()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	path, err := pitwall()
	if err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, "HOME=/nonexistent")
	p := s.run(append([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path}, args...)...)
	s.await(p, "the end", p.over)
	return p
}
