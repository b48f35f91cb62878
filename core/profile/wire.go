package profile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// encoder writes the pieces of the format and keeps the first error.
type encoder struct {
	w   *bufio.Writer
	buf [binary.MaxVarintLen64]byte
	err error
}

func (e *encoder) raw(s string) {
	if e.err == nil {
		_, e.err = e.w.WriteString(s)
	}
}

func (e *encoder) byte(b byte) {
	if e.err == nil {
		e.err = e.w.WriteByte(b)
	}
}

func (e *encoder) bytes(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

func (e *encoder) uint(v uint64) { e.bytes(e.buf[:binary.PutUvarint(e.buf[:], v)]) }
func (e *encoder) int(v int64)   { e.bytes(e.buf[:binary.PutVarint(e.buf[:], v)]) }

func (e *encoder) text(s string) {
	s = s[:min(len(s), maxText)]
	e.uint(uint64(len(s)))
	e.raw(s)
}

// decoder reads them back and keeps the first error; after it everything is
// zero.
type decoder struct {
	r   *bufio.Reader
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// cut makes the end of the data in the wrong place an error of its own.
func (d *decoder) cut(err error) {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) byte() byte {
	if d.err != nil {
		return 0
	}
	b, err := d.r.ReadByte()
	if err != nil {
		d.cut(err)
	}
	return b
}

func (d *decoder) uint() uint64 {
	if d.err != nil {
		return 0
	}
	v, err := binary.ReadUvarint(d.r)
	if err != nil {
		d.cut(err)
		return 0
	}
	return v
}

func (d *decoder) int() int64 {
	if d.err != nil {
		return 0
	}
	v, err := binary.ReadVarint(d.r)
	if err != nil {
		d.cut(err)
		return 0
	}
	return v
}

func (d *decoder) int32(what string) int32 {
	v := d.int()
	if v < math.MinInt32 || v > math.MaxInt32 {
		d.fail("%s %d is out of range", what, v)
		return 0
	}
	return int32(v)
}

// index is a number below n.
func (d *decoder) index(what string, n int) int {
	v := d.uint()
	if d.err == nil && v >= uint64(n) {
		d.fail("%s %d of %d", what, v, n)
	}
	if d.err != nil {
		return 0
	}
	return int(v)
}

// count is how many of something follow.
func (d *decoder) count(what string, most int) int {
	v := d.uint()
	if v > uint64(most) {
		d.fail("%d %s are more than %d", v, what, most)
		return 0
	}
	return int(v)
}

func (d *decoder) text() string {
	n := d.count("bytes of text", maxText)
	if d.err != nil || n == 0 {
		return ""
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(d.r, b); err != nil {
		d.cut(err)
		return ""
	}
	return string(b)
}

// section asks for a section's letter.
func (d *decoder) section(letter byte) {
	if b := d.byte(); d.err == nil && b != letter {
		d.fail("section %q where %q belongs", b, letter)
	}
}
