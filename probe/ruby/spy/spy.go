// Package spy reads the stacks and the GVL states of all threads of a running
// Ruby process from outside: it loads nothing into it and never stops it.
//
// A Target is one process. It finds the VM, checks that the memory layout it
// was given fits (see Open), and then takes snapshots. Stacks change while
// they are read; so each is copied twice in one system call and only what
// both copies agree on is kept. A Recorder takes snapshots of many processes
// at a pace, and makes a profile of them.
package spy

import (
	"errors"
	"fmt"

	"pitwall/core/profile"
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// Memory is a process's memory, or a fake or stored one. Its errors are those
// of proc.Memory: *proc.ShortReadError for a range that is not there; any
// other error ends the snapshot.
type Memory interface {
	ReadV(ranges []proc.Range) error
}

// ErrNotReady says that the process has not set up its Ruby VM yet.
var ErrNotReady = errors.New("ruby is still starting")

// NotRubyError says that a process runs no Ruby that we can find.
type NotRubyError struct {
	PID    int
	Reason string
}

func (e *NotRubyError) Error() string {
	return fmt.Sprintf("process %d is no Ruby that can be read: %s", e.PID, e.Reason)
}

// CheckError says that what the layout promises is not what the process
// holds, so nothing it would say could be trusted.
type CheckError struct {
	PID    int
	Ruby   string
	Table  string
	Detail string
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("memory layout %s does not fit Ruby %s of process %d: %s", e.Table, e.Ruby, e.PID, e.Detail)
}

// Target is one Ruby process. It is not safe for use by several goroutines.
type Target struct {
	pid  int
	id   proc.Identity
	mem  reader
	l    layout.Layout
	site site
	vm   uint64
	main uint64 // the main thread

	objspace uint64
	threads  *roster
	names    *names
	tids     map[int]int // the process's own thread ids to ours
	notes    []string
	scratch  []proc.Range
}

// Open finds the Ruby VM of a process and checks the layout against it. Errors:
// proc.ErrGone, *proc.PermissionError, *proc.ReplacedError, *NotRubyError,
// *layout.UnsupportedError, *CheckError, ErrNotReady.
func Open(pid int) (*Target, error) {
	id, err := proc.Identify(pid)
	if err != nil {
		return nil, err
	}
	mem, err := proc.OpenMemory(pid)
	if err != nil {
		return nil, err
	}
	s, err := find(pid, reader{mem})
	if err != nil {
		return nil, err
	}
	t, err := attach(pid, mem, s)
	if err != nil {
		return nil, err
	}
	t.id = id
	if t.tids, err = proc.ThreadIDs(pid); err != nil {
		return nil, err
	}
	return t, t.check()
}

// attach makes a target of memory whose symbols are known, unchecked.
func attach(pid int, mem Memory, s site) (*Target, error) {
	l, err := layout.For(s.version, s.arch)
	if err != nil {
		return nil, err
	}
	t := &Target{pid: pid, mem: reader{mem}, l: l, site: s}
	if err := t.calibrate(); err != nil {
		return nil, err
	}
	if t.vm, err = t.mem.word(s.vmVariable); err != nil {
		return nil, fmt.Errorf("reading VM pointer: %w", err)
	}
	if t.vm == 0 {
		return nil, ErrNotReady
	}
	if t.objspace, err = t.mem.word(t.vm + uint64(t.l.VM.Objspace)); err != nil {
		return nil, fmt.Errorf("reading objspace pointer: %w", err)
	}
	t.threads = newRoster(t.mem, &t.l, t.vm, t.objspace)
	if t.names, err = newNames(t.mem, &t.l, s.symbols); err != nil {
		return nil, err
	}
	return t, nil
}

// PID is the process's id.
func (t *Target) PID() int { return t.pid }

// Ruby is the version the process says it is, "3.1.7".
func (t *Target) Ruby() string { return t.site.version }

// Layout is the offsets in use.
func (t *Target) Layout() layout.Layout { return t.l }

// Notes are remarks about the reading: a layout that was never seen on this
// very version, offsets taken from code. Never nil.
func (t *Target) Notes() []string { return append([]string{}, t.notes...) }

// Alive is nil while the process is the one that was opened; else its error
// wraps proc.ErrGone.
func (t *Target) Alive() error { return t.id.Check() }

// Frame is the frame of an id that a Snapshot of this target holds.
func (t *Target) Frame(id int32) profile.Frame { return t.names.frames[id] }
