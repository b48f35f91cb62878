package spy

import (
	"errors"
	"strings"

	"pitwall/core/profile"
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// unnamed is a frame whose names could not be read.
const unnamed = "(unknown)"

// recheck is after how many snapshots a remembered address is looked at
// again: the collector may have freed or moved what was there.
const recheck = 64

// recheckFailed is the same for an address that made no sense: it may have
// been caught in a change.
const recheckFailed = 8

// maxRemembered bounds the caches: a program that keeps compiling code is
// forgotten now and then.
const maxRemembered = 1 << 17

// names turns addresses into frames and remembers them.
type names struct {
	values
	symbols   uint64 // address of the symbol table; 0 when unknown
	frames    []profile.Frame
	ranks     []uint8 // by frame id: what it means for idleness
	rules     idleRules
	ids       map[profile.Frame]int32
	iseqs     map[uint64]*iseq
	cfuncs    map[uint64]*cfunc
	now       int64 // number of the snapshot
	collector int32 // id of "(garbage collection)"
	beyond    int32 // id of "(deeper frames not read)"
}

// cfunc is a method written in C.
type cfunc struct {
	definition uint64
	id         int32
	checked    int64
}

func newNames(mem reader, l *layout.Layout, symbols uint64) (*names, error) {
	rules, err := parseIdle(idleTable)
	if err != nil {
		return nil, err
	}
	n := &names{
		values: values{mem, l}, symbols: symbols, rules: rules, ids: map[profile.Frame]int32{},
		iseqs: map[uint64]*iseq{}, cfuncs: map[uint64]*cfunc{},
	}
	n.collector = n.intern(profile.Frame{Name: "(garbage collection)", Kind: profile.Synthetic})
	n.beyond = n.intern(profile.Frame{Name: "(deeper frames not read)", Kind: profile.Synthetic})
	return n, nil
}

func (n *names) intern(f profile.Frame) int32 {
	id, ok := n.ids[f]
	if !ok {
		id = int32(len(n.frames))
		n.ids[f] = id
		n.frames = append(n.frames, f)
	}
	return id
}

// tick starts a snapshot.
func (n *names) tick() {
	n.now++
	if len(n.iseqs)+len(n.cfuncs) > maxRemembered {
		clear(n.iseqs)
		clear(n.cfuncs)
	}
}

// ruby is the id of a frame of Ruby code.
func (n *names) ruby(f frame) (int32, error) {
	q, err := n.iseq(f)
	if err != nil {
		return n.failed(err)
	}
	pos, line := uint32(0), q.firstLine
	if q.holds(f.pc) {
		pos = q.position(f.pc)
		line = q.line(pos)
	} else {
		pos = ^pos // a frame that compiled code has not written back
	}
	id, ok := q.ids[pos]
	if !ok {
		id = n.intern(profile.Frame{Name: q.name, File: q.path, Line: line, Kind: q.kind})
		q.ids[pos] = id
	}
	return id, nil
}

// failed is the unnamed frame for what could not be read, and the error only
// when it concerns the whole process.
func (n *names) failed(err error) (int32, error) {
	if errors.Is(err, proc.ErrGone) {
		return unresolved, err
	}
	return n.intern(profile.Frame{Name: unnamed}), nil
}

// iseq is the remembered one unless its address holds another one by now.
func (n *names) iseq(f frame) (*iseq, error) {
	q := n.iseqs[f.iseq]
	if q != nil && q.err != nil && n.now-q.checked < recheckFailed {
		return nil, q.err
	}
	if q != nil && q.err == nil && (n.now-q.checked < recheck || n.unchanged(f.iseq, q)) && (q.holds(f.pc) || f.pc == 0) {
		return q, nil
	}
	q, err := n.values.iseq(f.iseq)
	if err != nil {
		n.iseqs[f.iseq] = &iseq{err: err, checked: n.now}
		return nil, err
	}
	q.checked = n.now
	if class := n.classOf(f.ep); class != "" {
		q.name = qualify(q.name, class)
	}
	n.iseqs[f.iseq] = q
	return q, nil
}

func (n *names) unchanged(addr uint64, q *iseq) bool {
	body, err := n.mem.word(addr + uint64(n.l.ISeq.Body))
	if err != nil || body != q.body {
		return false
	}
	encoded, err := n.mem.word(body + uint64(n.l.Body.Encoded))
	q.checked = n.now
	return err == nil && encoded == q.encoded
}

// qualify puts a class before the method in a label: "block in index" becomes
// "block in Orders#index".
func qualify(label, class string) string {
	if strings.HasPrefix(label, "<") {
		return label
	}
	if at := strings.LastIndex(label, " in "); at >= 0 {
		if strings.HasPrefix(label[at+4:], "<") {
			return label
		}
		return label[:at+4] + class + label[at+4:]
	}
	return class + label
}

// words before an environment pointer, and what they say
const (
	envWords    = 3
	envBytes    = 8 * envWords
	flagLocal   = 1 << 1
	maxEnvDepth = 16
	magicMask   = 0x7fff0001
	magicCFunc  = 0x55550001
	magicIFunc  = 0x66660001
)

// classOf is the class of the method that an environment belongs to, "" when
// it has none or this version does not tell.
func (n *names) classOf(ep uint64) string {
	if n.l.Class.Path == layout.None {
		return ""
	}
	for range maxEnvDepth {
		env, err := n.mem.bytes(ep-2*8, envBytes)
		if err != nil {
			return ""
		}
		local := word(env, 16)&flagLocal != 0
		if me, ok := n.methodEntry(word(env, 0), local); ok {
			owner, err := n.mem.word(me + uint64(n.l.Method.Owner))
			if err != nil {
				return ""
			}
			return n.class(owner)
		}
		if local {
			return ""
		}
		ep = word(env, 8) &^ 3
	}
	return ""
}

// methodEntry is the method entry in an environment's first word; in the
// method's own environment special variables may stand before it.
func (n *names) methodEntry(at uint64, local bool) (uint64, bool) {
	for range 2 {
		if !isObject(at) {
			return 0, false
		}
		flags, err := n.mem.word(at)
		if err != nil || flags&typeMask != typeImemo {
			return 0, false
		}
		switch flags >> imemoShift & 0xf {
		case imemoMethod:
			return at, true
		case imemoSvar:
			if !local {
				return 0, false
			}
			if at, err = n.mem.word(at + 8); err != nil {
				return 0, false
			}
		default:
			return 0, false
		}
	}
	return 0, false
}

// native is the id of a frame without Ruby code, from the words before its
// environment pointer: a C function, or something internal that is hidden.
func (n *names) native(f frame, env []byte) (int32, error) {
	switch word(env, 16) & magicMask {
	case magicCFunc:
	case magicIFunc:
		return hidden, nil
	default:
		if f.iseq != 0 {
			return n.ruby(f)
		}
		return hidden, nil
	}
	at := word(env, 0)
	c := n.cfuncs[at]
	if c != nil && n.now-c.checked < recheck {
		return c.id, nil
	}
	me, ok := n.methodEntry(at, true)
	if !ok {
		return n.intern(profile.Frame{Name: unnamed, Kind: profile.CFunc}), nil
	}
	definition, err := n.mem.word(me + uint64(n.l.Method.Definition))
	if err != nil {
		return n.failed(err)
	}
	if c != nil && c.definition == definition {
		c.checked = n.now
		return c.id, nil
	}
	name := n.cfuncName(me, definition)
	id := n.intern(profile.Frame{Name: name, Kind: profile.CFunc})
	n.cfuncs[at] = &cfunc{definition: definition, id: id, checked: n.now}
	return id, nil
}

func (n *names) cfuncName(me, definition uint64) string {
	id, err := n.mem.word(definition + uint64(n.l.Definition.OriginalID))
	if err != nil {
		return unnamed
	}
	name, err := n.symbol(id)
	if err != nil || name == "" {
		return unnamed
	}
	owner, err := n.mem.word(me + uint64(n.l.Method.Owner))
	if err != nil {
		return name
	}
	return n.class(owner) + name
}

// symbols come in arrays of this many, each with its name and its object
const symbolsPerBlock = 512

// symbol is the name of an ID.
func (n *names) symbol(id uint64) (string, error) {
	if n.symbols == 0 {
		return "", errors.New("no symbol table")
	}
	serial := id
	if id > uint64(n.l.Symbols.LastOperator) {
		serial = id >> 4
	}
	if serial > 1<<31 {
		return "", errors.New("symbol id is out of range")
	}
	ids, err := n.mem.word(n.symbols + uint64(n.l.Symbols.IDs))
	if err != nil {
		return "", err
	}
	block, err := n.element(ids, int(serial/symbolsPerBlock))
	if err != nil {
		return "", err
	}
	str, err := n.element(block, int(serial%symbolsPerBlock)*2)
	if err != nil {
		return "", err
	}
	return n.text(str)
}
