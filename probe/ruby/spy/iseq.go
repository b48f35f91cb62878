package spy

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strings"

	"pitwall/core/profile"
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// bounds on an iseq
const (
	maxInstructions = 1 << 20 // words of code
	maxLineEntries  = 1 << 17
)

// iseq is a piece of compiled Ruby: a method, a block, a file's body.
type iseq struct {
	body, encoded uint64
	size          uint32 // of the code, in words
	kind          profile.FrameKind
	name, path    string
	firstLine     int32
	lines         []int32
	index         []byte // the succinct table that leads from a position to an entry of lines
	ids           map[uint32]int32
	checked       int64 // snapshot in which it was last compared with the process
	err           error // why it could not be read; nothing else is set then
}

// body types
const (
	bodyBlock = 2
	bodyEval  = 6
)

// holds tells whether pc is an address inside the iseq's code. It is also
// true for the address after the last instruction.
func (q *iseq) holds(pc uint64) bool {
	return pc >= q.encoded && pc <= q.encoded+8*uint64(q.size)
}

// position is the index of the instruction that pc, the next one, follows.
func (q *iseq) position(pc uint64) uint32 {
	pos := uint32((pc - q.encoded) / 8)
	if pos > 0 {
		pos--
	}
	return pos
}

// line is the source line of a position; the line of the definition where
// the table does not tell.
func (q *iseq) line(pos uint32) int32 {
	switch {
	case len(q.lines) == 0:
		return q.firstLine
	case len(q.lines) == 1:
		return q.lines[0]
	}
	rank, ok := rank(q.index, pos)
	if !ok || rank < 1 || rank > len(q.lines) {
		return q.firstLine
	}
	return q.lines[rank-1]
}

// sizes of MRI's succ_index_table (iseq.c): 54 positions as 7-bit ranks in
// six words, then blocks of 512 positions
const (
	immediatePositions = 54
	blockPositions     = 512
	immediateBytes     = 48
	blockBytes         = 80
)

func indexSize(instructions uint32) int {
	if instructions <= immediatePositions {
		return immediateBytes
	}
	blocks := (int(instructions) - immediatePositions + blockPositions - 1) / blockPositions
	return immediateBytes + blockBytes*blocks
}

// rank is how many line entries start at or before pos (succ_index_lookup in
// iseq.c); false when the table is too short.
func rank(table []byte, pos uint32) (int, bool) {
	if pos < immediatePositions {
		at := int(pos/9) * 8
		if at+8 > len(table) {
			return 0, false
		}
		return int(word(table, at) >> (pos % 9 * 7) & 0x7f), true
	}
	pos -= immediatePositions
	at := immediateBytes + int(pos/blockPositions)*blockBytes
	if at+blockBytes > len(table) {
		return 0, false
	}
	k := pos % blockPositions / 64
	n := int(binary.LittleEndian.Uint32(table[at:]))
	if k > 0 {
		n += int(word(table, at+8) >> ((k - 1) * 9) & 0x1ff)
	}
	return n + bits.OnesCount64(word(table, at+16+8*int(k))<<(63-pos%64)), true
}

// iseq reads one from the process.
func (v values) iseq(addr uint64) (*iseq, error) {
	l := v.l.Body
	body, err := v.mem.word(addr + uint64(v.l.ISeq.Body))
	if err != nil {
		return nil, err
	}
	b, err := v.mem.bytes(body, max(l.LineIndex, l.LinesSize, l.FirstLine)+8)
	if err != nil {
		return nil, err
	}
	q := &iseq{body: body, encoded: word(b, l.Encoded), size: half(b, l.Size), ids: map[uint32]int32{}}
	if q.size > maxInstructions {
		return nil, errors.New("iseq is too large")
	}
	if q.name, err = v.text(word(b, l.Label)); err != nil {
		return nil, err
	}
	q.name = template(q.name)
	if q.path, err = v.path(word(b, l.Path)); err != nil {
		return nil, err
	}
	q.kind = kindOf(half(b, l.Type), q.path)
	q.firstLine = firstLine(word(b, l.FirstLine), v.l)
	return q, v.readLines(q, word(b, l.Lines), half(b, l.LinesSize), word(b, l.LineIndex))
}

// template drops the two numbers at the end of a compiled template's name,
// which differ between processes: "_app_views_orders_index_html_erb__" and a
// hash, "_" and an object's id (ActionView::Template#method_name). Other
// labels stay as they are.
func template(label string) string {
	method := label
	if at := strings.LastIndex(label, " in "); at >= 0 {
		method = label[at+4:]
	}
	const digits = "0123456789"
	hashed := strings.TrimSuffix(strings.TrimRight(method, digits), "_")
	name := strings.TrimRight(hashed, digits)
	if !strings.HasPrefix(method, "_") || len(hashed) == len(method) || len(name) == len(hashed) || !strings.HasSuffix(name, "__") {
		return label
	}
	return label[:len(label)-len(method)] + strings.TrimRight(name, "_")
}

func kindOf(bodyType uint32, path string) profile.FrameKind {
	switch {
	case bodyType == bodyBlock:
		return profile.Block
	case bodyType == bodyEval, strings.HasPrefix(path, "(eval"):
		return profile.Eval
	}
	return profile.Ruby
}

func firstLine(v uint64, l *layout.Layout) int32 {
	if l.Body.FirstLineIsInt == 0 {
		if v&1 == 0 {
			return 0
		}
		v >>= 1
	}
	return max(int32(uint32(v)), 0)
}

// readLines reads the line table. Without one the definition's line stands.
func (v values) readLines(q *iseq, entries uint64, n uint32, index uint64) error {
	if n == 0 || entries == 0 || n > maxLineEntries || n > q.size {
		return nil
	}
	raw := make([]byte, int(n)*v.l.Line.Size)
	ranges := []proc.Range{{Addr: entries, Buf: raw}}
	if n > 1 {
		q.index = make([]byte, indexSize(q.size))
		ranges = append(ranges, proc.Range{Addr: index, Buf: q.index})
	}
	if err := v.mem.ReadV(ranges); err != nil {
		return err
	}
	q.lines = make([]int32, n)
	for i := range q.lines {
		q.lines[i] = max(int32(half(raw, i*v.l.Line.Size+v.l.Line.Number)), 0)
	}
	return nil
}
