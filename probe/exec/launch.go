package exec

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Launch is a command that is ready to start: its program found, its
// descriptors open. It is for those who start it in a way of their own; Run
// does all of it.
type Launch struct {
	command Command
	path    string
	env     []string
	mark    string
	opened  []*os.File // ours, shut once the program has them
	files   []uintptr
	stdout  *drain // nil: /dev/null
	stderr  *drain
	words   *os.File // standard error of a command whose children live on: a pipe would break under them
	reading bool
}

// Prepare opens all that a command needs. The error is a *NotFoundError when
// the program is missing. Finish must follow.
func Prepare(c Command) (*Launch, error) {
	if len(c.Args) == 0 {
		c.Args = []string{""}
	}
	l := &Launch{command: c, env: c.Env, mark: c.Warden.mark()}
	if c.Env == nil {
		l.env = os.Environ()
	}
	l.env = append(last(l.env), l.mark)
	var err error
	if l.path, err = find(c.Args[0], c.Dir, l.env); err != nil {
		return nil, err
	}
	if err := l.open(); err != nil {
		l.shut()
		for _, d := range []*drain{l.stdout, l.stderr} {
			if d != nil {
				d.read.Close()
			}
		}
		return nil, err
	}
	return l, nil
}

// last keeps the last value of every variable, as os/exec does: programs take
// the first that they find. Marks all stay: those of who started us are his to
// find us by.
func last(env []string) []string {
	seen := map[string]bool{}
	var kept []string
	for _, pair := range slices.Backward(env) {
		name, _, _ := strings.Cut(pair, "=")
		if !seen[name] || name == Marker {
			kept = append(kept, pair)
		}
		seen[name] = true
	}
	slices.Reverse(kept)
	return kept
}

func (l *Launch) open() error {
	input := l.command.Input
	if input == "" {
		input = os.DevNull
	}
	in, err := os.Open(input)
	if err != nil {
		return fmt.Errorf("opening the input: %w", err)
	}
	l.opened = append(l.opened, in)
	var out, problems *os.File
	if l.command.Keep {
		l.stdout, out, err = newDrain()
	} else {
		out, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	if err != nil {
		return err
	}
	l.opened = append(l.opened, out)
	if l.command.Spare {
		l.words, err = unnamed()
		problems = l.words
	} else if l.stderr, problems, err = newDrain(); err == nil {
		l.opened = append(l.opened, problems)
	}
	if err != nil {
		return err
	}
	l.files = append([]uintptr{in.Fd(), out.Fd(), problems.Fd()}, l.command.Files...)
	return nil
}

// Start forks and executes the program with these attributes, to which a
// process group of its own is added, and gives its pid. Its pid is its
// group's id too. The error is a *NotFoundError when the program cannot be
// executed.
func (l *Launch) Start(sys *syscall.SysProcAttr) (int, error) {
	if sys == nil {
		sys = &syscall.SysProcAttr{}
	}
	sys.Setpgid = true
	pid, err := syscall.ForkExec(l.path, l.command.Args, &syscall.ProcAttr{Dir: l.command.Dir, Env: l.env, Files: l.files, Sys: sys})
	if err != nil {
		return 0, l.refused(err)
	}
	l.command.Warden.hold(pid)
	l.shut()
	return pid, nil
}

// Read begins to read what the command writes. It comes before Start, so that
// starting to read is not measured.
func (l *Launch) Read() {
	if l.reading {
		return
	}
	l.reading = true
	if l.stdout != nil {
		go l.stdout.run()
	}
	if l.stderr != nil {
		go l.stderr.run()
	}
}

// Finish shuts what is open and gives what the command wrote, for which it
// waits a moment should processes that we do not know still hold the pipes.
func (l *Launch) Finish() (stdout, stderr Output) {
	l.Read()
	l.shut()
	stdout = unlooked()
	if l.stdout != nil {
		stdout = l.stdout.end()
	}
	if l.words != nil {
		defer l.words.Close()
		return stdout, end(l.words)
	}
	return stdout, l.stderr.end()
}

// unnamed makes a file that has no name any more.
func unnamed() (*os.File, error) {
	f, err := os.CreateTemp("", "pitwall-stderr-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (l *Launch) shut() {
	for _, f := range l.opened {
		f.Close()
	}
	l.opened = nil
}

// refused makes a sentence of a failed exec.
func (l *Launch) refused(err error) error {
	why := err.Error()
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		why = `is neither a program nor a script with a "#!" line`
	case errors.Is(err, syscall.ENOENT) && l.command.Dir != "" && missing(l.command.Dir):
		return fmt.Errorf("directory %s: %w", l.command.Dir, err)
	case errors.Is(err, syscall.ENOENT):
		why = `its "#!" line or loader names a program that is not there`
	case errors.Is(err, syscall.E2BIG):
		why = "its arguments and environment are too large"
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSYS):
		return fmt.Errorf("starting %s: %w", l.command.Args[0], err)
	}
	return &NotFoundError{Program: l.command.Args[0], Why: why, Err: err}
}

func missing(dir string) bool {
	_, err := os.Stat(dir)
	return err != nil
}
