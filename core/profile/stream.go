package profile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// Reader reads a stored profile block by block.
type Reader struct {
	d     decoder
	head  Profile
	count uint64 // samples read
	done  bool
}

// NewReader reads the tables of a profile in the column format. A format
// from the future is a *VersionError; data that ends too early wraps
// io.ErrUnexpectedEOF.
func NewReader(r io.Reader) (*Reader, error) {
	x := &Reader{d: decoder{r: bufio.NewReader(r)}}
	x.preamble()
	x.readHeader()
	texts := x.texts()
	x.readFrames(texts)
	x.readStacks()
	x.d.section('R')
	x.head.Routes = []string{}
	for n := x.d.count("routes", maxTable); n > 0 && x.d.err == nil; n-- {
		x.head.Routes = append(x.head.Routes, texts.at(x.d.index("text", len(texts))))
	}
	x.readLosses()
	if x.d.err != nil {
		return nil, fmt.Errorf("reading profile: %w", x.d.err)
	}
	return x, nil
}

// Head is a copy of the profile without samples.
func (x *Reader) Head() *Profile {
	p := x.head
	p.Lost = maps.Clone(p.Lost)
	p.Routes, p.Frames, p.Stacks = slices.Clone(p.Routes), slices.Clone(p.Frames), slices.Clone(p.Stacks)
	p.Notes, p.Samples = slices.Clone(p.Notes), []Sample{}
	return &p
}

// Next is the next block of samples, at most BlockSize of them, all of whose
// indices are inside the tables; io.EOF after the last.
func (x *Reader) Next() ([]Sample, error) {
	if x.done {
		return nil, io.EOF
	}
	switch letter := x.d.byte(); {
	case x.d.err != nil:
	case letter == 'B':
		if block := x.block(); x.d.err == nil {
			x.count += uint64(len(block))
			return block, nil
		}
	case letter == 'E':
		if n := x.d.uint(); x.d.err == nil && n != x.count {
			x.d.fail("%d samples where %d were written", x.count, n)
		}
		if x.d.err == nil {
			x.done = true
			return nil, io.EOF
		}
	default:
		x.d.fail("section %q where samples belong", letter)
	}
	return nil, fmt.Errorf("reading profile: %w", x.d.err)
}

func (x *Reader) preamble() {
	got := make([]byte, len(magic))
	if _, err := io.ReadFull(x.d.r, got); err != nil || string(got) != magic {
		x.d.err = errors.New("it is not in Pitwall's column format")
		return
	}
	if v := x.d.byte(); x.d.err == nil && v != version {
		x.d.err = &VersionError{Found: int(v), Known: version}
	}
}

func (x *Reader) readHeader() {
	x.d.section('H')
	x.head.Clock = x.d.text()
	x.head.Period, x.head.Start, x.head.End = x.d.int(), x.d.int(), x.d.int()
}

type textTable []string

// at is the i-th text; i is in range unless reading failed before.
func (t textTable) at(i int) string {
	if i < len(t) {
		return t[i]
	}
	return ""
}

func (x *Reader) texts() textTable {
	x.d.section('S')
	var out textTable
	for n := x.d.count("texts", maxTable); n > 0 && x.d.err == nil; n-- {
		out = append(out, x.d.text())
	}
	return out
}

func (x *Reader) readFrames(texts textTable) {
	x.d.section('F')
	frames := []Frame{}
	for n := x.d.count("frames", maxTable); n > 0 && x.d.err == nil; n-- {
		frames = append(frames, Frame{Name: texts.at(x.d.index("text", len(texts)))})
	}
	for i := range frames {
		frames[i].File = texts.at(x.d.index("text", len(texts)))
	}
	for i := range frames {
		frames[i].Line = x.d.int32("line")
	}
	for i := range frames {
		frames[i].Kind = FrameKind(x.d.index("frame kind", int(Synthetic)+1))
	}
	x.head.Frames = frames
}

func (x *Reader) readStacks() {
	x.d.section('K')
	stacks := []Stack{}
	for n := x.d.count("stacks", maxTable); n > 0 && x.d.err == nil; n-- {
		i := int64(len(stacks))
		back := x.d.int()
		if x.d.err == nil && (back < 1 || back > i+1) {
			x.d.fail("stack %d: its parent is %d before it", i, back)
		}
		stacks = append(stacks, Stack{Parent: int32(i - back)})
	}
	last := int64(0)
	for i := range stacks {
		last += x.d.int()
		if x.d.err == nil && (last < 0 || last >= int64(len(x.head.Frames))) {
			x.d.fail("stack %d: frame %d of %d", i, last, len(x.head.Frames))
		}
		if x.d.err != nil {
			return
		}
		stacks[i].Frame = int32(last)
	}
	x.head.Stacks = stacks
}

func (x *Reader) readLosses() {
	x.d.section('L')
	x.head.Lost = map[string]int64{}
	for n := x.d.count("causes", maxText); n > 0 && x.d.err == nil; n-- {
		cause := x.d.text()
		x.head.Lost[cause] = x.d.int()
	}
	x.head.Repaired = x.d.int()
	x.head.Notes = []string{}
	for n := x.d.count("notes", maxText); n > 0 && x.d.err == nil; n-- {
		x.head.Notes = append(x.head.Notes, x.d.text())
	}
}

func (x *Reader) block() []Sample {
	block := make([]Sample, x.d.count("samples in a block", BlockSize))
	for c, column := range columns() {
		last := int64(0)
		for i := range block {
			last += x.d.int()
			if x.d.err == nil && !fits(c, last) {
				x.d.fail("sample column %d: value %d is out of range", c, last)
			}
			column.set(&block[i], last)
		}
	}
	for i := range block {
		if x.d.err != nil {
			return nil
		}
		if err := x.head.checkSample(block[i]); err != nil {
			x.d.fail("sample %d: %w", x.count+uint64(i), err)
		}
	}
	return block
}

// fits tells whether a value can stand in its column: the fields between
// time and weight have 32 bits, the state has 8.
func fits(column int, v int64) bool {
	switch column {
	case 0, 6:
		return true
	case 4:
		return v >= 0 && v <= math.MaxUint8
	}
	return v >= math.MinInt32 && v <= math.MaxInt32
}
