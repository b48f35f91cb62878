package supervise

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/probe/proc"
)

// The test binary plays pitwall: as the supervisor, and as an owner that is
// to be killed.
func TestMain(m *testing.M) {
	switch os.Getenv("SUPERVISE_TEST_ROLE") {
	case "child":
		if err := Child(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "owner":
		owner()
	default:
		os.Exit(m.Run())
	}
}

// owner starts a unit that hides a grandchild in a session of its own, says
// their pids, and waits to be killed.
func owner() {
	s, err := start()
	if err != nil {
		panic(err)
	}
	dir := os.Getenv("SUPERVISE_TEST_DIR")
	if err := s.Own(filepath.Join(dir, "private")); err != nil {
		panic(err)
	}
	if _, err := s.Launch(context.Background(), hiding(dir)); err != nil {
		panic(err)
	}
	fmt.Println(s.PID())
	select {}
}

func hiding(dir string) Unit {
	script := `trap "" TERM; setsid sh -c 'trap "" TERM; echo $$ > hidden.tmp; mv hidden.tmp hidden; while :; do sleep 1; done' & while :; do sleep 1; done`
	return Unit{Name: "hiding", Args: []string{"sh", "-c", script}, Dir: dir, Env: os.Environ(),
		Log: filepath.Join(dir, "log"), StopTimeout: 50 * time.Millisecond}
}

func start() (*Supervisor, error) {
	os.Setenv("SUPERVISE_TEST_ROLE", "child")
	defer os.Unsetenv("SUPERVISE_TEST_ROLE")
	return Start([]string{os.Args[0]}, os.Stderr)
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 2000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

func hiddenPID(t *testing.T, dir string) int {
	t.Helper()
	var pid int
	waitFor(t, "the grandchild starts", func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "hidden"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil
	})
	return pid
}

func alive(pid int) bool {
	s, err := proc.ReadStat(pid)
	return err == nil && s.State != 'Z'
}

func TestKillingTheOwnerLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	private := filepath.Join(dir, "private")
	if err := os.MkdirAll(filepath.Join(private, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SUPERVISE_TEST_ROLE=owner", "SUPERVISE_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	supervisor, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	hidden := hiddenPID(t, dir)
	if !alive(hidden) || !alive(supervisor) {
		t.Fatal("nothing runs before the kill: the test would prove nothing")
	}
	cmd.Process.Signal(syscall.SIGKILL)
	cmd.Wait()
	waitFor(t, "supervisor and grandchild end", func() bool { return !alive(hidden) && !alive(supervisor) })
	if _, err := os.Stat(private); !os.IsNotExist(err) {
		t.Errorf("the directory that the supervisor owned is still there: %v", err)
	}
}

func TestKillingTheSupervisorIsNoticed(t *testing.T) {
	dir := t.TempDir()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	u := Unit{Name: "plain", Args: []string{"sleep", "60"}, Dir: dir, Env: os.Environ(), Log: filepath.Join(dir, "log")}
	pid, err := s.Launch(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	changed := s.Changed()
	if s.Lost() {
		t.Fatal("lost before it was killed")
	}
	syscall.Kill(s.PID(), syscall.SIGKILL)
	<-changed
	if !s.Lost() {
		t.Error("a change, but not of the supervisor")
	}
	waitFor(t, "the kernel ends the unit", func() bool { return !alive(pid) })
	s.Stop()
	s.Stop()
	if err := s.Own(dir); err == nil {
		t.Error("a dead supervisor took a directory")
	}
}

// A shell cannot trap a signal that was ignored when it was started, so units
// must not inherit what the supervisor does about signals.
func TestUnitsIgnoreNoSignal(t *testing.T) {
	dir := t.TempDir()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	log := filepath.Join(dir, "log")
	u := Unit{Name: "signals", Args: []string{"grep", "^SigIgn:", "/proc/self/status"}, Dir: dir, Env: os.Environ(), Log: log}
	if _, err := s.Launch(context.Background(), u); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(context.Background(), "signals"); err != nil {
		t.Fatal(err)
	}
	got := Tail(log, 1)
	if len(got) != 1 {
		t.Fatalf("%q", got)
	}
	mask, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(got[0], "SigIgn:")), 16, 64)
	if ours := mask & (1<<31 - 1); err != nil || ours != 0 { // from 32 on they are the C library's and our own parent's
		t.Errorf("%q, %v: a unit ignores signals", got[0], err)
	}
}

func TestStopEndsInReverseOrderAndKillsWhatIsLeft(t *testing.T) {
	dir := t.TempDir()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, name := range []string{"first", "second"} {
		script := `trap "echo ` + name + ` >> order; exit 0" TERM; touch ` + name + `; while :; do sleep 0.01; done`
		u := Unit{Name: name, Args: []string{"sh", "-c", script}, Dir: dir, Env: os.Environ(), Log: filepath.Join(dir, name+".log")}
		if _, err := s.Launch(ctx, u); err != nil {
			t.Fatal(err)
		}
		waitFor(t, name+" is up", func() bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil })
	}
	if _, err := s.Launch(ctx, hiding(dir)); err != nil {
		t.Fatal(err)
	}
	hidden := hiddenPID(t, dir)
	if left := s.Stop(); left == 0 {
		t.Error("Stop killed nothing, though a unit ignores TERM and hides a child")
	}
	if alive(hidden) {
		t.Error("the grandchild outlived Stop")
	}
	b, _ := os.ReadFile(filepath.Join(dir, "order"))
	if got := strings.Fields(string(b)); strings.Join(got, " ") != "second first" {
		t.Errorf("units ended in order %v", got)
	}
}

func TestExitIsReported(t *testing.T) {
	dir := t.TempDir()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	ctx := context.Background()
	u := Unit{Name: "fails", Args: []string{"sh", "-c", "echo out of luck; exit 7"}, Dir: dir, Env: os.Environ(), Log: filepath.Join(dir, "log")}
	if _, err := s.Launch(ctx, u); err != nil {
		t.Fatal(err)
	}
	e, err := s.Wait(ctx, "fails")
	if err != nil || e.Code != 7 {
		t.Errorf("exit %+v, %v, want code 7", e, err)
	}
	if got := Tail(u.Log, 5); len(got) != 1 || got[0] != "out of luck" {
		t.Errorf("tail %q", got)
	}
	u.Name, u.Args = "absent", []string{"no-such-program"}
	if _, err := s.Launch(ctx, u); err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("launching a missing program: %v", err)
	}
}
