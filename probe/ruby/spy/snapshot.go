package spy

import (
	"pitwall/core/profile"
	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// Loss says why a thread's stack is missing.
type Loss string

const (
	Whole      Loss = ""           // it is there
	Torn       Loss = "torn"       // it changed too fast to keep any of it
	Unreadable Loss = "unreadable" // its memory could not be read, or made no sense
)

// Thread is one thread as a snapshot saw it.
type Thread struct {
	Key    uint64 // names the thread as long as it lives
	TID    int32  // the kernel's id as we see it; -1 when unknown
	State  profile.State
	Place  int     // in line for the GVL, 0 the next one; -1 when not in line
	Frames []int32 // root first, for Target.Frame; valid until the next snapshot
	Cut    bool    // inner frames are missing: the stack changed while it was read, or was too deep
	Lost   Loss
}

// Snapshot is all threads of a process at one moment. The zero value is ready
// for use, and is best used again.
type Snapshot struct {
	Time    int64 // CLOCK_MONOTONIC, ns
	Threads []Thread

	failed []bool
	wanted []want
}

// want is a frame without Ruby code whose environment is asked for.
type want struct {
	thread *thread
	frame  int
	env    []byte
}

// Sample takes a snapshot into s, without stopping the process. An error is
// about the whole process and wraps proc.ErrGone when it ended; what could
// not be read of one thread is said there.
func (t *Target) Sample(s *Snapshot) error {
	s.Time = clock.Now()
	t.names.tick()
	if err := t.threads.refresh(); err != nil {
		return err
	}
	collecting := half(t.threads.flags, 0)&duringGC != 0
	for _, d := range t.threads.domains {
		t.threads.judge(d, collecting)
	}
	if err := t.readStacks(s); err != nil {
		return err
	}
	if err := t.resolve(s); err != nil {
		return err
	}
	for i, th := range t.threads.threads {
		t.finish(&s.Threads[i], th)
	}
	return nil
}

// readStacks copies all stacks and keeps what is stable of each.
func (t *Target) readStacks(s *Snapshot) error {
	s.Threads = s.Threads[:0]
	t.scratch = t.scratch[:0]
	const ranges = 4 // a thread's
	for _, th := range t.threads.threads {
		more, ok := t.scratch, false
		if th.ec != 0 {
			more, ok = th.stack.aim(th, &t.l, t.scratch)
		}
		out := Thread{Key: th.addr, TID: t.tid(th), State: th.state.is, Place: th.state.place}
		if t.scratch = more; !ok {
			out.Lost = Unreadable
		}
		s.Threads = append(s.Threads, out)
	}
	var err error
	if s.failed, err = t.mem.all(t.scratch, s.failed); err != nil {
		return err
	}
	at := 0
	for i, th := range t.threads.threads {
		out := &s.Threads[i]
		if out.Lost != Whole {
			th.stack.forget()
			continue
		}
		f := s.failed[at : at+ranges]
		at += ranges
		if f[0] || f[1] || f[2] || f[3] {
			out.Lost = Unreadable
			th.stack.forget()
			continue
		}
		out.Cut = th.stack.settle(&t.l)
		if len(th.stack.frames) == 0 && out.Cut {
			out.Lost = Torn
		}
	}
	return nil
}

// resolve names all frames that are not named yet. Those without Ruby code
// need the words before their environment pointer; they are read together,
// with the frames once more behind them: a frame that is another one by then
// is cut off with all that it called.
func (t *Target) resolve(s *Snapshot) error {
	s.wanted = s.wanted[:0]
	t.scratch = t.scratch[:0]
	for i, th := range t.threads.threads {
		w := &th.stack
		for at := range w.frames {
			f := w.frames[at]
			leaf := at == len(w.frames)-1
			if f.pc == 0 || f.iseq == 0 {
				if w.resolved[at] == unresolved || leaf {
					s.wanted = append(s.wanted, want{thread: th, frame: at, env: make([]byte, envBytes)})
				}
				continue
			}
			if w.resolved[at] != unresolved {
				continue
			}
			id, err := t.names.ruby(f)
			if err != nil {
				return err
			}
			w.resolved[at] = id
		}
		if len(w.frames) == 0 && s.Threads[i].Lost == Whole {
			w.forget()
		}
	}
	return t.resolveNative(s)
}

func (t *Target) resolveNative(s *Snapshot) error {
	for _, w := range s.wanted {
		t.scratch = append(t.scratch, proc.Range{Addr: w.thread.stack.frames[w.frame].ep - 16, Buf: w.env})
	}
	first := len(t.scratch)
	for i, w := range s.wanted {
		if i == 0 || s.wanted[i-1].thread != w.thread {
			t.scratch = append(t.scratch, w.thread.stack.again(w.frame, t.l.Frame.Size))
		}
	}
	var err error
	if s.failed, err = t.mem.all(t.scratch, s.failed); err != nil {
		return err
	}
	next := first - 1
	for i, w := range s.wanted {
		if i == 0 || s.wanted[i-1].thread != w.thread {
			next++
		}
		stack := &w.thread.stack
		if w.frame >= len(stack.frames) {
			continue
		}
		if s.failed[i] || s.failed[next] || !stack.still(w.frame, &t.l) {
			stack.frames, stack.resolved = stack.frames[:w.frame], stack.resolved[:w.frame]
			t.mark(s, w.thread)
			continue
		}
		id, err := t.names.native(stack.frames[w.frame], w.env)
		if err != nil {
			return err
		}
		stack.resolved[w.frame] = id
	}
	return nil
}

func (t *Target) mark(s *Snapshot, th *thread) {
	for i := range s.Threads {
		if s.Threads[i].Key == th.addr {
			s.Threads[i].Cut = true
		}
	}
}

// finish gives a thread the frames that are shown.
func (t *Target) finish(out *Thread, th *thread) {
	w := &th.stack
	w.shown = w.shown[:0]
	for _, id := range w.resolved {
		if id >= 0 {
			w.shown = append(w.shown, id)
		}
	}
	if w.deep {
		out.Cut = true
		w.shown = append(w.shown, t.names.beyond)
	}
	if out.State == profile.GC {
		w.shown = append(w.shown, t.names.collector)
	}
	if out.State == profile.Sleeping || out.State == profile.Blocked {
		if t.names.idle(w.shown) {
			out.State = profile.Idle
		}
	}
	out.Frames = w.shown
}
