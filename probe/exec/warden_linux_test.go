package exec

import (
	"context"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKilledRunner is no test: the test binary plays a program that runs a
// command and is killed meanwhile.
func TestKilledRunner(t *testing.T) {
	text := os.Getenv("KILLED_RUNNER")
	if text == "" {
		t.Skip("it is started by others")
	}
	os.Unsetenv("KILLED_RUNNER")
	w, err := NewWarden(os.Getenv("KILLED_DIR"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := script(text)
	c.Warden, c.Spare = w, os.Getenv("KILLED_SPARE") != ""
	_, err = Run(context.Background(), c)
	t.Log(err)
	select {}
}

// runner starts it, and waits until the command has written n numbers of
// processes into files that end in .pid.
func runner(t *testing.T, n int, text string, env ...string) (*osexec.Cmd, []int) {
	t.Helper()
	dir := t.TempDir()
	c := osexec.Command(os.Args[0], "-test.run=^TestKilledRunner$")
	c.Env = append(append(os.Environ(), "KILLED_RUNNER="+strings.ReplaceAll(text, "DIR", dir)), env...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var pids []int
		files, _ := filepath.Glob(dir + "/*.pid")
		for _, f := range files {
			b, _ := os.ReadFile(f)
			if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
				pids = append(pids, pid)
			}
		}
		if len(pids) == n {
			return c, pids
		}
		if time.Now().After(end) {
			t.Fatalf("only %v came up", pids)
		}
	}
}

// gone waits for the end of processes, and ends those that stay.
func gone(t *testing.T, name string, pids []int) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for _, pid := range pids {
		for running(pid) && time.Now().Before(end) {
			time.Sleep(5 * time.Millisecond)
		}
		if running(pid) {
			t.Errorf("%s: process %d still runs", name, pid)
			p, _ := os.FindProcess(pid)
			_ = p.Kill()
		}
	}
}

// kill -9 of us ends what left the command's group, what lost its mark, and
// what a setup left running.
func TestNothingOutlivesUs(t *testing.T) {
	for name, c := range map[string]struct {
		n     int
		text  string
		spare string
	}{
		"children":         {2, `setsid sh -c 'echo $$ > DIR/a.pid; exec sleep 300' & sh -c 'echo $$ > DIR/b.pid; exec sleep 300'; true`, ""},
		"no environment":   {2, `env -i sh -c 'echo $$ > DIR/a.pid; exec sleep 300' & setsid sh -c 'echo $$ > DIR/b.pid; exec sleep 300'; true`, ""},
		"a setup's server": {1, `setsid sh -c 'echo $$ > DIR/a.pid; trap "" HUP TERM; while :; do sleep 0.05; done' >/dev/null 2>&1 & while ! [ -s DIR/a.pid ]; do sleep 0.01; done`, "KILLED_SPARE=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			removed := filepath.Join(t.TempDir(), "removed")
			if err := os.Mkdir(removed, 0o700); err != nil {
				t.Fatal(err)
			}
			r, pids := runner(t, c.n, c.text, "KILLED_DIR="+removed, c.spare)
			_ = r.Process.Kill()
			_ = r.Wait()
			gone(t, name, pids)
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(removed); os.IsNotExist(err) {
					break
				}
				if time.Now().After(end) {
					t.Fatal("the directory is still there")
				}
			}
		})
	}
}

// A warden knows the groups that run, in lines that its shell can read, and
// none that has ended: its number may be another's by then.
func TestAWardenForgetsWhatHasEnded(t *testing.T) {
	dir := t.TempDir()
	w, err := NewWarden(dir)
	if err != nil {
		t.Fatal(err)
	}
	listed := func() []string { return strings.Fields(string(w.table)) }
	for group := 1; group <= mostGroups+2; group++ {
		w.hold(4194304 + group) // beyond the largest pid_max: proc(5)
	}
	if got := listed(); len(got) != mostGroups || got[1] != "4194306" {
		t.Errorf("%q", got)
	}
	for group := 1; group <= mostGroups+2; group++ {
		w.drop(4194304 + group)
	}
	for _, spare := range []bool{false, true} {
		c := script("true")
		c.Warden, c.Spare = w, spare
		mustRun(t, c)
	}
	if got := listed(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	w.Close()
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("closed, it removed what lives: %v", err)
	}
}

// Marks of one warden have a half in common, all have one length: a longer
// environment moves a program's stack.
func TestMarks(t *testing.T) {
	w := &Warden{prefix: "0123456789abcdef"}
	one, other, free := w.mark(), w.mark(), (*Warden)(nil).mark()
	const shared = Marker + "=0123456789abcdef"
	if one == other || !strings.HasPrefix(one, shared) || !strings.HasPrefix(other, shared) || strings.HasPrefix(free, shared) || len(one) != len(free) {
		t.Errorf("%s, %s, %s", one, other, free)
	}
}
