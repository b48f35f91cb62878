package supervise

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Supervisor is our end of the pipe.
type Supervisor struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	started chan Exit
	mu      sync.Mutex
	exits   map[string]Exit
	changed chan struct{} // closed and renewed at each exit
	gone    chan struct{} // closed when the supervisor has ended
	left    int
}

// Start runs command (our own binary with the hidden word that calls Child)
// as the supervisor. Its standard error goes to errors, which may be nil.
func Start(command []string, diagnostics io.Writer) (*Supervisor, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = diagnostics
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the supervisor: %w", err)
	}
	s := &Supervisor{cmd: cmd, in: in, started: make(chan Exit, 1), exits: map[string]Exit{},
		changed: make(chan struct{}), gone: make(chan struct{})}
	go s.read(out)
	return s, nil
}

func (s *Supervisor) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue
		}
		s.handle(m)
	}
	s.cmd.Wait()
	close(s.gone)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake()
}

// wake those who wait for a change. The caller holds the lock.
func (s *Supervisor) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Supervisor) handle(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left += m.Left
	if m.Started != nil {
		s.started <- *m.Started
	}
	if m.Exited != nil {
		s.exits[m.Exited.Name] = *m.Exited
		s.wake()
	}
}

// PID of the supervisor: every unit's ancestor.
func (s *Supervisor) PID() int { return s.cmd.Process.Pid }

// Launch starts a unit and returns its pid. One launch at a time.
func (s *Supervisor) Launch(ctx context.Context, u Unit) (int, error) {
	if u.StopSignal == 0 {
		u.StopSignal = int(syscall.SIGTERM)
	}
	if u.StopTimeout == 0 {
		u.StopTimeout = 10 * time.Second
	}
	if len(u.Args) == 0 {
		return 0, fmt.Errorf("starting %s: empty command", u.Name)
	}
	if _, err := s.in.Write(encode(message{Start: &u})); err != nil {
		return 0, fmt.Errorf("starting %s: the supervisor is gone: %w", u.Name, err)
	}
	select {
	case e := <-s.started:
		if e.Error != "" {
			return 0, fmt.Errorf("starting %s: %s", u.Name, e.Error)
		}
		return e.PID, nil
	case <-s.gone:
		return 0, fmt.Errorf("starting %s: the supervisor is gone", u.Name)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Exited says whether a unit has ended, and how.
func (s *Supervisor) Exited(name string) (Exit, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.exits[name]
	return e, ok
}

// Own hands a directory over: the supervisor removes it at its end.
func (s *Supervisor) Own(dir string) error {
	if _, err := s.in.Write(encode(message{Own: dir})); err != nil {
		return fmt.Errorf("the supervisor is gone: %w", err)
	}
	return nil
}

// Lost says that the supervisor has ended; without a Stop it was killed, and
// descendants of its units may still run.
func (s *Supervisor) Lost() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// Changed is closed at the next exit of any unit or of the supervisor.
func (s *Supervisor) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wait blocks until the unit has ended.
func (s *Supervisor) Wait(ctx context.Context, name string) (Exit, error) {
	for {
		changed := s.Changed()
		if e, ok := s.Exited(name); ok {
			return e, nil
		}
		select {
		case <-changed:
		case <-s.gone:
			return Exit{}, errors.New("the supervisor is gone")
		case <-ctx.Done():
			return Exit{}, ctx.Err()
		}
	}
}

// Stop ends every unit and the supervisor, and returns how many descendants
// had to be killed. It returns when nothing is left, and may be called twice.
func (s *Supervisor) Stop() int {
	s.in.Close()
	<-s.gone
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// Tail is the end of a log file: at most n lines, at most 16 KiB.
func Tail(path string, n int) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const window = 16 << 10
	if info, err := f.Stat(); err == nil && info.Size() > window {
		f.Seek(-window, io.SeekEnd)
	}
	var lines []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return lines[max(0, len(lines)-n):]
}
