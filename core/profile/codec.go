package profile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The column format, version 1. All numbers are varints as in encoding/binary,
// "signed" ones zigzag; a string is its length and its bytes.
//
//	magic "PWPROF", version byte
//	'H' clock, period, start, end (signed)
//	'S' count, strings                      every text of frames and routes, once
//	'F' count, then columns name, file, line, kind    name and file index strings
//	'K' count, then columns of parent and frame as signed differences: parent from
//	    the stack's own index, frame from the one before
//	'R' count, indices of strings           routes
//	'L' count, cause and number; repaired; count, notes
//	'B' count, then columns time, pid, tid, stack, state, route, weight, each as
//	    signed differences from the sample before; the first of a block from zero
//	...
//	'E' number of all samples
//
// Blocks hold at most BlockSize samples, so a reader needs no more memory than
// the tables and one block. It is not compressed: the store does that.
const (
	magic   = "PWPROF"
	version = 1

	// BlockSize is the largest number of samples in one block.
	BlockSize = 4096
)

// limits of what is decoded; larger is corrupt or hostile
const (
	maxText  = 1 << 16
	maxTable = 1 << 27
)

// VersionError says that a profile was written in a format this program does
// not know.
type VersionError struct{ Found, Known int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("profile format version %d: this program reads up to %d", e.Found, e.Known)
}

// Encode writes p in the column format. Texts longer than 64 KiB are cut.
func Encode(w io.Writer, p *Profile) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("writing profile: %w", err)
	}
	e := &encoder{w: bufio.NewWriter(w)}
	e.raw(magic)
	e.byte(version)
	e.header(p)
	e.tables(p)
	e.losses(p)
	for block := range slices.Chunk(p.Samples, BlockSize) {
		e.block(block)
	}
	e.byte('E')
	e.uint(uint64(len(p.Samples)))
	if e.err != nil {
		return fmt.Errorf("writing profile: %w", e.err)
	}
	return e.w.Flush()
}

func (e *encoder) header(p *Profile) {
	e.byte('H')
	e.text(p.Clock)
	e.int(p.Period)
	e.int(p.Start)
	e.int(p.End)
}

func (e *encoder) tables(p *Profile) {
	index := map[string]int{}
	var texts []string
	put := func(s string) int {
		i, ok := index[s]
		if !ok {
			i = len(texts)
			index[s] = i
			texts = append(texts, s)
		}
		return i
	}
	names, files, routes := make([]int, len(p.Frames)), make([]int, len(p.Frames)), make([]int, len(p.Routes))
	for i, f := range p.Frames {
		names[i], files[i] = put(f.Name), put(f.File)
	}
	for i, r := range p.Routes {
		routes[i] = put(r)
	}
	e.byte('S')
	e.uint(uint64(len(texts)))
	for _, s := range texts {
		e.text(s)
	}
	e.byte('F')
	e.uint(uint64(len(p.Frames)))
	for i := range p.Frames {
		e.uint(uint64(names[i]))
	}
	for i := range p.Frames {
		e.uint(uint64(files[i]))
	}
	for _, f := range p.Frames {
		e.int(int64(f.Line))
	}
	for _, f := range p.Frames {
		e.uint(uint64(f.Kind))
	}
	e.stacks(p.Stacks)
	e.byte('R')
	e.uint(uint64(len(routes)))
	for _, r := range routes {
		e.uint(uint64(r))
	}
}

func (e *encoder) stacks(stacks []Stack) {
	e.byte('K')
	e.uint(uint64(len(stacks)))
	for i, s := range stacks {
		e.int(int64(i) - int64(s.Parent))
	}
	last := int64(0)
	for _, s := range stacks {
		e.int(int64(s.Frame) - last)
		last = int64(s.Frame)
	}
}

func (e *encoder) losses(p *Profile) {
	e.byte('L')
	e.uint(uint64(len(p.Lost)))
	for _, cause := range slices.Sorted(maps.Keys(p.Lost)) {
		e.text(cause)
		e.int(p.Lost[cause])
	}
	e.int(p.Repaired)
	e.uint(uint64(len(p.Notes)))
	for _, n := range p.Notes {
		e.text(n)
	}
}

// column is one of a sample's fields.
type column struct {
	get func(*Sample) int64
	set func(*Sample, int64)
}

// columns are a sample's fields in the order of the format.
func columns() [7]column {
	return [7]column{
		{func(s *Sample) int64 { return s.Time }, func(s *Sample, v int64) { s.Time = v }},
		{func(s *Sample) int64 { return int64(s.PID) }, func(s *Sample, v int64) { s.PID = int32(v) }},
		{func(s *Sample) int64 { return int64(s.TID) }, func(s *Sample, v int64) { s.TID = int32(v) }},
		{func(s *Sample) int64 { return int64(s.Stack) }, func(s *Sample, v int64) { s.Stack = int32(v) }},
		{func(s *Sample) int64 { return int64(s.State) }, func(s *Sample, v int64) { s.State = State(v) }},
		{func(s *Sample) int64 { return int64(s.Route) }, func(s *Sample, v int64) { s.Route = int32(v) }},
		{func(s *Sample) int64 { return s.Weight }, func(s *Sample, v int64) { s.Weight = v }},
	}
}

func (e *encoder) block(samples []Sample) {
	e.byte('B')
	e.uint(uint64(len(samples)))
	for _, c := range columns() {
		last := int64(0)
		for i := range samples {
			v := c.get(&samples[i])
			e.int(v - last)
			last = v
		}
	}
}

// Decode reads a whole profile in the column format.
func Decode(r io.Reader) (*Profile, error) {
	d, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	p := d.Head()
	for {
		block, err := d.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		p.Samples = append(p.Samples, block...)
	}
}
