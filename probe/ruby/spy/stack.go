package spy

import (
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// bounds on a stack, in frames; MRI's default of 1 MiB holds 16,384
const (
	maxFrames = 1 << 14
	slack     = 16 // frames more than the head says, for calls made since
)

// window is the part of a thread's VM stack that holds its control frames,
// copied twice, and what was made of it last time.
type window struct {
	end      uint64 // address after the root frame
	low      uint64 // address of the first byte copied
	headA    []byte // the context before the copies
	headB    []byte // and after them
	a, b     []byte
	frames   []frame // of the last snapshot, root first, without the dummy
	resolved []int32 // their ids, unresolved where there is none yet
	deep     bool    // more frames than maxFrames
	copied   int     // frames that the third copy reaches to
	shown    []int32 // ids without those that are hidden
}

// frame is the part of a control frame that says what is called.
type frame struct{ pc, iseq, self, ep uint64 }

// unresolved marks a frame without an id, hidden one that is not shown.
const (
	unresolved int32 = -1
	hidden     int32 = -2
)

func (w *window) forget() { w.frames, w.resolved = w.frames[:0], w.resolved[:0] }

// aim sets the window by the context's head, and appends what to read. It is
// false when the head makes no sense.
func (w *window) aim(t *thread, l *layout.Layout, ranges []proc.Range) ([]proc.Range, bool) {
	base, words := word(t.head, l.EC.VMStack), word(t.head, l.EC.VMStackSize)
	size := uint64(l.Frame.Size)
	cfp := t.cfp(l)
	if base == 0 || words == 0 || words > 1<<28 || word(t.head, l.EC.Thread) != t.addr {
		return ranges, false
	}
	w.end = base + 8*words
	if cfp < base || cfp >= w.end || (w.end-cfp)%size != 0 || w.end < base {
		return ranges, false
	}
	w.low = max(cfp-min(cfp, slack*size), base)
	w.low += (w.end - w.low) % size // whole frames only
	if w.deep = w.end-w.low > maxFrames*size; w.deep {
		w.low = w.end - maxFrames*size
	}
	n := int(w.end - w.low)
	w.headA, w.headB = grow(w.headA, len(t.head)), grow(w.headB, len(t.head))
	w.a, w.b = grow(w.a, n), grow(w.b, n)
	return append(ranges,
		proc.Range{Addr: t.ec, Buf: w.headA}, proc.Range{Addr: w.low, Buf: w.a},
		proc.Range{Addr: w.low, Buf: w.b}, proc.Range{Addr: t.ec, Buf: w.headB}), true
}

func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, n+n/4)
	}
	return b[:n]
}

// depth is how many frames of the window a head says are in use, the dummy
// included; 0 when it makes no sense.
func (w *window) depth(head []byte, l *layout.Layout) int {
	cfp := word(head, l.EC.CFP)
	if cfp >= w.end || (w.end-cfp)%uint64(l.Frame.Size) != 0 {
		return 0
	}
	return int((w.end - cfp) / uint64(l.Frame.Size))
}

func (w *window) frame(copied []byte, i int, l *layout.Layout) frame {
	return frameOf(copied[len(copied)-(i+1)*l.Frame.Size:], l)
}

func frameOf(b []byte, l *layout.Layout) frame {
	return frame{pc: word(b, l.Frame.PC), iseq: word(b, l.Frame.ISeq), self: word(b, l.Frame.Self), ep: word(b, l.Frame.EP)}
}

// settle keeps the frames that both copies agree on, from the root, and the
// ids of those that are as they were last time. The innermost one may have
// moved on within itself. cut tells that the stack was longer.
func (w *window) settle(l *layout.Layout) (cut bool) {
	da, db := w.depth(w.headA, l), w.depth(w.headB, l)
	n := min(da, db, len(w.a)/l.Frame.Size)
	same := true // as last time, from the root up to here
	old := w.frames
	w.frames = w.frames[:0]
	for i := 1; i < n; i++ {
		a, b := w.frame(w.a, i, l), w.frame(w.b, i, l)
		if a.iseq != b.iseq || a.self != b.self || a.ep != b.ep {
			break
		}
		at := i - 1
		if same = same && at < len(old) && old[at] == a; !same && at < len(w.resolved) {
			w.resolved = w.resolved[:at]
		}
		w.frames = append(w.frames, a)
		if a.pc != b.pc {
			break
		}
	}
	if len(w.resolved) > len(w.frames) {
		w.resolved = w.resolved[:len(w.frames)]
	}
	for len(w.resolved) < len(w.frames) {
		w.resolved = append(w.resolved, unresolved)
	}
	return len(w.frames)+1 < min(da, db)
}

// again is a third copy, of the frames from the caller of the given one
// inwards.
func (w *window) again(from, size int) proc.Range {
	w.copied = len(w.frames)
	low := w.end - uint64((w.copied+1)*size)
	high := w.end - uint64((max(from-1, 0)+1)*size)
	w.b = grow(w.b, int(high-low))
	return proc.Range{Addr: low, Buf: w.b}
}

// still tells whether a frame and its caller are in the third copy what they
// were before.
func (w *window) still(at int, l *layout.Layout) bool {
	for i := max(at-1, 0); i <= at; i++ {
		b := w.b[(w.copied-1-i)*l.Frame.Size:]
		if frameOf(b, l) != w.frames[i] {
			return false
		}
	}
	return true
}
