package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// An app is often started as another user. Its processes are heard, those of
// that user's that are not ours are not.
func TestRealAnotherUser(t *testing.T) {
	ruby := realtest.Ruby(t)
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	s := listenHere(t, Options{})
	said := filepath.Join(t.TempDir(), "said")
	must(t, os.Chmod(filepath.Dir(filepath.Dir(said)), 0o711)) // let others pass
	must(t, os.WriteFile(said, nil, 0o666))
	must(t, os.Chmod(said, 0o666))
	// A server that hangs up is readable at once. An orphan has another parent.
	const connect = `require "socket"
		mine = Process.pid
		if ARGV[1] == "orphan"
		  exit!(0) if fork
		  sleep 0.01 while Process.ppid == mine
		end
		heard = begin
		  IO.select([UNIXSocket.new(ARGV[0])], nil, nil, 1).nil?
		rescue SystemCallError
		  false
		end
		File.write(ARGV[2], heard ? "heard" : "refused")`
	for _, c := range []struct{ how, want string }{{"child", "heard"}, {"orphan", "refused"}} {
		must(t, os.Truncate(said, 0))
		cmd := exec.Command(ruby, "-e", connect, s.Socket(), c.how, said)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", c.how, err, out)
		}
		got := ""
		for end := time.Now().Add(10 * time.Second); got == "" && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			b, err := os.ReadFile(said)
			must(t, err)
			got = string(b)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.how, got, c.want)
		}
	}
}
