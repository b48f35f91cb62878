package bench

import (
	"context"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/proc"
)

// TestKilledBench is no test: the test binary plays a pitwall that is killed.
func TestKilledBench(t *testing.T) {
	what, text := os.Getenv("KILLED_WHAT"), os.Getenv("KILLED_TEXT")
	if what == "" {
		t.Skip("it is started by others")
	}
	v := Version{Name: "here", Dir: t.TempDir()}
	b := spec.Benchmark{Command: "true"}
	var err error
	switch what {
	case "restore":
		err = restoreWith(context.Background(), text, v.Dir, os.Environ())
	case "ready":
		err = Ready(context.Background(), []spec.Task{{Name: "x", Command: text}}, []Version{v}, func(string) {})
	default:
		at := map[string]*string{"command": &b.Command, "setup": &b.Setup, "prepare": &b.Prepare}[what]
		*at = text
		_, err = aCommand(t, b, v).Measure(context.Background(), pairs.Turn{})
	}
	t.Fatal(err)
}

// kill -9 of pitwall ends all that a command started, in its group or not.
func TestNothingOutlivesAKilledBench(t *testing.T) {
	for _, what := range []string{"command", "setup", "prepare", "ready", "restore"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			text := strings.ReplaceAll(`sh -c "setsid sh -c 'echo \$\$ > DIR/a.pid; exec sleep 300' & sh -c 'echo \$\$ > DIR/b.pid; exec sleep 300'; true"`, "DIR", dir)
			c := osexec.Command(os.Args[0], "-test.run=^TestKilledBench$")
			c.Env = append(os.Environ(), "KILLED_WHAT="+what, "KILLED_TEXT="+text, "TMPDIR="+dir)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			defer c.Process.Kill()
			await(t, "both processes to come up", func() bool { return pidIn(dir+"/a.pid") > 0 && pidIn(dir+"/b.pid") > 0 })
			_ = c.Process.Kill()
			_ = c.Wait()
			for _, name := range []string{"/a.pid", "/b.pid"} {
				pid := pidIn(dir + name)
				if !await(t, "the end of process "+strconv.Itoa(pid), func() bool {
					s, err := proc.ReadStat(pid)
					return err != nil || s.State == 'Z'
				}) {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
}

func await(t *testing.T, what string, done func() bool) bool {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("waited in vain for %s", what)
			return false
		}
	}
	return true
}

func pidIn(file string) int {
	b, _ := os.ReadFile(filepath.Clean(file))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}
