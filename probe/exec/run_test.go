package exec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script runs a line of sh.
func script(text string) Command {
	return Command{Args: []string{"sh", "-c", text}, Limit: 20 * time.Second}
}

func mustRun(t *testing.T, c Command) Outcome {
	t.Helper()
	o, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestHowCommandsEnd(t *testing.T) {
	for text, want := range map[string]string{
		"exit 0":        "exit code 0",
		"exit 7":        "exit code 7",
		"kill -KILL $$": "killed by SIGKILL",
		"kill -TERM $$": "killed by SIGTERM",
		"exec >&-; :":   "exit code 0",
		"cat; exit 3":   "exit code 3", // standard input is empty, not ours
	} {
		if o := mustRun(t, script(text)); o.How() != want {
			t.Errorf("%s: %s, want %s", text, o.How(), want)
		}
	}
}

func TestOutputIsCountedAndBounded(t *testing.T) {
	c := script("head -c 3000000 /dev/zero | tr '\\0' x; echo end; echo oops >&2")
	c.Keep = true
	o := mustRun(t, c)
	if o.Stdout.Bytes != 3_000_004 || len(o.Stdout.Tail) != keptBytes || !strings.HasSuffix(string(o.Stdout.Tail), "xend\n") {
		t.Errorf("%d bytes, %d kept", o.Stdout.Bytes, len(o.Stdout.Tail))
	}
	// head -c 3000000 /dev/zero | tr '\0' x | (cat; echo end) | sha256sum
	if want := "de549fc5a8ae6980fc43b16f1f79e18c9c9f10f461043bb6c761d2e8d0276584"; o.Stdout.SHA256 != want {
		t.Errorf("sha256 %s, want %s", o.Stdout.SHA256, want)
	}
	if got := o.Stderr.Lines(5); !slices.Equal(got, []string{"oops"}) {
		t.Errorf("stderr %q", got)
	}
	if o = mustRun(t, script("echo unseen")); o.Stdout.Bytes != -1 || o.Stdout.SHA256 != "" {
		t.Errorf("output to /dev/null was looked at: %+v", o.Stdout)
	}
}

func TestWhatACommandGets(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "in")
	if err := os.WriteFile(input, []byte("from a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := script(`cat; echo " $A $(pwd) ${PITWALL_RUN:+marked}"`)
	c.Dir, c.Input, c.Keep, c.Env = dir, input, true, []string{"A=0", "A=1", "PATH=" + os.Getenv("PATH")}
	o := mustRun(t, c)
	if want := "from a file 1 " + dir + " marked"; string(o.Stdout.Tail) != want+"\n" {
		t.Errorf("%q, want %q", o.Stdout.Tail, want)
	}
}

func TestMissingPrograms(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ program, why string }{
		{"no-such-program-here", "not found in PATH"},
		{dir + "/none", "no such file"},
		{dir, "is a directory"},
		{"", "the command is empty"},
		{write("plain", "echo\n", 0o644), "is not executable"},
		{write("bare", "echo hello\n", 0o755), `is neither a program nor a script with a "#!" line`},
		{write("lost", "#!/no/such/interpreter\n", 0o755), `its "#!" line or loader names a program that is not there`},
	} {
		_, err := Run(context.Background(), Command{Args: []string{c.program}})
		var missing *NotFoundError
		if !errors.As(err, &missing) || missing.Why != c.why {
			t.Errorf("%q: %v, want %s", c.program, err, c.why)
		}
	}
	if _, err := Run(context.Background(), Command{}); err == nil {
		t.Error("an empty command ran")
	}
	if _, err := Run(context.Background(), Command{Args: []string{"true"}, Dir: dir + "/gone"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if _, err := Run(context.Background(), Command{Args: []string{"true"}, Input: dir + "/gone"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an input that is not there: %v", err)
	}
	if _, err := Run(context.Background(), Command{Args: []string{"./bare"}, Dir: dir}); err == nil || strings.Contains(err.Error(), "no such") {
		t.Errorf("a path is taken from the command's directory: %v", err)
	}
}

// alive says whether the process whose number a file holds still runs.
func alive(t *testing.T, file string) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return running(pid)
}

func TestNothingOutlivesACommand(t *testing.T) {
	for name, text := range map[string]string{
		"child":          `sleep 100 & echo $! > %s`,
		"stubborn child": `sh -c 'trap "" TERM; echo $$ > %s; while :; do sleep 0.1; done' & while ! [ -s %[1]s ]; do sleep 0.01; done`,
		"daemon":         `setsid sh -c 'echo $$ > %s; exec sleep 100' >/dev/null 2>&1 & while ! [ -s %[1]s ]; do sleep 0.01; done`,
		"keeps the pipe": `setsid sh -c 'echo $$ > %s; exec sleep 100' & while ! [ -s %[1]s ]; do sleep 0.01; done`,
	} {
		file := filepath.Join(t.TempDir(), "pid")
		c := script(fmt.Sprintf(text, file))
		c.Keep = true
		o := mustRun(t, c)
		if alive(t, file) {
			t.Errorf("%s: still runs", name)
		}
		if len(o.Left) == 0 || o.Exit != 0 {
			t.Errorf("%s: left %v, %s", name, o.Left, o.How())
		}
	}
}

func TestWhatIsSparedGoesOnUntilItIsEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	c := script(fmt.Sprintf(`setsid sh -c 'echo $$ > %s; echo up >&2; while :; do sleep 0.05; echo still >&2 || exit; done' & while ! [ -s %[1]s ]; do sleep 0.01; done; echo started >&2`, file))
	c.Spare = true
	o := mustRun(t, c)
	time.Sleep(120 * time.Millisecond)
	if len(o.Left) == 0 || !alive(t, file) || !strings.Contains(string(o.Stderr.Tail), "started") {
		t.Errorf("left %v, stderr %q", o.Left, o.Stderr.Tail)
	}
	if ended := o.EndLeft(); len(ended) == 0 || alive(t, file) {
		t.Errorf("ended %v", ended)
	}
	if again := o.EndLeft(); len(again) != 0 {
		t.Errorf("ended again %v", again)
	}
}

func TestLimitAndInterrupt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	c := script(fmt.Sprintf(`trap "" TERM; sleep 100 & echo $! > %s; while :; do sleep 0.05; done`, file))
	c.Limit = 300 * time.Millisecond
	o := mustRun(t, c)
	if !o.TimedOut || o.Signal != "SIGKILL" || o.How() != "ended at its time limit" || alive(t, file) {
		t.Errorf("%+v", o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	file = filepath.Join(t.TempDir(), "pid")
	go func() {
		for {
			if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := Run(ctx, script(fmt.Sprintf("sleep 100 & echo $! > %s; wait", file))); !errors.Is(err, context.Canceled) || alive(t, file) {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := Run(ctx, script("exit 0")); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing starts after an interrupt: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	o := mustRun(t, script("sleep 0.05; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
	if o.Wall < 50*time.Millisecond || o.CPU() <= 0 || o.CPU() > o.Wall+20*time.Millisecond || o.Voluntary < 1 || o.Instructions != -1 {
		t.Errorf("%+v", o)
	}
}

func TestFloor(t *testing.T) {
	c, err := Floor(context.Background())
	if err != nil || c.Wall <= 0 || c.Runs != 11 {
		t.Errorf("%+v %v", c, err)
	}
	t.Logf("%+v", c)
}
