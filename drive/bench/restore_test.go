package bench

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	if err := restoreWith(t.Context(), `sh -c 'echo "$A" > state'`, dir, append(os.Environ(), "A=1", "A=2")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(dir + "/state"); string(b) != "2\n" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	for want, command := range map[string]string{
		"restore: exit code 3: out\nwhy":                      `sh -c 'echo out; echo why >&2; exit 3'`,
		"restore: killed by SIGTERM":                          `sh -c 'kill -TERM $$'`,
		"restore: program no-such-program: not found in PATH": "no-such-program",
	} {
		if err := restoreWith(t.Context(), command, dir, os.Environ()); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What a command prints is no reason to run out of memory.
func TestRestoreKeepsLittle(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := restoreWith(t.Context(), `sh -c 'head -c 200000000 /dev/zero | tr "\0" x; exit 1'`, t.TempDir(), os.Environ())
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err == nil || len(err.Error()) > 20<<10 || used > 20<<20 {
		t.Errorf("%d bytes for an error of %d", used, len(err.Error()))
	}
}

// Ctrl-C ends the children of the command too.
func TestRestoreIsInterrupted(t *testing.T) {
	file := t.TempDir() + "/pid"
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for pidIn(file) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	err := restoreWith(ctx, strings.ReplaceAll(`sh -c "setsid sh -c 'echo \$\$ > FILE; exec sleep 300' & sleep 300; true"`, "FILE", file), t.TempDir(), os.Environ())
	if !errors.Is(err, context.Canceled) || lives(t, file) {
		t.Errorf("%v", err)
	}
}
