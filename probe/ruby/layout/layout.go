// Package layout says where things are in the memory of a Ruby process: byte
// offsets into the structs of MRI by version and machine, as tables of data.
//
// A layout is a claim about a build that this program did not make. Whoever
// uses one checks it against the live process first (see package spy).
package layout

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed tables/*.txt
var tables embed.FS

// None marks a field that this version does not have.
const None = -1

// Layout is the offsets for one version on one machine, in bytes; None where
// the version has no such field. Names follow MRI's own.
type Layout struct {
	Ruby  Version
	Arch  string // "amd64" or "arm64"
	Table string // the table it came from, "3.1.txt"
	Seen  bool   // this very version was read on this machine when the table was made

	VM         VM
	Objspace   Objspace
	Ractor     Ractor
	Thread     Thread
	Native     Native
	PThread    PThread
	EC         EC
	Frame      Frame
	ISeq       ISeq
	Body       Body
	Line       Line
	String     String
	Array      Array
	Method     Method
	Definition Definition
	Class      Class
	Symbols    Symbols
}

// VM is rb_vm_t. GVLOwner, GVLWaitQ and LivingThreads are of 2.7 only, the
// ractor fields from 3.0 on.
type VM struct {
	GVLOwner, GVLWaitQ, MainThread, LivingThreads int
	RactorSet, MainRactor                         int
	Objspace                                      int
}

// Objspace is rb_objspace_t.
type Objspace struct{ Flags int }

// Ractor is rb_ractor_t, from 3.0 on. IsRunning is from 3.3 on.
type Ractor struct {
	Threads, Owner, Queue, IsRunning int
	RunningEC, MainThread, Node      int
}

// Thread is rb_thread_t. PThread and TID are in Native from 3.2 on; TID is
// nowhere before 3.1.
type Thread struct {
	Node, Ractor, VM, Native, EC, PThread, TID      int
	Status, QueueNode, BlockingRegion, LockingMutex int
	Name                                            int
}

// Native is rb_native_thread, from 3.2 on.
type Native struct{ ThreadID, TID int }

// PThread is glibc's own thread block, needed before 3.1.
type PThread struct{ TID int }

// EC is rb_execution_context_t.
type EC struct{ VMStack, VMStackSize, CFP, Fiber, Thread int }

// Frame is rb_control_frame_t; Size is the whole of it.
type Frame struct{ Size, PC, SP, ISeq, Self, EP int }

// ISeq is rb_iseq_t.
type ISeq struct{ Body int }

// Body is rb_iseq_constant_body. FirstLineIsInt is 1 where first_lineno is a
// C int and 0 where it is a Fixnum.
type Body struct {
	Type, Size, Encoded, Path, BaseLabel, Label, FirstLine, FirstLineIsInt int
	Lines, LinesSize, LineIndex                                            int
}

// Line is iseq_insn_info_entry.
type Line struct{ Size, Number int }

// String is RString. EmbeddedLength is None where the length of an embedded
// string is in the flags.
type String struct{ Length, Pointer, EmbeddedLength, Embedded int }

// Array is RArray.
type Array struct{ Length, Pointer, Embedded int }

// Method is rb_callable_method_entry_t.
type Method struct{ DefinedClass, Definition, CalledID, Owner int }

// Definition is rb_method_definition_t.
type Definition struct{ OriginalID int }

// Class is RClass with its extension, from 3.3 on. SingletonBit is the bit
// of the flags that marks a singleton class.
type Class struct{ Path, Attached, SingletonBit int }

// Symbols is rb_symbols_t; LastOperator is the last id of an operator, a
// number and not an offset.
type Symbols struct{ IDs, LastOperator int }

// UnsupportedError says that no table covers a version or machine.
type UnsupportedError struct {
	Version, Arch string
	Tried         []string // the ranges there are tables for
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("no memory layout for Ruby %q on %s; tables cover %s on amd64 and arm64", e.Version, e.Arch, strings.Join(e.Tried, ", "))
}

// For is the layout of a version ("3.1.7") on a machine ("amd64", "arm64"). A
// patch release newer than the table is answered from it, with Seen false; an
// unknown minor version or machine is an *UnsupportedError.
func For(version, arch string) (Layout, error) {
	all, err := parseAll(tables)
	if err != nil {
		return Layout{}, err
	}
	v, err := ParseVersion(version)
	unsupported := &UnsupportedError{Version: version, Arch: arch, Tried: ranges(all)}
	if err != nil || !slices.Contains(machines, arch) {
		return Layout{}, unsupported
	}
	for _, t := range all {
		if t.covers(v) {
			return t.layout(v, arch)
		}
	}
	return Layout{}, unsupported
}

func parseAll(dir fs.FS) ([]table, error) {
	names, err := fs.Glob(dir, "tables/*.txt")
	if err != nil {
		return nil, err
	}
	out := make([]table, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		t, err := parse(strings.TrimPrefix(name, "tables/"), string(text))
		if err != nil {
			return nil, fmt.Errorf("layout table %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func ranges(all []table) []string {
	out := []string{}
	for _, t := range all {
		out = append(out, t.describe())
	}
	return out
}
