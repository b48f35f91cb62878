package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Worker is one running Ruby. Its methods are for one goroutine at a time.
// Close it.
type Worker struct {
	hello   Hello
	limit   time.Duration
	memory  int64
	dir     string
	cmd     *exec.Cmd
	in      *os.File // commands
	life    *os.File // held open while we live: see guard
	guard   *exec.Cmd
	answers chan answer
	ended   chan struct{} // closed when the process is reaped
	stdout  *tail
	stderr  *tail
	once    sync.Once
}

type answer struct {
	line []byte
	err  error
}

// longest bounds one line of an answer.
const longest = 16 << 20

// grace is what a worker gets to end by itself.
const grace = 3 * time.Second

// Start starts Ruby and waits for its hello. A cancelled context ends it, as
// it does in every other method.
func Start(ctx context.Context, o Options) (*Worker, error) {
	if len(o.Ruby) == 0 {
		o.Ruby = []string{"ruby"}
	}
	w := &Worker{limit: o.Limit, memory: o.Memory, answers: make(chan answer, 1), ended: make(chan struct{}), stdout: &tail{}, stderr: &tail{}}
	if w.limit == 0 {
		w.limit = DefaultLimit
	}
	if err := w.place(); err != nil {
		return nil, fmt.Errorf("writing the Ruby worker: %w", err)
	}
	if err := w.start(o); err != nil {
		os.RemoveAll(w.dir)
		return nil, err
	}
	if err := w.watch(); err != nil {
		w.Kill()
		return nil, fmt.Errorf("starting the guard of the worker: %w", err)
	}
	if err := w.wait(ctx, "its start", &w.hello); err != nil {
		w.Kill()
		return nil, err
	}
	return w, nil
}

// place writes the Ruby half into a directory of its own.
func (w *Worker) place() error {
	dir, err := os.MkdirTemp("", "pitwall-worker-")
	if err != nil {
		return err
	}
	w.dir = dir
	files, err := sources.ReadDir("rb")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := sources.ReadFile("rb/" + f.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name()), text, 0o600)
		}
		if err != nil {
			os.RemoveAll(dir)
			return err
		}
	}
	return nil
}

// start starts the process. The thread that starts it waits for it too: the
// death signal comes when that thread ends, not only when we do.
func (w *Worker) start(o Options) error {
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		inR.Close()
		inW.Close()
		return err
	}
	w.cmd = exec.Command(o.Ruby[0], append(o.Ruby[1:len(o.Ruby):len(o.Ruby)], filepath.Join(w.dir, "worker.rb"))...)
	w.cmd.Dir, w.cmd.Env = o.Dir, o.Env
	w.cmd.ExtraFiles = []*os.File{inR, outW}
	w.cmd.Stdout, w.cmd.Stderr = w.stdout, w.stderr
	w.cmd.SysProcAttr = attributes()
	w.cmd.WaitDelay = grace
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := w.cmd.Start()
		inR.Close()
		outW.Close()
		started <- err
		if err == nil {
			w.cmd.Wait()
			close(w.ended)
		}
	}()
	if err := <-started; err != nil {
		inW.Close()
		outR.Close()
		return &MissingError{Command: strings.Join(o.Ruby, " "), Err: reason(err)}
	}
	w.in = inW
	go read(outR, w.answers)
	return nil
}

// reason is why a command could not be started, without its name.
func reason(err error) error {
	var named *exec.Error
	var path *os.PathError
	switch {
	case errors.As(err, &named):
		return named.Err
	case errors.As(err, &path):
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}

// watch starts a guard: a shell that reads from a pipe that only we hold. If
// we are killed the pipe ends, and it kills the worker's whole group and
// removes the directory. A death signal alone would spare what a body forked.
func (w *Worker) watch() error {
	r, life, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	w.guard = exec.Command("/bin/sh", "-c", `read x <&3 && exit 0; kill -9 -"$1"; rm -rf "$2"`, "pitwall-guard", strconv.Itoa(w.cmd.Process.Pid), w.dir)
	w.guard.Env = []string{"PATH=/usr/bin:/bin"}
	w.guard.ExtraFiles = []*os.File{r}
	w.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := w.guard.Start(); err != nil {
		life.Close()
		w.guard = nil
		return err
	}
	w.life = life
	return nil
}

// read passes the lines of the answers on until they end.
func read(r *os.File, to chan<- answer) {
	defer r.Close()
	defer close(to)
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		var line []byte
		for {
			part, err := lines.ReadSlice('\n')
			line = append(line, part...)
			if err == nil {
				break
			}
			if err != bufio.ErrBufferFull {
				return
			}
			if len(line) > longest {
				to <- answer{err: &ProtocolError{"a line without an end"}}
				io.Copy(io.Discard, r)
				return
			}
		}
		to <- answer{line: line}
	}
}

// ask sends a command and waits for its answer.
func (w *Worker) ask(ctx context.Context, stage string, c command, into any) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := w.send(append(line, '\n')); err != nil {
		select { // it died: say how
		case <-w.ended:
			return w.died(stage)
		case <-time.After(grace):
			return fmt.Errorf("%s: %w", stage, errGone)
		}
	}
	return w.wait(ctx, stage, into)
}

// send writes a whole line; a worker that reads nothing is given its limit.
func (w *Worker) send(line []byte) error {
	if w.in == nil {
		return errGone
	}
	w.in.SetWriteDeadline(time.Now().Add(w.limit))
	_, err := w.in.Write(line)
	return err
}

// wait waits for one answer.
func (w *Worker) wait(ctx context.Context, stage string, into any) error {
	limit := time.NewTimer(w.limit)
	defer limit.Stop()
	var look <-chan time.Time
	if w.memory > 0 {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		look = ticker.C
	}
	for {
		select {
		case a, open := <-w.answers:
			if !open {
				return w.died(stage)
			}
			return decode(a, stage, into)
		case <-look:
			if used := resident(w.pid()); used > w.memory {
				w.Kill()
				return &MemoryError{Used: used, Bound: w.memory}
			}
		case <-limit.C:
			w.Kill()
			return &HungError{Stage: stage, After: w.limit, Tail: w.stderr.String()}
		case <-ctx.Done():
			w.Kill()
			return context.Cause(ctx)
		}
	}
}

func decode(a answer, stage string, into any) error {
	if a.err != nil {
		return a.err
	}
	var r reply
	if err := json.Unmarshal(a.line, &r); err != nil {
		return &ProtocolError{err.Error()}
	}
	if r.Error != nil {
		return r.Error.error(stage)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(r.OK, into); err != nil {
		return &ProtocolError{err.Error()}
	}
	return nil
}

// died is how a worker ended whose answers ended.
func (w *Worker) died(stage string) error {
	select {
	case <-w.ended:
	case <-time.After(grace): // it closed our descriptor and lives on
		w.Kill()
		return &DiedError{Stage: stage, How: "silent", Tail: w.stderr.String()}
	}
	how := "ended"
	if state := w.cmd.ProcessState; state != nil {
		how = fmt.Sprintf("exited with %d", state.ExitCode())
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			how = "killed by " + signalName(status.Signal())
		}
	}
	w.Kill()
	return &DiedError{Stage: stage, How: how, Tail: w.stderr.String()}
}

// pid is Ruby's own, or that of what was started before it said hello.
func (w *Worker) pid() int {
	if w.hello.PID > 0 {
		return w.hello.PID
	}
	return w.cmd.Process.Pid
}

// Kill ends the worker and everything that it started, and removes its
// directory. It may be called any number of times.
func (w *Worker) Kill() {
	w.once.Do(func() {
		kill(w.cmd.Process.Pid)
		<-w.ended
		kill(w.cmd.Process.Pid)
		w.in.Close()
		w.in = nil
		go func() { // whatever it still says
			for range w.answers {
			}
		}()
		if w.guard != nil {
			w.life.WriteString("done\n")
			w.life.Close()
			w.guard.Wait()
		}
		os.RemoveAll(w.dir)
	})
}
