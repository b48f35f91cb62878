package spy

import (
	"bytes"

	"golang.org/x/arch/x86/x86asm"

	"pitwall/probe/proc"
)

// decoded is what the code of exported functions tells about a build; zero
// (None for offsets) where it does not.
type decoded struct {
	vmVariable    uint64 // address of ruby_current_vm_ptr
	objspace      int    // rb_vm_t.objspace
	objspaceFlags int
	mainThread    int    // rb_ractor_t.threads.main, or rb_vm_t.main_thread before 3.0
	symbols       uint64 // address of ruby_global_symbols
	lastOperator  int
}

const unknown = -1

// load is one read that a function's code makes, followed in the live memory.
type load struct {
	addr  uint64 // address read
	base  uint64 // the register it is relative to; 0 when relative to the code
	disp  int
	value uint64
}

// trail is what a straight walk over a function found.
type trail struct {
	loads     []load
	addresses []uint64 // taken or read relative to the code, in order
	compared  []int64  // immediate operands of cmp, in order
}

// decode follows a few short functions that every build exports. The idea
// and the functions: rb_during_gc is "vm->objspace->flags.during_gc",
// rb_thread_main is "ruby_single_main_ractor->threads.main->self",
// rb_id2str compares with the last operator's id, and rb_sym_all_symbols
// first touches global_symbols.str_sym.
func decode(img *proc.Image, mem reader) decoded {
	d := decoded{objspace: unknown, objspaceFlags: unknown, mainThread: unknown, lastOperator: unknown}
	follow := func(name string) trail {
		sym, ok := img.Symbol(name)
		if !ok || img.Arch != "amd64" {
			return trail{}
		}
		code, err := mem.bytes(sym.Addr, codeWindow(sym.Size))
		if err != nil {
			return trail{}
		}
		return followAMD64(code, sym.Addr, mem)
	}
	if n := follow("rb_during_gc").loads; len(n) >= 3 {
		vm, flags := n[len(n)-2], n[len(n)-1]
		if flags.base == vm.value && n[len(n)-3].value == vm.base {
			d.vmVariable, d.objspace, d.objspaceFlags = n[len(n)-3].addr, vm.disp, flags.disp
		}
	}
	if n := follow("rb_thread_main").loads; len(n) >= 2 && n[len(n)-1].base == n[len(n)-2].value {
		d.mainThread = n[len(n)-2].disp
	}
	for _, v := range follow("rb_id2str").compared {
		if v > 127 && v < 256 {
			d.lastOperator = int(v)
			break
		}
	}
	for _, a := range follow("rb_sym_all_symbols").addresses {
		if img.Initialised(a) {
			d.symbols = a - 8
			break
		}
	}
	return d
}

// the functions followed are shorter than this, in bytes
const maxCode = 128

func codeWindow(size uint64) int {
	if size == 0 || size > maxCode {
		return maxCode
	}
	return int(size)
}

// followAMD64 walks code from its start to the first return or jump away,
// not taking conditional branches, and keeps which registers hold a value
// that is known from the code and the live memory.
func followAMD64(code []byte, at uint64, mem reader) trail {
	f := follower{mem: mem, known: map[x86asm.Reg]uint64{}}
	if rest, ok := bytes.CutPrefix(code, []byte(endbr64)); ok { // not known to x86asm
		code, at = rest, at+uint64(len(endbr64))
	}
	for len(code) > 0 {
		inst, err := x86asm.Decode(code, 64)
		if err != nil || inst.Len == 0 {
			break
		}
		at += uint64(inst.Len)
		code = code[inst.Len:]
		if inst.Op == x86asm.RET || inst.Op == x86asm.JMP {
			break
		}
		f.step(inst, at)
	}
	return f.trail
}

const endbr64 = "\xf3\x0f\x1e\xfa"

type follower struct {
	trail
	mem   reader
	known map[x86asm.Reg]uint64
}

// step follows one instruction; next is the address after it.
func (f *follower) step(inst x86asm.Inst, next uint64) {
	dst, toReg := inst.Args[0].(x86asm.Reg)
	src, fromMem := inst.Args[1].(x86asm.Mem)
	if imm, ok := inst.Args[1].(x86asm.Imm); ok && inst.Op == x86asm.CMP {
		f.compared = append(f.compared, int64(imm))
	}
	if !fromMem {
		if m, ok := inst.Args[0].(x86asm.Mem); ok && m.Base == x86asm.RIP {
			f.addresses = append(f.addresses, next+uint64(m.Disp))
		}
		if toReg && inst.Op != x86asm.CMP && inst.Op != x86asm.TEST {
			delete(f.known, wide(dst))
		}
		if inst.Op == x86asm.CALL {
			clear(f.known)
		}
		return
	}
	base, ok := f.known[src.Base]
	if src.Base == x86asm.RIP {
		base, ok = next, true
		f.addresses = append(f.addresses, next+uint64(src.Disp))
	}
	if src.Index != 0 || src.Segment != 0 {
		ok = false
	}
	if toReg {
		delete(f.known, wide(dst))
	}
	if ok {
		f.access(inst, dst, src, base)
	}
}

func (f *follower) access(inst x86asm.Inst, dst x86asm.Reg, src x86asm.Mem, base uint64) {
	addr := base + uint64(src.Disp)
	switch inst.Op {
	case x86asm.LEA:
		f.known[wide(dst)] = addr
	case x86asm.MOV, x86asm.MOVZX:
		l := load{addr: addr, base: base, disp: int(src.Disp)}
		if src.Base == x86asm.RIP {
			l.base, l.disp = 0, 0
		}
		if inst.MemBytes == 8 {
			v, err := f.mem.word(addr)
			if err != nil {
				return
			}
			l.value = v
			f.known[wide(dst)] = v
		}
		f.loads = append(f.loads, l)
	}
}

// wide is the 64-bit register that r is part of.
func wide(r x86asm.Reg) x86asm.Reg {
	switch {
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return r - x86asm.EAX + x86asm.RAX
	case r >= x86asm.AX && r <= x86asm.R15W:
		return r - x86asm.AX + x86asm.RAX
	}
	return r
}
