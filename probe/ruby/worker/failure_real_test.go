package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

func TestRealRaised(t *testing.T) {
	w := start(t, Options{})
	for _, c := range []struct {
		params                       map[string]any
		stage, class, message, where string
	}{
		{code("a = 1\nnil.frobnicate"), "body", "NoMethodError", "undefined method `frobnicate' for nil", "8"},
		{code("exit 3"), "body", "SystemExit", "exit", "7"},
		{code("raise Class.new(StandardError), \"x\" * 10_000"), "body", "an anonymous class", strings.Repeat("x", 2000) + "...", "7"},
		{code("[3].map { |i| raise ArgumentError, \"\\xff\" }"), "body", "ArgumentError", "?", "7"},
		{code("throw :x"), "body", "UncaughtThrowError", "uncaught throw :x", "7"},
		{map[string]any{"file": file, "code": "1", "code_line": 7, "setup_line": 3, "setup": "a = 1\nraise 'no rows'"}, "setup", "RuntimeError", "no rows", "4"},
		{map[string]any{"file": file, "code": "1", "code_line": 7, "rails": true}, "setup", "LoadError", "cannot load such file", ""},
	} {
		_, err := w.Load(t.Context(), Load{Kind: "code", Params: c.params})
		if err == nil {
			_, err = w.Count(t.Context(), Counting{})
		}
		var raised *RaisedError
		if !errors.As(err, &raised) || raised.Stage != c.stage || raised.Class != c.class || !strings.HasPrefix(raised.Message, c.message) ||
			c.where != "" && (raised.Where != file+":"+c.where || !strings.HasPrefix(raised.Backtrace[0], raised.Where)) {
			t.Errorf("%v: %+v, %v", c.params["code"], raised, err)
		}
	}
}

// What the parser says is of the user's lines: none of ours is shown, counted
// or ended, and the file is named once.
func TestRealSyntaxErrors(t *testing.T) {
	badSyntax(t, start(t, Options{}))
}

func badSyntax(t *testing.T, w *Worker) {
	t.Helper()
	for text, line := range map[string]int{
		"1\n2 +\n)": 9, "x = [1": 7, "def": 7, "x = 1 +": 7, "end; begin": 7, "}": 7, "end; end; {": 7, "1\nx = <<A\nfoo": 0,
		"next 1 +": 7, "rows /2; rows /3 +": 7,
	} {
		params := code(text)
		params["setup"] = "rows = 8"
		_, err := w.Load(t.Context(), Load{Kind: "code", Params: params})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || line > 0 && syntax.Where != fmt.Sprintf("%s:%d", file, line) || syntax.Message == "" ||
			strings.Contains(syntax.Message, "__pw") || strings.Contains(syntax.Message, "end; end; [") || strings.Contains(syntax.Message, file) {
			t.Errorf("%q: %+v, %v", text, syntax, err)
		}
	}
}

// Every way through a body may end by next, whose value is the call's.
func TestRealNextEndsABody(t *testing.T) {
	nextEnds(t, start(t, Options{}))
}

func nextEnds(t *testing.T, w *Worker) {
	t.Helper()
	digests := map[string]string{}
	for _, text := range []string{"[1]", "next [1]", "x = 1\nnext [x]", "if rand > 2 then next [2] else next [1] end", "next [1] if true; 7"} {
		for _, setup := range []any{nil, "a = 1", "rows = 8"} {
			params := code(text)
			params["setup"] = setup
			again(t, w, params)
			if b, err := w.Batch(t.Context(), 10, nil); err != nil || b.Calls != 10 {
				t.Errorf("%s: %+v, %v", text, b, err)
			}
			got, err := w.Count(t.Context(), Counting{})
			if err != nil || got.Digest == "" {
				t.Errorf("%s: %+v, %v", text, got, err)
			}
			digests[got.Digest] = text
		}
	}
	if len(digests) != 1 {
		t.Errorf("one value, several digests: %v", digests)
	}
}

// A body that leaves the loop is not timed as if it had gone through it.
func TestRealLeaving(t *testing.T) {
	w := start(t, Options{})
	for _, text := range []string{"break if true", "return 1 if true", "return [2, 1] if true", "break 5 if true"} {
		for _, setup := range []any{nil, "a = 1"} {
			params := code(text)
			params["setup"] = setup
			again(t, w, params)
			_, err := w.Batch(t.Context(), 10, nil)
			var refused *RefusedError
			if !errors.As(err, &refused) || refused.Where != file+":7" {
				t.Errorf("%s after %v: %v", text, setup, err)
			}
		}
	}
	again(t, w, code("next 5 if true"))
	if b, err := w.Batch(t.Context(), 10, nil); err != nil || b.Calls != 10 {
		t.Errorf("next: %+v, %v", b, err)
	}
}

func TestRealDeaths(t *testing.T) {
	for text, how := range map[string]string{
		"warn 'last words'; $stderr.flush; exit!(3)":                               "exited with 3",
		"warn 'last words'; Process.kill(:KILL, $$); sleep":                        "killed by SIGKILL",
		"warn 'last words'; IO.for_fd(4).syswrite(\"{\\n\"); exit!":                "",
		"warn 'last words'; IO.for_fd(4).close; loop { Process.clock_gettime(1) }": "silent",
	} {
		w := load(t, code(text), "sleep")
		_, err := w.Count(t.Context(), Counting{})
		var died *DiedError
		var odd *ProtocolError
		if how == "" && !errors.As(err, &odd) || how != "" && (!errors.As(err, &died) || died.How != how || died.Stage != "body" || died.Tail != "last words") {
			t.Errorf("%s: %v", text, err)
		}
		if end, err := w.Close(t.Context()); how != "" && (err != nil || end.Stderr != "last words") {
			t.Errorf("%s: closing: %+v, %v", text, end, err)
		}
	}
}

func TestRealHangs(t *testing.T) {
	w := start(t, Options{Limit: 2 * time.Second})
	again(t, w, code("nil while true"))
	_, err := w.Batch(t.Context(), 1, nil)
	var hung *HungError
	if !errors.As(err, &hung) || hung.Stage != "body" || alive(w.Hello().PID) {
		t.Errorf("%v, alive %v", err, alive(w.Hello().PID))
	}
	if _, err := w.Batch(t.Context(), 1, nil); err == nil {
		t.Error("a dead worker answers")
	}
}

func TestRealMemoryBound(t *testing.T) {
	w := start(t, Options{Memory: 200 << 20})
	if _, err := w.Load(t.Context(), Load{Kind: "code", GC: "off", Params: code(`"x" * 1_000_000`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Count(t.Context(), Counting{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Batch(t.Context(), 100_000, nil)
	var memory *MemoryError
	if !errors.As(err, &memory) || memory.Used <= memory.Bound || alive(w.Hello().PID) {
		t.Errorf("%v", err)
	}
}

func TestRealMissing(t *testing.T) {
	realtest.Ruby(t)
	var missing *MissingError
	if _, err := Start(t.Context(), Options{Ruby: []string{"no-such-ruby", "-W0"}}); !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) || missing.Command != "no-such-ruby -W0" {
		t.Errorf("%v", err)
	}
	if _, err := Start(t.Context(), Options{Dir: "/no/such"}); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	var died *DiedError
	if _, err := Start(t.Context(), Options{Ruby: []string{"ruby", "-rno_such_library"}, Env: os.Environ()}); !errors.As(err, &died) || died.How != "exited with 1" || !strings.Contains(died.Tail, "no_such_library") {
		t.Errorf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "pitwall-worker-*", "no_such")); len(left) > 0 {
		t.Error(left)
	}
}

// forking starts two processes in a worker: one of its group that ignores
// TERM, one that leaves it. Each writes its id to a file.
func forking(t *testing.T) map[string]any {
	out := filepath.Join(t.TempDir(), "pid")
	setup := fmt.Sprintf("pid = fork { trap(:TERM) {}; trap(:HUP) {}; sleep }; far = fork { Process.setsid; sleep }; File.write(%q, \"#{pid} #{far}\")", out)
	return map[string]any{"file": file, "code": "1", "code_line": 1, "setup": setup, "out": out}
}

// children are those of forking: in the worker's group, and out of it.
func children(t *testing.T, path string) (near, far int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if _, bad := fmt.Sscan(string(text), &near, &far); err != nil || bad != nil {
		t.Fatalf("%q, %v", text, err)
	}
	return near, far
}

func TestRealNothingIsLeft(t *testing.T) {
	for _, end := range []string{"close", "cancel"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := start(t, Options{})
		params := forking(t)
		if _, err := w.Load(ctx, Load{Kind: "code", Params: params}); err != nil {
			t.Fatal(err)
		}
		near, far := children(t, params["out"].(string))
		dir := w.dir
		if end == "close" {
			if _, err := w.Close(ctx); err != nil {
				t.Error(err)
			}
		} else {
			time.AfterFunc(100*time.Millisecond, cancel)
			if _, err := w.Batch(ctx, 1<<40, nil); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		_, err := os.Stat(dir)
		if alive(w.Hello().PID) || alive(near) || alive(far) || !os.IsNotExist(err) {
			t.Errorf("%s: worker alive %v, its children alive %v and %v, directory %v", end, alive(w.Hello().PID), alive(near), alive(far), err)
		}
	}
}

// TestRealKilled kills a process that has a worker with children: nothing of
// ours can run then but the warden.
func TestRealKilled(t *testing.T) {
	realtest.Ruby(t)
	if os.Getenv("PITWALL_VICTIM") != "" {
		w := start(t, Options{})
		params := forking(t)
		again(t, w, params)
		near, far := children(t, params["out"].(string))
		fmt.Printf("victim %d %d %d %s\n", w.Hello().PID, near, far, w.dir)
		_, _ = w.Batch(t.Context(), 1<<40, nil)
		return
	}
	victim := exec.Command(os.Args[0], "-test.run=^TestRealKilled$", "-test.v")
	victim.Env = append(os.Environ(), "PITWALL_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var ruby, near, far int
	var dir string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), "victim %d %d %d %s", &ruby, &near, &far, &dir); n == 4 {
			break
		}
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()
	if near == 0 || !gone(ruby) || !gone(near) || !gone(far) {
		t.Errorf("worker %d, its children %d and %d are left", ruby, near, far)
	}
	for range 100 {
		if _, err = os.Stat(dir); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s is left", dir)
}

// alive says whether a process runs; a zombie does not.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// gone waits for a process that was killed, which others reap.
func gone(pid int) bool {
	for range 200 {
		if !alive(pid) || syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
