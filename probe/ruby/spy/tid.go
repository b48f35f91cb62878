package spy

import (
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// tidOf is a thread's id in our own namespace, remembered with the native
// thread it was read from; -1 when unknown.
type tidOf struct {
	native uint64
	id     int32
}

// tid finds the kernel's id of a thread.
func (t *Target) tid(th *thread) int32 {
	native := t.nativeOf(th)
	if native == 0 {
		return -1
	}
	if th.tid.native == native && th.tid.id > 0 {
		return th.tid.id
	}
	inner := t.innerTID(th, native)
	th.tid = tidOf{native: native, id: inner}
	if t.tids == nil || inner <= 0 {
		return inner
	}
	id, ok := t.tids[int(inner)]
	if !ok {
		if fresh, err := proc.ThreadIDs(t.pid); err == nil {
			t.tids = fresh
		}
		id, ok = t.tids[int(inner)]
	}
	switch {
	case ok:
		th.tid.id = int32(id)
	case th.addr == t.main: // 3.1 keeps the parent's id after a fork
		th.tid.id = int32(t.pid)
	default:
		th.tid.id = -1
	}
	return th.tid.id
}

// nativeOf is what the id is read from: rb_native_thread, or the pthread.
func (t *Target) nativeOf(th *thread) uint64 {
	if at := t.l.Thread.Native; at != layout.None {
		return th.word(at)
	}
	return th.word(t.l.Thread.PThread)
}

func (t *Target) innerTID(th *thread, native uint64) int32 {
	at := uint64(0)
	switch {
	case t.l.Thread.TID != layout.None:
		return int32(half(th.buf, t.l.Thread.TID))
	case t.l.Native.TID != layout.None:
		at = native + uint64(t.l.Native.TID)
	default:
		at = native + uint64(t.l.PThread.TID)
	}
	id, err := t.mem.half(at)
	if err != nil || int32(id) <= 0 {
		return -1
	}
	return int32(id)
}
