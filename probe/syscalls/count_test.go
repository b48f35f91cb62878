//go:build linux && (amd64 || arm64)

package syscalls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/exec"
)

func count(t *testing.T, marks *Marks, text string) Counts {
	t.Helper()
	c, err := Count(context.Background(), exec.Command{Args: []string{"sh", "-c", text}, Limit: 20 * time.Second, Keep: true}, marks)
	var no *UnsupportedError
	if errors.As(err, &no) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func kinds(events []Event) string {
	var all []string
	for _, e := range events {
		all = append(all, string(e.Kind))
	}
	return strings.Join(all, " ")
}

func TestHowTracedCommandsEnd(t *testing.T) {
	for text, want := range map[string]string{
		"exit 7":        "exit code 7",
		"kill -TERM $$": "killed by SIGTERM",
		"kill -SEGV $$": "killed by SIGSEGV",
		"trap 'exit 4' USR1; kill -USR1 $$; sleep 5":                        "exit code 4",
		"sh -c 'kill -STOP $$; exit 6' & sleep 0.1; kill -CONT $!; wait $!": "exit code 6", // a group-stop lasts until SIGCONT
		"exec true": "exit code 0",
	} {
		c := count(t, nil, text)
		if c.Outcome.How() != want || c.Whole.Calls["execve"] < 1 || c.Outcome.PID == 0 {
			t.Errorf("%s: %s, want %s; %v", text, c.Outcome.How(), want, c.Whole.Calls)
		}
	}
}

// A process that is stopped stays stopped: nothing of it runs meanwhile.
func TestGroupStop(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	c := count(t, nil, fmt.Sprintf("sh -c 'kill -STOP $$; echo on > %[1]s' & sleep 0.2; [ -e %[1]s ] && exit 9; kill -CONT $!; wait $!; [ -e %[1]s ]", file))
	if c.Outcome.Exit != 0 {
		t.Errorf("%s", c.Outcome.How())
	}
}

func TestEvents(t *testing.T) {
	c := count(t, nil, "echo one; (exit 0); env true; sleep 0.03")
	if got, want := kinds(c.Whole.Events), "output fork fork exec exec fork exec sleep"; got != want {
		t.Fatalf("%s, want %s: %+v", got, want, c.Whole.Events)
	}
	e := c.Whole.Events
	if !e[0].Main || e[0].Text != `one\n` || e[0].Bytes != 4 || string(c.Outcome.Stdout.Tail) != "one\n" {
		t.Errorf("output %+v %+v", e[0], c.Outcome.Stdout)
	}
	if !strings.HasSuffix(e[3].Text, "/env") || e[3].Main || !strings.HasSuffix(e[4].Text, "/true") {
		t.Errorf("execs %+v", e[3:5])
	}
	if last := e[7]; last.Took < 30*time.Millisecond || last.Text != "clock_nanosleep" {
		t.Errorf("sleep %+v", last)
	}
	if c.Peak < 100<<10 || c.Peak > 64<<20 {
		t.Errorf("peak %d", c.Peak)
	}
}

func TestRegions(t *testing.T) {
	marks := &Marks{FD: 1, Begin: "<begin", End: "<end"}
	c := count(t, marks, `echo "<begin>"; echo "<end>"; echo "<begin>"; echo a; echo bc; echo "<end>"; echo after; echo "<begin>"`)
	if len(c.Regions) != 2 || !c.Open {
		t.Fatalf("%d regions, %+v", len(c.Regions), c)
	}
	empty, full := c.Regions[0], c.Regions[1]
	if empty.Total() != 0 || full.Total() != 2 || full.Calls["write"] != 2 {
		t.Errorf("empty %v, full %v", empty.Calls, full.Calls)
	}
	if len(empty.Events) != 0 || kinds(full.Events) != "output output" || full.Events[1].Bytes != 3 {
		t.Errorf("%+v", full.Events)
	}
	if c.Whole.Calls["write"] != 8 {
		t.Errorf("whole %v", c.Whole.Calls)
	}
}

func TestConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Count(context.Background(), exec.Command{Args: []string{self, "-test.run=^TestDial$"}, Env: append(os.Environ(), "DIAL="+l.Addr().String()), Limit: 20 * time.Second, Keep: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range c.Whole.Events {
		if e.Kind == Connect && e.Text == l.Addr().String() {
			found++
		}
		if e.Kind == Fork {
			t.Errorf("a thread is taken for a process: %+v", e)
		}
	}
	// Go's runtime has many threads and sends itself signals.
	if found != 1 || c.Outcome.Exit != 0 || c.Whole.Calls["clone"]+c.Whole.Calls["clone3"] < 2 {
		t.Errorf("%d connects, %s, %v\n%s", found, c.Outcome.How(), c.Whole.Calls, c.Outcome.Stdout.Tail)
	}
}

// TestDial is what TestConnections traces.
func TestDial(t *testing.T) {
	at := os.Getenv("DIAL")
	if at == "" {
		t.Skip("of TestConnections")
	}
	done := make(chan error)
	for range 8 {
		go func() { time.Sleep(20 * time.Millisecond); done <- nil }()
	}
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	for range 8 {
		<-done
	}
}

func TestTracedCommandsLeaveNothing(t *testing.T) {
	for name, text := range map[string]string{
		"child":  "sleep 100 & echo $! > %s",
		"daemon": `setsid sh -c 'trap "" TERM; echo $$ > %s; while :; do sleep 0.1; done' >/dev/null 2>&1 & while ! [ -s %[1]s ]; do sleep 0.02; done`,
	} {
		file := filepath.Join(t.TempDir(), "pid")
		c := count(t, nil, fmt.Sprintf(text, file))
		if len(c.Outcome.Left) == 0 || alive(t, file) {
			t.Errorf("%s: left %v", name, c.Outcome.Left)
		}
	}
}

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
	b, err = os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}

func TestLimitAndInterrupt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	c, err := Count(context.Background(), exec.Command{Args: []string{"sh", "-c", `trap "" TERM; echo $$ > ` + file + `; while :; do sleep 0.05; done`}, Limit: 300 * time.Millisecond}, nil)
	if err != nil || !c.Outcome.TimedOut || alive(t, file) {
		t.Errorf("%v %+v", err, c.Outcome)
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
	if _, err := Count(ctx, exec.Command{Args: []string{"sh", "-c", "sleep 100 & echo $! > " + file + "; wait"}}, nil); !errors.Is(err, context.Canceled) || alive(t, file) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestMissingProgram(t *testing.T) {
	_, err := Count(context.Background(), exec.Command{Args: []string{"no-such-program-here"}}, nil)
	var missing *exec.NotFoundError
	if !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// Children that other parts of the program started, ended or not, are not
// taken from them.
func TestOthersChildrenAreLeftAlone(t *testing.T) {
	var others []*osexec.Cmd
	for range 5 {
		o := osexec.Command("sh", "-c", "sleep 0.05; exit 3")
		if err := o.Start(); err != nil {
			t.Fatal(err)
		}
		others = append(others, o)
	}
	if c := count(t, nil, "sleep 0.1; (exit 1); (exit 2)"); c.Outcome.Exit != 2 {
		t.Errorf("%s", c.Outcome.How())
	}
	for _, o := range others {
		if err := o.Wait(); err == nil || o.ProcessState.ExitCode() != 3 {
			t.Errorf("%v", err)
		}
	}
}

// Names are the kernel's: a few that both machines have.
func TestNames(t *testing.T) {
	n := names(table)
	for number, want := range map[uint64]string{
		unix.SYS_READ: "read", unix.SYS_EXECVE: "execve", unix.SYS_CONNECT: "connect", unix.SYS_CLONE3: "clone3", unix.SYS_FUTEX: "futex",
		unix.SYS_OPENAT: "openat", unix.SYS_EXIT_GROUP: "exit_group",
	} {
		if n[number] != want {
			t.Errorf("%d is %q, want %q", number, n[number], want)
		}
	}
	tr := newTracer(nil)
	if got := tr.nameOf(nativeArch, 99999); got != "syscall_99999" {
		t.Error(got)
	}
	if got := tr.nameOf(0x40000003, 5); got != "arch_40000003_5" {
		t.Error(got)
	}
}
