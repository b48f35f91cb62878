package spy

import (
	"fmt"

	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// bounds on what a process may hold; more is a broken list
const (
	maxRactors = 1 << 10
	maxThreads = 1 << 14
)

// roster keeps a process's ractors and threads from one snapshot to the next,
// so that all their heads are read in one system call. The links between them
// are checked each time; when they changed, the lists are walked anew.
type roster struct {
	mem reader
	l   *layout.Layout
	vm  uint64

	gc      uint64 // address of the collector's flags
	flags   []byte // those
	set     []byte // head of the list of ractors
	domains []*domain
	threads []*thread
	byAddr  map[uint64]*thread

	ranges []proc.Range
	failed []bool
}

// domain is what has a GVL of its own: a ractor, or before 3.0 the VM.
type domain struct {
	addr    uint64
	low     int // offset of the first byte kept
	buf     []byte
	threads []*thread
}

// thread is one rb_thread_t and what is remembered of it.
type thread struct {
	addr  uint64
	buf   []byte
	ec    uint64 // the execution context whose head was read
	head  []byte // that head
	state state
	tid   tidOf
	stack window
}

func newRoster(mem reader, l *layout.Layout, vm, objspace uint64) *roster {
	return &roster{mem: mem, l: l, vm: vm, gc: objspace + uint64(l.Objspace.Flags), flags: make([]byte, 4), set: make([]byte, 16), byAddr: map[uint64]*thread{}}
}

func (r *roster) has(addr uint64) bool { return r.byAddr[addr] != nil }

// offsets in a domain, the same for a ractor and a VM of 2.7
func (r *roster) listAt() int {
	if r.l.Ractor.Threads == layout.None {
		return r.l.VM.LivingThreads
	}
	return r.l.Ractor.Threads
}

func (r *roster) ownerAt() int {
	if r.l.Ractor.Owner == layout.None {
		return r.l.VM.GVLOwner
	}
	return r.l.Ractor.Owner
}

func (r *roster) queueAt() int {
	if r.l.Ractor.Queue == layout.None {
		return r.l.VM.GVLWaitQ
	}
	return r.l.Ractor.Queue
}

func (r *roster) newDomain(addr uint64) *domain {
	low := min(r.listAt(), r.ownerAt(), r.queueAt())
	high := max(r.listAt(), r.ownerAt(), r.queueAt(), r.l.Ractor.Node, r.l.Ractor.IsRunning) + 16
	return &domain{addr: addr, low: low, buf: make([]byte, high-low)}
}

func (r *roster) newThread(addr uint64) *thread {
	return &thread{addr: addr, buf: make([]byte, r.l.Thread.Name+8), head: make([]byte, r.l.EC.Thread+8), tid: tidOf{id: -1}}
}

func (d *domain) word(at int) uint64          { return word(d.buf, at-d.low) }
func (d *domain) list(at int) uint64          { return d.addr + uint64(at) }
func (t *thread) word(at int) uint64          { return word(t.buf, at) }
func (t *thread) cfp(l *layout.Layout) uint64 { return word(t.head, l.EC.CFP) }

// refresh reads all heads, and once more after a walk when the lists are not
// what they were.
func (r *roster) refresh() error {
	for range 4 {
		ok, err := r.read()
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		if err := r.walk(); err != nil {
			return err
		}
	}
	return fmt.Errorf("reading threads: the list changes faster than it can be read")
}

// read takes every head in one call and tells whether the links still hold.
func (r *roster) read() (bool, error) {
	r.ranges = append(r.ranges[:0], proc.Range{Addr: r.gc, Buf: r.flags})
	if r.l.VM.RactorSet != layout.None {
		r.ranges = append(r.ranges, proc.Range{Addr: r.vm + uint64(r.l.VM.RactorSet), Buf: r.set})
	}
	for _, d := range r.domains {
		r.ranges = append(r.ranges, proc.Range{Addr: d.addr + uint64(d.low), Buf: d.buf})
	}
	for _, t := range r.threads {
		r.ranges = append(r.ranges, proc.Range{Addr: t.addr, Buf: t.buf})
		if t.ec != 0 {
			r.ranges = append(r.ranges, proc.Range{Addr: t.ec, Buf: t.head})
		}
	}
	var err error
	if r.failed, err = r.mem.all(r.ranges, r.failed); err != nil {
		return false, err
	}
	for _, f := range r.failed {
		if f {
			r.forgetContexts()
			return false, nil
		}
	}
	if len(r.domains) == 0 || !r.linked() {
		return false, nil
	}
	return true, r.contexts()
}

func (r *roster) forgetContexts() {
	for _, t := range r.threads {
		t.ec = 0
	}
}

// linked follows every list through the copies that were read.
func (r *roster) linked() bool {
	if r.l.VM.RactorSet != layout.None {
		at := word(r.set, 0)
		for _, d := range r.domains {
			if at != d.list(r.l.Ractor.Node) {
				return false
			}
			at = d.word(r.l.Ractor.Node)
		}
		if at != r.vm+uint64(r.l.VM.RactorSet) {
			return false
		}
	}
	for _, d := range r.domains {
		at := d.word(r.listAt())
		for _, t := range d.threads {
			if at != t.addr+uint64(r.l.Thread.Node) {
				return false
			}
			at = t.word(r.l.Thread.Node)
		}
		if at != d.list(r.listAt()) {
			return false
		}
	}
	return true
}

// contexts reads the heads of the contexts that are not the ones known: a
// fiber was switched, or the thread is new.
func (r *roster) contexts() error {
	r.ranges = r.ranges[:0]
	var changed []*thread
	for _, t := range r.threads {
		if ec := t.word(r.l.Thread.EC); ec != t.ec {
			t.ec = ec
			t.stack.forget()
			changed = append(changed, t)
			r.ranges = append(r.ranges, proc.Range{Addr: ec, Buf: t.head})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	failed, err := r.mem.all(r.ranges, r.failed)
	r.failed = failed
	for i, t := range changed {
		if err == nil && failed[i] {
			t.ec = 0
		}
	}
	return err
}

// walk reads the lists node by node and keeps what it knows of threads that
// are still there.
func (r *roster) walk() error {
	old := r.byAddr
	r.domains, r.threads, r.byAddr = nil, nil, map[uint64]*thread{}
	homes := []uint64{r.vm}
	if r.l.VM.RactorSet != layout.None {
		nodes, err := r.nodes(r.vm+uint64(r.l.VM.RactorSet), maxRactors)
		if err != nil {
			return fmt.Errorf("reading ractors: %w", err)
		}
		homes = homes[:0]
		for _, n := range nodes {
			homes = append(homes, n-uint64(r.l.Ractor.Node))
		}
	}
	for _, addr := range homes {
		d := r.newDomain(addr)
		nodes, err := r.nodes(d.list(r.listAt()), maxThreads)
		if err != nil {
			return fmt.Errorf("reading threads: %w", err)
		}
		if len(r.threads)+len(nodes) > maxThreads {
			return fmt.Errorf("reading threads: more than %d", maxThreads)
		}
		for _, n := range nodes {
			t := old[n-uint64(r.l.Thread.Node)]
			if t == nil {
				t = r.newThread(n - uint64(r.l.Thread.Node))
			}
			d.threads = append(d.threads, t)
			r.byAddr[t.addr] = t
		}
		r.threads = append(r.threads, d.threads...)
		r.domains = append(r.domains, d)
	}
	return nil
}

// nodes are the members of a circular list, without its head. A list that
// does not come back is cut at most: it was caught in a change, and the next
// read will tell.
func (r *roster) nodes(head uint64, most int) ([]uint64, error) {
	var out []uint64
	at, err := r.mem.word(head)
	for ; err == nil && at != head; at, err = r.mem.word(at) {
		if len(out) == most || at == 0 {
			return nil, fmt.Errorf("the list at %#x does not end after %d", head, len(out))
		}
		out = append(out, at)
	}
	return out, err
}
