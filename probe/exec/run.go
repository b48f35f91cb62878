package exec

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/clock"
)

// Run runs a command to its end and measures it. The error says that the
// command could not be run or was cancelled; how it ended is in the outcome,
// whatever it was. At its limit or when ctx is cancelled the whole group gets
// SIGTERM and soon SIGKILL. What the command leaves running is ended and
// named in the outcome, unless it is to be spared.
//
// The CPU time is the kernel's, of the command and of the children that it
// waited for. So is the memory, the largest of any of these processes; but
// since a child begins in our own memory, and Linux keeps that mark over the
// exec, a command smaller than ourselves has an unknown memory (-1).
func Run(ctx context.Context, c Command) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	l, err := Prepare(c)
	if err != nil {
		return Outcome{}, err
	}
	// The death signal and the counter belong to the thread that forks.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var count counter
	if c.Counts {
		if count, err = openCounter(instructions()); err != nil {
			l.Finish()
			return Outcome{}, err
		}
		defer count.close()
	}
	l.Read()
	g := newGuard(ctx, c.Limit)
	start := clock.Now()
	pid, err := l.Start(attributes())
	if err != nil {
		g.stop()
		l.Finish()
		return Outcome{}, err
	}
	g.begin(pid)
	waitErr := awaitExit(pid)
	end := clock.Now()
	o := Outcome{PID: pid, Wall: time.Duration(end - start), Instructions: countOf(count)}
	o.TimedOut = g.stop()
	if c.Spare {
		o.Left, o.mark, o.spared = l.Rest(pid), l.mark, true
		c.Warden.drop(pid)
	} else {
		o.Left = l.EndRest(pid)
	}
	if err := o.reap(pid); waitErr == nil {
		waitErr = err
	}
	o.Stdout, o.Stderr = l.Finish()
	if waitErr != nil {
		return o, fmt.Errorf("waiting for process %d: %w", pid, waitErr)
	}
	return o, ctx.Err()
}

// reap takes the exit code and the kernel's accounts of a process that has
// ended.
func (o *Outcome) reap(pid int) error {
	var status unix.WaitStatus
	var use unix.Rusage
	for {
		_, err := unix.Wait4(pid, &status, 0, &use)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	o.Account(status, &use)
	return nil
}

// Account fills in how a process ended and what it used: for those who wait
// for it themselves.
func (o *Outcome) Account(status unix.WaitStatus, use *unix.Rusage) {
	o.User, o.System = time.Duration(use.Utime.Nano()), time.Duration(use.Stime.Nano())
	o.Voluntary, o.Involuntary = int64(use.Nvcsw), int64(use.Nivcsw)
	o.MaxRSS = maxRSS(use)
	o.Exit = status.ExitStatus()
	if status.Signaled() {
		o.Exit, o.Signal = -1, SignalName(status.Signal())
	}
}

// SignalName is a signal's name, "SIGKILL", or its number, "signal 40".
func SignalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// grace is how long a group has between SIGTERM and SIGKILL.
const grace = 500 * time.Millisecond

// guard ends a group when its time is up or nobody wants it any more.
type guard struct {
	mu       sync.Mutex
	pid      int            // 0 before the process has started and once it has ended: its number may be another's
	missed   syscall.Signal // sent before it had started
	ended    bool
	timedOut bool
	done     chan struct{}
	gone     chan struct{}
}

// newGuard watches from before the start, so that beginning to watch is not
// measured.
func newGuard(ctx context.Context, limit time.Duration) *guard {
	g := &guard{done: make(chan struct{}), gone: make(chan struct{})}
	go g.watch(ctx, limit)
	return g
}

func (g *guard) begin(pid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pid = pid
	if g.missed != 0 {
		_ = unix.Kill(-pid, g.missed)
	}
}

func (g *guard) watch(ctx context.Context, limit time.Duration) {
	defer close(g.gone)
	var late <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-g.done:
		return
	case <-ctx.Done():
	case <-late:
		g.mu.Lock()
		g.timedOut = !g.ended
		g.mu.Unlock()
	}
	g.signal(unix.SIGTERM)
	g.signal(unix.SIGCONT) // a stopped process takes its SIGTERM now
	select {
	case <-g.done:
	case <-time.After(grace):
		g.signal(unix.SIGKILL)
	}
}

func (g *guard) signal(s syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.pid != 0:
		_ = unix.Kill(-g.pid, s)
	case !g.ended:
		g.missed = unix.SIGKILL
	}
}

// stop ends the watch and says whether the limit was reached.
func (g *guard) stop() bool {
	g.mu.Lock()
	g.pid, g.ended = 0, true
	g.mu.Unlock()
	close(g.done)
	<-g.gone
	return g.timedOut
}

// EndRest ends what a command left running: the rest of its group, and what
// carries its mark. It is called after the command's end and before its
// process is reaped, so that the group's number is still its own. Names come
// back, "sleep (pid 12)", never nil.
func (l *Launch) EndRest(pid int) []string {
	left := endAll(pid, l.mark)
	l.command.Warden.drop(pid)
	return left
}

// Await blocks until a process that Start started ends. It leaves it
// unreaped: until Reap its number, and its group's, are its own.
func (l *Launch) Await(pid int) error { return awaitExit(pid) }

// Reap ends what a command that has ended left running, and takes its
// account and what it wrote. Its wall time is not known (-1). The error says
// that it cannot be waited for; its exit code is -1 then.
func (l *Launch) Reap(pid int) (Outcome, error) {
	o := Outcome{PID: pid, Wall: -1, Exit: -1, MaxRSS: -1, Voluntary: -1, Involuntary: -1, Instructions: -1, Left: l.EndRest(pid)}
	err := o.reap(pid)
	o.Stdout, o.Stderr = l.Finish()
	return o, err
}

// EndLeft ends what a spared command left running, as far as it still carries
// the command's mark; on macOS nothing is found. Names come back, never nil.
func (o Outcome) EndLeft() []string {
	if !o.spared {
		return []string{}
	}
	return endAll(0, o.mark)
}

func endAll(leader int, mark string) []string {
	left := []string{}
	seen := map[int]bool{}
	for try := 0; try < mostTries; try++ {
		rest := strays(leader, mark)
		if len(rest) == 0 {
			break
		}
		signal := unix.SIGTERM
		if try > 0 {
			signal = unix.SIGKILL
		}
		for _, s := range rest {
			if !seen[s.pid] && len(left) < mostNamed {
				left = append(left, s.String())
			}
			seen[s.pid] = true
			s.signal(leader, mark, signal)
		}
		awaitGone(rest, time.Duration(try+1)*50*time.Millisecond)
	}
	return left
}

const (
	mostTries = 20 // of ending what is left: something may fork faster than it is found
	mostNamed = 20
)

// Rest names what EndRest would end, never nil.
func (l *Launch) Rest(pid int) []string {
	rest := []string{}
	for _, s := range strays(pid, l.mark) {
		if len(rest) < mostNamed {
			rest = append(rest, s.String())
		}
	}
	return rest
}

// stray is a process that outlived its command.
type stray struct {
	pid  int
	name string
}

func (s stray) String() string { return fmt.Sprintf("%s (pid %d)", s.name, s.pid) }

// awaitGone waits until none of them runs, but not for long.
func awaitGone(rest []stray, long time.Duration) {
	deadline := time.Now().Add(long)
	for _, s := range rest {
		for running(s.pid) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
}

// counter counts events of the children that this thread starts; nil counts
// nothing.
type counter interface {
	read() int64 // -1 when it is not known
	close()
}

func countOf(c counter) int64 {
	if c == nil {
		return -1
	}
	return c.read()
}

// Cost is what starting and ending a process takes here.
type Cost struct {
	Wall time.Duration // median
	CPU  time.Duration // median
	Runs int
}

// Floor measures the shortest command there is, true(1), a few times. A
// command that does not take well over this is mostly the starting of a
// process.
func Floor(ctx context.Context) (Cost, error) {
	const runs = 11
	var walls, cpus []time.Duration
	for range runs {
		o, err := Run(ctx, Command{Args: []string{"true"}, Env: []string{"PATH=" + os.Getenv("PATH") + ":/usr/bin:/bin"}})
		if err != nil {
			return Cost{}, fmt.Errorf("measuring an empty command: %w", err)
		}
		walls, cpus = append(walls, o.Wall), append(cpus, o.CPU())
	}
	return Cost{Wall: median(walls), CPU: median(cpus), Runs: runs}, nil
}
