package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/spec"
)

func TestReady(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	versions := []Version{{Name: "old", Dir: one, Env: map[string]string{"WHO": "old"}}, {Name: "new", Dir: two}, {Name: "old, again", Dir: one}}
	task := spec.Task{Name: "mark", Command: `sh -c 'echo "$WHO" >> marks'`, Env: map[string]string{"WHO": "task"}}
	var said []string
	if err := Ready(t.Context(), []spec.Task{task}, versions, func(s string) { said = append(said, s) }); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{one: "old\n", two: "task\n"} {
		if text, err := os.ReadFile(filepath.Join(dir, "marks")); err != nil || string(text) != want {
			t.Errorf("%q, want %q: %v", text, want, err)
		}
	}
	if strings.Join(said, "; ") != "old: mark; new: mark" {
		t.Errorf("%q", said)
	}
	for want, task := range map[string]spec.Task{
		"preparing old: x: exit code 3: out\nerr":                    {Name: "x", Command: `sh -c 'echo out; echo err >&2; exit 3'`},
		"preparing old: x: program no-such-thing: not found in PATH": {Name: "x", Command: "no-such-thing"},
		"preparing old: x: not done after 50ms":                      {Name: "x", Command: `sh -c 'sleep 600; true'`, Timeout: spec.Duration(50 * time.Millisecond)},
	} {
		if err := Ready(t.Context(), []spec.Task{task}, versions, func(string) {}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Ctrl-C ends the children of a task too, and is told apart from its failure.
func TestReadyIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	begin := time.Now()
	err := Ready(ctx, []spec.Task{{Name: "x", Command: `sh -c 'sleep 600; true'`}}, []Version{{Dir: t.TempDir()}}, func(string) {})
	if !errors.Is(err, context.Canceled) || time.Since(begin) > time.Minute {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}
