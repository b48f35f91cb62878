// Package exec runs a command and measures it: time, CPU time, memory,
// context switches and, where the machine gives them, instructions. The
// command is started directly, in a process group of its own; nothing of it
// is left when Run returns.
package exec

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Command is a program to run.
type Command struct {
	Args   []string      // program and arguments; no shell looks at them
	Env    []string      // "NAME=value"; nil: ours. Marker is added
	Dir    string        // the program's working directory; ours when empty
	Input  string        // file for standard input, /dev/null when empty
	Keep   bool          // standard output goes through a pipe and is counted, hashed and kept in part; else it goes to /dev/null
	Files  []uintptr     // descriptors that the program gets as 3, 4, ...
	Limit  time.Duration // after which the whole group is ended; 0: none
	Spare  bool          // what it leaves running goes on, until EndLeft of its outcome
	Warden *Warden       // ends it should we be killed; nil: only its own process is then
	Counts bool          // count user instructions with perf_event; a *CounterError when the machine does not let us
}

// Marker is a variable that every command gets in its environment. Its value
// is drawn anew, of one length, so that a process that left the group can
// still be told to be the command's.
const Marker = "PITWALL_RUN"

// Outcome is what a command did. Unknown numbers are -1.
type Outcome struct {
	PID          int
	Wall         time.Duration // from just before the fork to the notice of the exit
	User, System time.Duration // of the process and the children it waited for
	MaxRSS       int64         // bytes; -1 where the kernel's figure may be our own: see Run
	Voluntary    int64         // context switches
	Involuntary  int64
	Exit         int    // -1 when a signal ended it
	Signal       string // "SIGKILL"; empty when it exited
	TimedOut     bool   // ended by us, at its limit
	Instructions int64  // in user mode, children included; -1 when not counted
	Stdout       Output
	Stderr       Output
	Left         []string // processes that outlived the command and, without Spare, were ended: "sleep (pid 12)"

	mark   string
	spared bool
}

// CPU is user and system time together.
func (o Outcome) CPU() time.Duration { return o.User + o.System }

// How says in words how the command ended: "exit code 3", "killed by SIGKILL".
func (o Outcome) How() string {
	switch {
	case o.TimedOut:
		return "ended at its time limit"
	case o.Signal != "":
		return "killed by " + o.Signal
	}
	return fmt.Sprintf("exit code %d", o.Exit)
}

// NotFoundError is a program that is not there or is not one.
type NotFoundError struct {
	Program string
	Why     string
	Err     error // fs.ErrNotExist, fs.ErrPermission or the system call's
}

// Error names the program and says what is wrong with it.
func (e *NotFoundError) Error() string { return fmt.Sprintf("program %s: %s", e.Program, e.Why) }

// Unwrap is the cause.
func (e *NotFoundError) Unwrap() error { return e.Err }

// find resolves a program as execvp(3) does, with the PATH of env and from
// dir.
func find(program, dir string, env []string) (string, error) {
	if program == "" {
		return "", &NotFoundError{Program: `""`, Why: "the command is empty", Err: fs.ErrNotExist}
	}
	if strings.Contains(program, "/") {
		return program, usable(program, program, dir)
	}
	var refused error
	for _, place := range strings.Split(lookup(env, "PATH"), ":") {
		if place == "" {
			place = "."
		}
		path := place + "/" + program
		err := usable(program, path, dir)
		if err == nil {
			return path, nil
		}
		if e, ok := err.(*NotFoundError); ok && e.Err == fs.ErrPermission {
			refused = err
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", &NotFoundError{Program: program, Why: "not found in PATH", Err: fs.ErrNotExist}
}

// usable says why a path cannot be run, nil when it can.
func usable(program, path, dir string) error {
	full := path
	if !strings.HasPrefix(path, "/") && dir != "" {
		full = dir + "/" + path
	}
	var st unix.Stat_t
	if err := unix.Stat(full, &st); err != nil {
		return &NotFoundError{Program: program, Why: "no such file", Err: fs.ErrNotExist}
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return &NotFoundError{Program: program, Why: "is a directory", Err: fs.ErrPermission}
	}
	if err := unix.Access(full, unix.X_OK); err != nil {
		return &NotFoundError{Program: program, Why: "is not executable", Err: fs.ErrPermission}
	}
	return nil
}

// lookup is the value of the last entry of a name.
func lookup(env []string, name string) string {
	value := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}
