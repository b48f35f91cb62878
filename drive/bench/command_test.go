package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/exec"
	"pitwall/probe/proc"
)

func aCommand(t *testing.T, b spec.Benchmark, versions ...Version) *Command {
	t.Helper()
	if len(versions) == 0 {
		versions = []Version{{Name: "here", Dir: t.TempDir()}}
	}
	c, err := NewCommand(&spec.Bench{Env: map[string]string{"FROM_FILE": "f", "BOTH": "file"}}, b, versions, CommandOptions{Limit: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func unitOf(t *testing.T, c *Command, turn pairs.Turn) core.Unit {
	t.Helper()
	u, err := c.Measure(context.Background(), turn)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCommandUnit(t *testing.T) {
	c := aCommand(t, spec.Benchmark{Name: "nap", Command: "sleep 0.12"})
	u := unitOf(t, c, pairs.Turn{Pad: 100})
	if len(u.Blocks) != 1 || u.Values[core.Time] < 0.12 || u.Values[core.CPU] <= 0 || u.Values[core.CPU] > u.Values[core.Time] {
		t.Errorf("%+v", u)
	}
	if u.Pad != 100 || u.Overhead <= 0 || u.WarmUp.Class != "" || u.GC.Share != -1 {
		t.Errorf("%+v", u)
	}
	if c.uncounted == "" {
		if n := u.Values[core.Syscalls]; n < 10 || n > 200 || u.Values[core.Memory] < 100<<10 {
			t.Errorf("%v system calls, %v bytes", n, u.Values[core.Memory])
		}
	}
	// sha256sum </dev/null
	if u.Digest != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("digest %s", u.Digest)
	}
	later := unitOf(t, c, pairs.Turn{Round: countedRounds})
	if _, counted := later.Values[core.Syscalls]; counted || later.Digest != "" {
		t.Errorf("a later round is counted: %+v", later)
	}
}

// Short commands are executed several times, as often in every version.
func TestShortCommandsAreRepeated(t *testing.T) {
	dir := t.TempDir()
	c := aCommand(t, spec.Benchmark{Command: "sh -c 'echo x >> runs'", WarmUp: 2, Prepare: "sh -c 'echo p >> prepared'", Conclude: "sh -c 'echo c >> concluded'"},
		Version{Name: "old", Dir: dir}, Version{Name: "new", Dir: dir, Env: map[string]string{"A": "1"}})
	u := unitOf(t, c, pairs.Turn{Round: countedRounds})
	v := unitOf(t, c, pairs.Turn{Round: countedRounds, Arm: 1})
	n := len(u.Blocks)
	if n < 3 || n%2 == 0 || len(v.Blocks) != n || len(u.Notes) == 0 || !strings.Contains(u.Notes[0], fmt.Sprintf("median of %d executions", n)) {
		t.Errorf("%d and %d executions, %q", n, len(v.Blocks), u.Notes)
	}
	for _, file := range []string{"runs", "prepared", "concluded"} {
		if got := linesOf(t, filepath.Join(dir, file)); got != 2*(n+2) {
			t.Errorf("%s: %d times, want %d", file, got, 2*(n+2))
		}
	}
	var walls []float64
	for _, b := range u.Blocks {
		walls = append(walls, float64(b.Wall)/1e9)
	}
	slices.Sort(walls)
	if u.Values[core.Time] != walls[n/2] {
		t.Errorf("%v is not the median of %v", u.Values[core.Time], walls)
	}
	for wall, want := range map[time.Duration]int{time.Second: 1, 60 * time.Millisecond: 1, 40 * time.Millisecond: 3, 9 * time.Millisecond: 11, time.Millisecond: 15, 0: 15} {
		if got := executionsFor(wall); got != want {
			t.Errorf("%v: %d executions, want %d", wall, got, want)
		}
	}
}

func linesOf(t *testing.T, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

func TestSetupAndCleanupOnceAVersion(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	versions := []Version{{Name: "old", Dir: one}, {Name: "new", Dir: two}, {Name: "old, again", Dir: one}}
	c := aCommand(t, spec.Benchmark{Setup: "sh -c 'echo s >> setup'", Cleanup: "sh -c 'echo c >> cleanup'", Command: "test -e setup"}, versions...)
	for round := range 2 {
		for arm := range versions {
			unitOf(t, c, pairs.Turn{Arm: arm, Round: round})
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{one, two} {
		if s, e := linesOf(t, filepath.Join(dir, "setup")), linesOf(t, filepath.Join(dir, "cleanup")); s != 1 || e != 1 {
			t.Errorf("%s: setup %d times, cleanup %d times", dir, s, e)
		}
	}
}

// What setup starts lives until the end; what an execution starts does not
// outlive it.
func TestServerOfASetup(t *testing.T) {
	dir := t.TempDir()
	c := aCommand(t, spec.Benchmark{
		Setup:   `sh -c 'setsid sleep 100 & echo $! > server'`,
		Command: `sh -c 'kill -0 $(cat server) && { sleep 99 & echo $! > left; }'`,
	}, Version{Dir: dir})
	u := unitOf(t, c, pairs.Turn{Round: countedRounds})
	if !lives(t, filepath.Join(dir, "server")) || lives(t, filepath.Join(dir, "left")) {
		t.Error("the server has gone, or a child has not")
	}
	if !strings.Contains(strings.Join(u.Notes, "\n"), "it leaves 1 processes running") {
		t.Errorf("%q", u.Notes)
	}
	if err := c.Close(); err != nil || lives(t, filepath.Join(dir, "server")) {
		t.Errorf("the server lives on: %v", err)
	}
}

func lives(t *testing.T, file string) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	st, err := proc.ReadStat(pid)
	return err == nil && st.State != 'Z'
}

func TestWhatTheCommandSees(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sub", "in.txt"), []byte("input"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := spec.Benchmark{
		Command: `echo "$(cat) $FROM_FILE $BOTH $MINE ${#PITWALL_PAD} $(basename $PWD)"; exit 3`, Shell: "sh -u", Exit: []int{0, 3}, Input: "in.txt", Dir: "sub",
		Env: map[string]string{"BOTH": "benchmark", "MINE": "benchmark", "PITWALL_PAD": ""},
	}
	c := aCommand(t, b, Version{Dir: dir, Env: map[string]string{"MINE": "version"}})
	u := unitOf(t, c, pairs.Turn{Pad: 77})
	// printf 'input f benchmark version 0 sub\n' | sha256sum
	if want := "46ef85a2d408cdf6a89fac655ed8d9c7"; !strings.HasPrefix(u.Digest, want) || !strings.HasSuffix(u.Digest, " exit 3") {
		t.Errorf("digest %s", u.Digest)
	}
	p := c.program(c.versions[0], 77)
	if !slices.Contains(p.Env, "PITWALL_PAD="+strings.Repeat("x", 77)) {
		t.Error("no padding")
	}
}

func TestCommandsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		benchmark          spec.Benchmark
		stage, how, stderr string
	}{
		"exit code":  {spec.Benchmark{Command: "sh -c 'echo why >&2; exit 4'"}, "command", "exit code 4", "why"},
		"signal":     {spec.Benchmark{Command: "sh -c 'kill -SEGV $$'", Exit: []int{0, 139}}, "command", "killed by SIGSEGV", ""},
		"time limit": {spec.Benchmark{Command: `sh -c 'trap "" TERM; while :; do sleep 0.05; done'`}, "command", "ended at its time limit", ""},
		"prepare":    {spec.Benchmark{Command: "true", Prepare: "sh -c 'echo no >&2; exit 1'"}, "prepare", "exit code 1", "no"},
		"setup":      {spec.Benchmark{Command: "true", Setup: "false"}, "setup", "exit code 1", ""},
		"conclude":   {spec.Benchmark{Command: "true", Conclude: "sh -c 'kill -KILL $$'"}, "conclude", "killed by SIGKILL", ""},
	} {
		s := aCommand(t, c.benchmark)
		s.options.Limit = time.Second / 2
		_, err := s.Measure(context.Background(), pairs.Turn{})
		var failed *CommandError
		if !errors.As(err, &failed) || failed.Stage != c.stage || failed.How != c.how || strings.Join(failed.Stderr, "\n") != c.stderr {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := aCommand(t, spec.Benchmark{Command: "no-such-program-here"}).Measure(context.Background(), pairs.Turn{})
	var missing *exec.NotFoundError
	if !errors.As(err, &missing) {
		t.Errorf("missing program: %v", err)
	}
	if _, err := NewCommand(&spec.Bench{}, spec.Benchmark{Command: "a | b"}, nil, CommandOptions{}); err == nil || !strings.Contains(err.Error(), "shell") {
		t.Errorf("a pipe without a shell: %v", err)
	}
}

func TestOddCommands(t *testing.T) {
	for name, text := range map[string]string{
		"closes its output": "sh -c 'exec >&- 2>&-; exit 0'",
		"reads its input":   "cat",
		"prints 100 MB":     "head -c 100000000 /dev/zero",
		"daemon":            "sh -c 'setsid sh -c \"sleep 30 & sleep 30\" >/dev/null 2>&1 &'",
		"stops itself":      "sh -c '(sleep 0.1; kill -CONT $$) & kill -STOP $$; wait'",
	} {
		u := unitOf(t, aCommand(t, spec.Benchmark{Command: text}), pairs.Turn{})
		if u.Values[core.Time] <= 0 || u.Digest == "" {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

func TestAnInterruptedCommand(t *testing.T) {
	dir := t.TempDir()
	c := aCommand(t, spec.Benchmark{Command: "sh -c 'echo $$ > pid; sleep 100'", Cleanup: "touch cleaned"}, Version{Dir: dir})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if b, err := os.ReadFile(filepath.Join(dir, "pid")); err == nil && len(b) > 0 {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := c.Measure(ctx, pairs.Turn{}); !errors.Is(err, context.Canceled) || lives(t, filepath.Join(dir, "pid")) {
		t.Errorf("%v", err)
	}
	if err := c.Close(); err != nil || !exists(filepath.Join(dir, "cleaned")) {
		t.Errorf("not cleaned up: %v", err)
	}
}

func TestExpand(t *testing.T) {
	b := spec.Benchmark{Name: "tool", Command: "tool {size} ${size} {mode} { size }", Setup: "make {size}", Input: "{size}.txt", Parameters: map[string][]string{"size": {"1", "{mode}"}, "mode": {"a", "b"}}}
	var got []string
	for _, e := range Expand(b) {
		got = append(got, e.Name+" | "+e.Command+" | "+e.Setup+" | "+e.Input)
		if e.Parameters != nil {
			t.Error("parameters are left")
		}
	}
	want := []string{
		"tool mode=a size=1 | tool 1 ${size} a { size } | make 1 | 1.txt",
		"tool mode=a size={mode} | tool {mode} ${size} a { size } | make {mode} | {mode}.txt",
		"tool mode=b size=1 | tool 1 ${size} b { size } | make 1 | 1.txt",
		"tool mode=b size={mode} | tool {mode} ${size} b { size } | make {mode} | {mode}.txt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if plain := Expand(spec.Benchmark{Name: "x", Command: "a {b}"}); len(plain) != 1 || plain[0].Command != "a {b}" {
		t.Errorf("%+v", plain)
	}
	if code := Expand(spec.Benchmark{Name: "x", Code: "{a}"}); len(code) != 1 {
		t.Errorf("%+v", code)
	}
}
