package spy

import (
	"fmt"

	"pitwall/probe/ruby/layout"
)

// calibrate compares the table with what the build's own code says. The one
// offset that moves between patch releases is taken from the code; anything
// else that differs means that the table is of another struct.
func (t *Target) calibrate() error {
	d := t.site.decoded
	t.notes = append(t.notes, t.site.notes...)
	if !t.l.Seen {
		t.notes = append(t.notes, fmt.Sprintf("unverified layout for Ruby %s on %s: table %s, checked against the process only", t.l.Ruby, t.l.Arch, t.l.Table))
	}
	main := t.l.Ractor.MainThread
	if main == layout.None {
		main = t.l.VM.MainThread
	}
	if d.mainThread != unknown && d.mainThread != main {
		return t.misfit("rb_thread_main reads the main thread at %d, the table has %d", d.mainThread, main)
	}
	if d.objspace != unknown && (d.objspace != t.l.VM.Objspace || d.objspaceFlags != t.l.Objspace.Flags) {
		t.notes = append(t.notes, fmt.Sprintf("objspace at %d, flags at %d by the code of rb_during_gc; the table has %d and %d", d.objspace, d.objspaceFlags, t.l.VM.Objspace, t.l.Objspace.Flags))
		t.l.VM.Objspace, t.l.Objspace.Flags = d.objspace, d.objspaceFlags
	}
	if d.lastOperator != unknown {
		t.l.Symbols.LastOperator = d.lastOperator
	}
	return nil
}

func (t *Target) misfit(format string, args ...any) error {
	return &CheckError{PID: t.pid, Ruby: t.site.version, Table: t.l.Table, Detail: fmt.Sprintf(format, args...)}
}

// check tests the layout against the live process: the structs must point at
// each other as MRI has them, the main thread must be one of the process's
// own, and its stack must have frames that make sense. A process that changes
// in between is looked at again.
func (t *Target) check() error {
	var err error
	for range 5 {
		if err = t.checkOnce(); err == nil {
			return nil
		}
	}
	return err
}

func (t *Target) checkOnce() error {
	main, err := t.mem.word(t.vm + uint64(t.l.VM.MainThread))
	if err != nil {
		return t.misfit("main thread: %v", err)
	}
	if main == 0 {
		return ErrNotReady
	}
	t.main = main
	vm, err := t.mem.word(main + uint64(t.l.Thread.VM))
	if err != nil || vm != t.vm {
		return t.misfit("the main thread's VM is %#x, not %#x (%v)", vm, t.vm, err)
	}
	if err := t.checkRactor(main); err != nil {
		return err
	}
	ec, err := t.mem.word(main + uint64(t.l.Thread.EC))
	if err != nil {
		return t.misfit("execution context: %v", err)
	}
	if owner, err := t.mem.word(ec + uint64(t.l.EC.Thread)); err != nil || owner != main {
		return t.misfit("the main thread's context belongs to %#x, not %#x (%v)", owner, main, err)
	}
	if flags, err := t.mem.half(t.objspace + uint64(t.l.Objspace.Flags)); err != nil {
		return t.misfit("objspace flags %#x: %v", flags, err)
	}
	return t.checkSnapshot(main)
}

// checkRactor is for 3.0 and later: the VM's main thread is its main ractor's.
func (t *Target) checkRactor(main uint64) error {
	if t.l.VM.MainRactor == layout.None {
		return nil
	}
	ractor, err := t.mem.word(t.vm + uint64(t.l.VM.MainRactor))
	if err != nil {
		return t.misfit("main ractor: %v", err)
	}
	theirs, err := t.mem.word(ractor + uint64(t.l.Ractor.MainThread))
	if err != nil || theirs != main {
		return t.misfit("the main ractor's thread is %#x, the VM's %#x (%v)", theirs, main, err)
	}
	mine, err := t.mem.word(main + uint64(t.l.Thread.Ractor))
	if err != nil || mine != ractor {
		return t.misfit("the main thread's ractor is %#x, not %#x (%v)", mine, ractor, err)
	}
	return nil
}

// checkSnapshot takes one and asks that the main thread is in it, under an id
// that the kernel knows, and that some frame of it could be named.
func (t *Target) checkSnapshot(main uint64) error {
	var s Snapshot
	if err := t.Sample(&s); err != nil {
		return err
	}
	if !t.threads.has(main) {
		return t.misfit("the main thread is not in the list of threads")
	}
	named := false
	for _, th := range s.Threads {
		if t.tids != nil && th.TID < 0 {
			return t.misfit("a thread's id is not one of the process's")
		}
		for _, f := range th.Frames {
			named = named || t.names.frames[f].Name != unnamed
		}
	}
	if !named && len(s.Threads) > 0 {
		return t.misfit("no frame of %d threads could be named", len(s.Threads))
	}
	return nil
}
