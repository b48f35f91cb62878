package spy

import (
	"pitwall/core/profile"
	"pitwall/probe/ruby/layout"
)

// state is what a thread was doing, with its place in the line for the GVL
// from 0 on; -1 when it is not in line.
type state struct {
	is    profile.State
	place int
}

// rb_thread_status, low two bits of the byte
const (
	runnable = iota
	stopped
	stoppedForever
	killed
)

// duringGC is the bit of rb_objspace_t's flags.
const duringGC = 1 << 5

// judge sets the state of every thread of d from the heads that were read.
func (r *roster) judge(d *domain, collecting bool) {
	line := map[uint64]int{}
	head := d.list(r.queueAt())
	at := d.word(r.queueAt())
	for at != head {
		t := r.byAddr[at-uint64(r.l.Thread.QueueNode)]
		if t == nil {
			break // caught in a change: the rest of the line is judged by the threads' own fields
		}
		if _, twice := line[t.addr]; twice {
			break // likewise
		}
		line[t.addr] = len(line)
		at = t.word(r.l.Thread.QueueNode)
	}
	holder := d.word(r.ownerAt())
	if at := r.l.Ractor.IsRunning; at != layout.None && d.buf[at-d.low] == 0 {
		holder = 0
	}
	for _, t := range d.threads {
		place, queued := line[t.addr]
		t.state = state{is: r.own(t), place: -1}
		switch {
		case t.addr == holder && collecting:
			t.state.is = profile.GC
		case t.addr == holder:
			t.state.is = profile.Running
		case queued:
			t.state = state{is: profile.Waiting, place: place}
		}
	}
}

// own is the state of a thread that neither holds the GVL nor is in line for
// it, from its own fields. One that could run but is in neither place was
// caught between them.
func (r *roster) own(t *thread) profile.State {
	status := t.buf[r.l.Thread.Status] & 3
	switch {
	case status == killed:
		return profile.Dead
	case t.word(r.l.Thread.LockingMutex) != 0:
		return profile.Locked
	case t.word(r.l.Thread.BlockingRegion) != 0:
		return profile.Blocked
	case status == stopped, status == stoppedForever:
		return profile.Sleeping
	}
	return profile.Waiting
}
