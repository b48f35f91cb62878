package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"pitwall/probe/exec"
)

// Worker is one running Ruby. Its methods are for one goroutine at a time.
// Close it.
type Worker struct {
	hello   Hello
	limit   time.Duration
	memory  int64
	dir     string
	warden  *exec.Warden
	launch  *exec.Launch
	process int      // pid of what was started; not reaped before Kill, so that the number is its own
	in      *os.File // commands
	answers chan answer
	ended   chan struct{} // closed when the process has ended
	outcome exec.Outcome  // since Kill
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
	w := &Worker{limit: o.Limit, memory: o.Memory, answers: make(chan answer, 1), ended: make(chan struct{})}
	if w.limit == 0 {
		w.limit = DefaultLimit
	}
	if err := w.place(); err != nil {
		return nil, fmt.Errorf("writing the Ruby worker: %w", err)
	}
	var err error
	if w.warden, err = exec.NewWarden(w.dir); err != nil {
		os.RemoveAll(w.dir)
		return nil, err
	}
	if err := w.start(o); err != nil {
		w.warden.Close()
		os.RemoveAll(w.dir)
		return nil, err
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
	defer inR.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		inW.Close()
		return err
	}
	defer outW.Close()
	if err := w.run(o, inR, outW); err != nil {
		inW.Close()
		outR.Close()
		return &MissingError{Command: strings.Join(o.Ruby, " "), Err: err}
	}
	w.in = inW
	go read(outR, w.answers)
	return nil
}

// run starts Ruby with these as its descriptors 3 and 4, which block as it
// expects.
func (w *Worker) run(o Options, in, out *os.File) error {
	files := []uintptr{in.Fd(), out.Fd()}
	for _, fd := range files {
		if err := syscall.SetNonblock(int(fd), false); err != nil {
			return err
		}
	}
	args := append(o.Ruby[:len(o.Ruby):len(o.Ruby)], filepath.Join(w.dir, "worker.rb"))
	var err error
	if w.launch, err = exec.Prepare(exec.Command{Args: args, Env: o.Env, Dir: o.Dir, Keep: true, Files: files, Warden: w.warden}); err != nil {
		return err
	}
	w.launch.Read()
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		pid, err := w.launch.Start(attributes())
		w.process = pid
		started <- err
		if err == nil {
			_ = w.launch.Await(pid)
			close(w.ended)
		}
	}()
	if err := <-started; err != nil {
		w.launch.Finish()
		return err
	}
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
			return &HungError{Stage: stage, After: w.limit, Tail: text(w.outcome.Stderr)}
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
	silent := false
	select {
	case <-w.ended:
	case <-time.After(grace): // it closed our descriptor and lives on
		silent = true
	}
	w.Kill()
	how := fmt.Sprintf("exited with %d", w.outcome.Exit)
	switch {
	case silent:
		how = "silent"
	case w.outcome.Signal != "":
		how = "killed by " + w.outcome.Signal
	}
	return &DiedError{Stage: stage, How: how, Tail: text(w.outcome.Stderr)}
}

// pid is Ruby's own, or that of what was started before it said hello.
func (w *Worker) pid() int {
	if w.hello.PID > 0 {
		return w.hello.PID
	}
	return w.process
}

// Kill ends the worker and everything that it started, in its group or not,
// and removes its directory. It may be called any number of times.
func (w *Worker) Kill() {
	w.once.Do(func() {
		_ = syscall.Kill(-w.process, syscall.SIGKILL) // not reaped: the number is its own
		<-w.ended
		w.outcome, _ = w.launch.Reap(w.process) // an unknown end is an exit code of -1
		w.in.Close()
		w.in = nil
		go func() { // whatever it still says
			for range w.answers {
			}
		}()
		os.RemoveAll(w.dir) // before the warden goes, which does it should we be killed here
		w.warden.Close()
	})
}
