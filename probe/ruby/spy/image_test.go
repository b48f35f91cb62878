package spy

import (
	"encoding/binary"
	"testing"

	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// image is a made-up process: one stretch of memory from base on.
type image struct {
	mem   []byte
	reads int
}

const base = 0x7f0000000000

func (im *image) ReadV(ranges []proc.Range) error {
	for i, r := range ranges {
		im.reads++
		off := r.Addr - base
		if r.Addr < base || off > uint64(len(im.mem)) || uint64(len(r.Buf)) > uint64(len(im.mem))-off {
			return &proc.ShortReadError{Index: i, Addr: r.Addr, Want: len(r.Buf)}
		}
		copy(r.Buf, im.mem[off:])
	}
	return nil
}

func (im *image) alloc(n int) uint64 {
	at := base + uint64(len(im.mem))
	im.mem = append(im.mem, make([]byte, (n+63)&^63)...)
	return at
}

func (im *image) put(addr uint64, off int, v uint64) {
	binary.LittleEndian.PutUint64(im.mem[addr-base+uint64(off):], v)
}

func (im *image) put32(addr uint64, off int, v uint32) {
	binary.LittleEndian.PutUint32(im.mem[addr-base+uint64(off):], v)
}

func (im *image) str(s string) uint64 {
	at, text := im.alloc(40), im.alloc(len(s)+1)
	copy(im.mem[text-base:], s)
	im.put(at, 0, typeString|notEmbedded)
	im.put(at, 16, uint64(len(s)))
	im.put(at, 24, text)
	return at
}

// list links the nodes into a ring with its head.
func (im *image) list(head uint64, nodes ...uint64) {
	ring := append([]uint64{head}, nodes...)
	for i, n := range ring {
		next := ring[(i+1)%len(ring)]
		im.put(n, 0, next)
		im.put(next, 8, n)
	}
}

// fake is a Ruby 3.1.7 with three threads: one holds the GVL in file.rb's
// method "work" on line 7, called through a C function "each" from line 3;
// one waits for the GVL; one sleeps.
type fake struct {
	image
	l       layout.Layout
	site    site
	vm      uint64
	ractor  uint64
	threads []uint64
	ecs     []uint64
}

func newFake(t testing.TB) *fake {
	t.Helper()
	l, err := layout.For("3.1.7", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{l: l}
	f.alloc(64) // so that base itself is nothing
	f.vm, f.ractor = f.alloc(2048), f.alloc(1024)
	objspace, vmVariable := f.alloc(64), f.alloc(8)
	f.put(vmVariable, 0, f.vm)
	f.put(f.vm, l.VM.Objspace, objspace)
	f.put(f.vm, l.VM.MainRactor, f.ractor)
	f.list(f.vm+uint64(l.VM.RactorSet), f.ractor+uint64(l.Ractor.Node))

	main := f.iseq("<main>", 3)
	work := f.iseq("work", 7)
	each := f.cfunc(300)
	symbols := f.symbols(300>>4, "each")
	for i := range 3 {
		th := f.thread(i)
		stack := [][2]uint64{{0, 0}, {main, 0}}
		if i == 0 {
			stack = append(stack, [2]uint64{0, each}, [2]uint64{work, 0})
		}
		f.stack(f.ecs[i], stack)
		_ = th
	}
	f.put(f.vm, l.VM.MainThread, f.threads[0])
	f.put(f.ractor, l.Ractor.MainThread, f.threads[0])
	f.put(f.ractor, l.Ractor.Owner, f.threads[0])
	f.list(f.ractor+uint64(l.Ractor.Threads), f.threads...)
	f.list(f.ractor+uint64(l.Ractor.Queue), f.threads[1]+uint64(l.Thread.QueueNode))
	f.mem[f.threads[2]-base+uint64(l.Thread.Status)] = stoppedForever
	f.site = site{
		version: "3.1.7", arch: "amd64", vmVariable: vmVariable, symbols: symbols,
		decoded: decoded{objspace: unknown, objspaceFlags: unknown, mainThread: unknown, lastOperator: unknown},
	}
	return f
}

func (f *fake) thread(i int) uint64 {
	th, ec := f.alloc(512), f.alloc(256)
	f.put(th, f.l.Thread.VM, f.vm)
	f.put(th, f.l.Thread.Ractor, f.ractor)
	f.put(th, f.l.Thread.EC, ec)
	f.put(th, f.l.Thread.PThread, 1)
	f.put32(th, f.l.Thread.TID, uint32(100+i))
	f.put(ec, f.l.EC.Thread, th)
	f.threads, f.ecs = append(f.threads, th), append(f.ecs, ec)
	return th
}

// stack gives a context frames, root first: an iseq, or a method entry of a
// C function.
func (f *fake) stack(ec uint64, frames [][2]uint64) {
	const words = 256
	at := f.alloc(8 * words)
	end := at + 8*words
	f.put(ec, f.l.EC.VMStack, at)
	f.put(ec, f.l.EC.VMStackSize, words)
	f.put(ec, f.l.EC.CFP, end-uint64(len(frames)*f.l.Frame.Size))
	for i, fr := range frames {
		cfp, ep := end-uint64((i+1)*f.l.Frame.Size), at+uint64(8*(4+4*i))
		f.put(cfp, f.l.Frame.EP, ep)
		f.put(cfp, f.l.Frame.ISeq, fr[0])
		if fr[0] != 0 {
			body := word(f.mem, int(fr[0]-base)+f.l.ISeq.Body)
			f.put(cfp, f.l.Frame.PC, word(f.mem, int(body-base)+f.l.Body.Encoded)+8)
		}
		f.put(ep-16, 0, fr[1])
		f.put(ep-16, 16, magicCFunc|flagLocal)
	}
}

// iseq has two instructions, the first on the given line.
func (f *fake) iseq(label string, line uint32) uint64 {
	at, body, code, lines := f.alloc(64), f.alloc(256), f.alloc(16), f.alloc(16)
	f.put(at, f.l.ISeq.Body, body)
	f.put32(body, f.l.Body.Size, 2)
	f.put(body, f.l.Body.Encoded, code)
	f.put(body, f.l.Body.Label, f.str(label))
	f.put(body, f.l.Body.Path, f.str("/app/file.rb"))
	f.put(body, f.l.Body.Lines, lines)
	f.put32(body, f.l.Body.LinesSize, 1)
	f.put32(lines, f.l.Line.Number, line)
	return at
}

func (f *fake) cfunc(id uint64) uint64 {
	me, def := f.alloc(64), f.alloc(64)
	f.put(me, 0, typeImemo|imemoMethod<<imemoShift)
	f.put(me, f.l.Method.Definition, def)
	f.put(def, f.l.Definition.OriginalID, id)
	return me
}

func (f *fake) symbols(serial int, name string) uint64 {
	array := func(n int) (at, elements uint64) {
		at, elements = f.alloc(64), f.alloc(8*n)
		f.put(at, 0, typeArray)
		f.put(at, f.l.Array.Length, uint64(n))
		f.put(at, f.l.Array.Pointer, elements)
		return at, elements
	}
	table := f.alloc(64)
	ids, blocks := array(1)
	block, names := array(2 * symbolsPerBlock)
	f.put(table, f.l.Symbols.IDs, ids)
	f.put(blocks, 0, block)
	f.put(names, 16*serial, f.str(name))
	return table
}
