package supervise

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// Child is the supervisor's own main: it reads units to start from in and
// reports on out until in ends, then stops everything. It returns an error
// only when it cannot be a subreaper.
func Child(in io.Reader, out io.Writer) error {
	// Caught and dropped: a signal that is ignored would be ignored by every
	// unit too, and a shell could not even trap it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	if err := becomeSubreaper(); err != nil {
		return err
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	c := &child{out: out, live: map[int]Unit{}, spawns: make(chan spawn)}
	go c.spawner()
	requests := make(chan message)
	go readRequests(in, requests)
	dead := make(chan os.Signal, 1)
	signal.Notify(dead, syscall.SIGCHLD)
	tick := time.NewTicker(time.Second) // a signal can be merged with another
	defer tick.Stop()
	for {
		select {
		case m, open := <-requests:
			if !open {
				c.stop()
				return nil
			}
			c.take(m)
		case <-terminated:
			c.stop()
			return nil
		case <-dead:
			c.reap()
		case <-tick.C:
			c.reap()
		}
	}
}

// child is the supervisor's state, touched by Child's goroutine only. order
// is the units in starting order, dir what goes with us.
type child struct {
	out    io.Writer
	dir    string
	live   map[int]Unit
	order  []int
	spawns chan spawn
}

type spawn struct {
	cmd  *exec.Cmd
	done chan error
}

// spawner forks from one thread that lives as long as we do: the kernel ties
// a child's death signal to the thread that forked it.
func (c *child) spawner() {
	runtime.LockOSThread()
	for s := range c.spawns {
		s.done <- s.cmd.Start()
	}
}

func readRequests(in io.Reader, requests chan<- message) {
	defer close(requests)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) == nil {
			requests <- m
		}
	}
}

func (c *child) take(m message) {
	if m.Own != "" {
		c.dir = m.Own
	}
	if m.Start != nil {
		c.start(*m.Start)
	}
}

func (c *child) say(m message) { c.out.Write(encode(m)) }

func (c *child) start(u Unit) {
	pid, err := c.launch(u)
	if err != nil {
		c.say(message{Started: &Exit{Name: u.Name, Error: err.Error()}})
		return
	}
	c.live[pid] = u
	c.order = append(c.order, pid)
	c.say(message{Started: &Exit{Name: u.Name, PID: pid}})
}

func (c *child) launch(u Unit) (int, error) {
	log, err := os.OpenFile(u.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	path, err := lookPath(u.Args[0], u.Dir, u.Env)
	if err != nil {
		return 0, err
	}
	cmd := &exec.Cmd{Path: path, Args: u.Args, Dir: u.Dir, Env: u.Env, Stdout: log, Stderr: log, SysProcAttr: childAttributes()}
	s := spawn{cmd: cmd, done: make(chan error)}
	c.spawns <- s
	if err := <-s.done; err != nil {
		return 0, err
	}
	pid := cmd.Process.Pid
	return pid, cmd.Process.Release() // reap waits for everything that becomes ours
}

// reap collects every dead child, adopted ones too, and reports the units.
func (c *child) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
		u, ours := c.live[pid]
		delete(c.live, pid)
		if ours {
			c.say(message{Exited: exitOf(u.Name, pid, status)})
		}
	}
}

func exitOf(name string, pid int, status syscall.WaitStatus) *Exit {
	e := &Exit{Name: name, PID: pid, Code: status.ExitStatus()}
	if status.Signaled() {
		e.Code, e.Signal = -1, status.Signal().String()
	}
	return e
}

// stop ends the units in reverse order, each with its own signal and time,
// then kills every descendant that is left, and removes the directory.
func (c *child) stop() {
	for i := len(c.order) - 1; i >= 0; i-- {
		c.stopUnit(c.order[i])
	}
	killed := 0
	for range 200 {
		c.reap()
		left := descendants(os.Getpid())
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed++
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	if c.dir != "" {
		os.RemoveAll(c.dir)
	}
	c.say(message{Left: killed})
}

func (c *child) stopUnit(pid int) {
	u, running := c.live[pid]
	if !running {
		return
	}
	syscall.Kill(pid, syscall.Signal(u.StopSignal))
	deadline := time.Now().Add(u.StopTimeout)
	for time.Now().Before(deadline) {
		c.reap()
		if _, running := c.live[pid]; !running {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	syscall.Kill(pid, syscall.SIGKILL)
}

// lookPath finds a program as the unit itself would: a name with a slash is
// relative to its directory, any other is sought in its own PATH.
func lookPath(name, dir string, env []string) (string, error) {
	if name == "" {
		return "", errors.New("empty command")
	}
	for _, candidate := range candidates(name, dir, env) {
		info, err := os.Stat(candidate)
		if err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
		if err == nil && !info.IsDir() {
			return "", fmt.Errorf("%s: not executable", candidate)
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}
