//go:build amd64 || arm64

package syscalls

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/exec"
)

// Supported says why calls cannot be counted here, nil when nothing is known
// against it.
func Supported() error {
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return nil
	}
	if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n >= 3 {
		return &UnsupportedError{Why: "kernel.yama.ptrace_scope is 3, which forbids ptrace until the next boot"}
	}
	return nil
}

// Count runs a command to its end and counts its calls; marks may be nil.
// The error is an *UnsupportedError where ptrace is not permitted, and what
// exec.Run says of a command that cannot be run. How the command ended is in
// the outcome.
func Count(ctx context.Context, c exec.Command, marks *Marks) (Counts, error) {
	none := Counts{Peak: -1}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := Supported(); err != nil {
		return none, err
	}
	l, err := exec.Prepare(c)
	if err != nil {
		return none, err
	}
	type result struct {
		counts Counts
		err    error
	}
	done := make(chan result)
	go func() {
		// All of ptrace belongs to one thread. Should a process be left, the
		// thread ends with this goroutine, and with it the process.
		runtime.LockOSThread()
		t := newTracer(marks)
		t.counts.Peak, t.counts.Outcome.Instructions = -1, -1
		err := t.run(ctx, l, c.Limit)
		if len(t.tasks) == 0 {
			runtime.UnlockOSThread()
		}
		t.counts.Outcome.Stdout, t.counts.Outcome.Stderr = l.Finish()
		done <- result{t.counts, err}
	}()
	r := <-done
	if r.err == nil {
		r.err = ctx.Err()
	}
	return r.counts, r.err
}

// task is a thread that is traced.
type task struct {
	process int // thread group
	number  uint64
	name    string
	args    [6]uint64
	entered time.Time
	waits   bool // the call that it is in has a time-out
	program string
}

type tracer struct {
	main   int
	names  map[uint64]string
	marks  *Marks
	region *Tally // open; nil outside
	counts Counts
	began  bool // the first SIGCONT, ours, was seen

	mu    sync.Mutex
	tasks map[int]*task
	over  bool // everything is to end
}

func newTracer(marks *Marks) *tracer {
	return &tracer{names: names(table), marks: marks, tasks: map[int]*task{}, counts: Counts{Whole: newTally(), Regions: []Tally{}}}
}

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE |
	unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_EXITKILL

func (t *tracer) run(ctx context.Context, l *exec.Launch, limit time.Duration) error {
	l.Read()
	restore := fixedLayout()
	pid, err := l.Start(&syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL})
	restore()
	if err != nil {
		return unsupported(err)
	}
	t.main, t.counts.Outcome.PID = pid, pid
	t.add(pid, pid)
	if err := t.seize(pid); err != nil {
		_ = unix.Kill(-pid, unix.SIGKILL)
		t.settle(l)
		return unsupported(err)
	}
	t.count("execve")
	began := time.Now()
	stop := t.watch(ctx, limit)
	err = t.loop(l)
	stop()
	t.counts.Outcome.Wall = time.Since(began)
	t.counts.Open = t.region != nil
	if err != nil {
		t.kill(false)
		t.settle(l)
	}
	return err
}

// fixedLayout turns address space randomisation off for what this thread
// starts: where memory lies decides how often an allocator asks for it, and a
// count shall be the same each time. Where that is not allowed, counts may
// differ by a few calls.
func fixedLayout() (restore func()) {
	const query, noRandomize = 0xffffffff, 0x0040000 // personality(2)
	was, _, errno := unix.Syscall(unix.SYS_PERSONALITY, query, 0, 0)
	if errno != 0 {
		return func() {}
	}
	_, _, _ = unix.Syscall(unix.SYS_PERSONALITY, was|noRandomize, 0, 0)
	return func() { _, _, _ = unix.Syscall(unix.SYS_PERSONALITY, was, 0, 0) }
}

// seize changes the kind of the trace. A child that asked to be traced stops
// at its exec, but only a seized one tells a stop signal from its being
// delivered (ptrace(2), "Group-stop"). So it is let go with a SIGSTOP, seized
// while it stands still, and woken.
func (t *tracer) seize(pid int) error {
	if err := t.stopped(pid, 0); err != nil {
		return err
	}
	if err := ptrace(unix.PTRACE_DETACH, pid, uintptr(unix.SIGSTOP)); err != nil {
		return err
	}
	if err := t.stopped(pid, unix.WUNTRACED); err != nil {
		return err
	}
	if err := ptrace(unix.PTRACE_SEIZE, pid, options); err != nil {
		return err
	}
	return unix.Kill(pid, unix.SIGCONT)
}

// stopped waits until a process stands still.
func (t *tracer) stopped(pid, how int) error {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, unix.WALL|how, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case !status.Stopped():
			t.drop(pid)
			return errors.New("the process ended before it was traced")
		}
		return nil
	}
}

// unsupported tells a refused ptrace from a program that cannot be run.
func unsupported(err error) error {
	var missing *exec.NotFoundError
	if errors.As(err, &missing) {
		return err
	}
	for _, refusal := range []error{unix.EPERM, unix.EACCES, unix.ENOSYS, unix.EIO} {
		if errors.Is(err, refusal) {
			return &UnsupportedError{Why: "ptrace is not permitted: a container's seccomp filter (add the capability SYS_PTRACE), kernel.yama.ptrace_scope, or a kernel before 5.3", Err: err}
		}
	}
	return fmt.Errorf("counting system calls: %w", err)
}

// watch kills everything when its time is up or nobody wants it any more.
func (t *tracer) watch(ctx context.Context, limit time.Duration) (stop func()) {
	done := make(chan struct{})
	var gone sync.WaitGroup
	gone.Go(func() {
		var late <-chan time.Time
		if limit > 0 {
			timer := time.NewTimer(limit)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-done:
			return
		case <-ctx.Done():
		case <-late:
		}
		t.kill(ctx.Err() == nil)
	})
	return func() { close(done); gone.Wait() }
}

// kill ends every task that is known; the loop kills those that appear.
func (t *tracer) kill(late bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tasks) == 0 {
		return
	}
	t.over = true
	t.counts.Outcome.TimedOut = late
	for _, k := range t.tasks {
		_ = unix.Kill(k.process, unix.SIGKILL)
	}
}

func (t *tracer) add(tid, process int) *task {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := &task{process: process}
	t.tasks[tid] = k
	if t.over {
		_ = unix.Kill(process, unix.SIGKILL)
	}
	return k
}

func (t *tracer) drop(tid int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tasks, tid)
}

// loop serves every stop until the command has ended and nothing of it is
// left.
func (t *tracer) loop(l *exec.Launch) error {
	for {
		pid, ended, err := t.next()
		if err != nil {
			return fmt.Errorf("counting system calls: %w", err)
		}
		if ended && pid == t.main {
			t.settle(l)
			return nil
		}
		if err := t.serve(pid); err != nil {
			return err
		}
	}
}

// next waits for a task of ours. A child that is somebody else's, started
// long ago on this thread, is left to them.
func (t *tracer) next() (pid int, ended bool, err error) {
	for {
		pid, ended, err = peek()
		if err != nil || t.ours(pid) {
			return pid, ended, err
		}
		for tid := range t.tasks {
			var s unix.Siginfo
			if unix.Waitid(unix.P_PID, tid, &s, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WNOHANG|unix.WALL, nil) == nil && s.Signo != 0 {
				return tid, s.Code >= 1 && s.Code <= 3, nil
			}
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func (t *tracer) ours(pid int) bool {
	return t.tasks[pid] != nil || statusField(pid, "TracerPid") == unix.Gettid()
}

// serve takes one stop or end of a task and lets it go on.
func (t *tracer) serve(tid int) error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(tid, &status, unix.WALL|unix.WNOHANG, nil); err != nil {
		if err == unix.EINTR || err == unix.ECHILD {
			return nil
		}
		return fmt.Errorf("counting system calls: %w", err)
	}
	if status.Exited() || status.Signaled() {
		t.drop(tid)
		return nil
	}
	if !status.Stopped() {
		return nil
	}
	k := t.tasks[tid]
	if k == nil {
		k = t.add(tid, processOf(tid))
	}
	request, signal, err := t.stop(tid, k, status)
	if err == nil {
		err = ptrace(request, tid, uintptr(signal))
	}
	if err == unix.ESRCH { // it was killed meanwhile: its end comes next
		return nil
	}
	if err != nil {
		return unsupported(err)
	}
	return nil
}

func processOf(tid int) int {
	if p := statusField(tid, "Tgid"); p > 0 {
		return p
	}
	return tid
}

// stop looks at why a task stands still and says how it goes on.
func (t *tracer) stop(tid int, k *task, status unix.WaitStatus) (request int, signal syscall.Signal, err error) {
	const onSyscall = syscall.Signal(unix.SIGTRAP | 0x80)
	s := status.StopSignal()
	event := int(status>>16) & 0xff
	switch {
	case s == onSyscall:
		return unix.PTRACE_SYSCALL, 0, t.call(tid, k)
	case event == unix.PTRACE_EVENT_STOP && (s == unix.SIGSTOP || s == unix.SIGTSTP || s == unix.SIGTTIN || s == unix.SIGTTOU):
		return unix.PTRACE_LISTEN, 0, nil // it stays stopped until a SIGCONT
	case event != 0:
		return unix.PTRACE_SYSCALL, 0, t.event(tid, k, event)
	case s == unix.SIGCONT && !t.began && tid == t.main:
		t.began = true
		return unix.PTRACE_SYSCALL, 0, nil
	}
	return unix.PTRACE_SYSCALL, s, nil
}

// settle ends what is left when the command has ended, and takes the
// command's account. The command is reaped last: until then its group's
// number is its own.
func (t *tracer) settle(l *exec.Launch) {
	t.counts.Outcome.Left = l.Rest(t.main)
	for tid := range t.tasks {
		_ = unix.Kill(tid, unix.SIGKILL)
	}
	deadline := time.Now().Add(2 * time.Second)
	for !t.drained() && time.Now().Before(deadline) {
		time.Sleep(200 * time.Microsecond)
	}
	_ = l.EndRest(t.main) // what we did not trace
	if t.tasks[t.main] == nil {
		return
	}
	var status unix.WaitStatus
	var use unix.Rusage
	if got, err := unix.Wait4(t.main, &status, unix.WALL|unix.WNOHANG, &use); err == nil && got == t.main {
		t.drop(t.main)
		t.counts.Outcome.Account(status, &use)
	}
}

// drained reaps what has ended, the command itself left out, lets what stands
// still die, and says whether all have ended.
func (t *tracer) drained() bool {
	all := true
	for tid := range t.tasks {
		var s unix.Siginfo
		err := unix.Waitid(unix.P_PID, tid, &s, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WNOHANG|unix.WALL, nil)
		ended := err == nil && s.Signo != 0 && s.Code >= 1 && s.Code <= 3
		if err == nil && tid == t.main && ended {
			continue
		}
		if err != unix.ECHILD {
			all = all && ended
			var status unix.WaitStatus
			if got, err := unix.Wait4(tid, &status, unix.WALL|unix.WNOHANG, nil); err == nil && got == tid && status.Stopped() {
				_ = ptrace(unix.PTRACE_CONT, tid, 0)
			}
		}
		if ended || err == unix.ECHILD {
			t.drop(tid)
		}
	}
	return all
}
