package spy

import (
	"encoding/binary"
	"errors"

	"pitwall/probe/proc"
)

// reader adds typed reads to a Memory.
type reader struct{ Memory }

func (r reader) bytes(addr uint64, n int) ([]byte, error) {
	buf := make([]byte, n)
	return buf, r.ReadV([]proc.Range{{Addr: addr, Buf: buf}})
}

func (r reader) word(addr uint64) (uint64, error) {
	b, err := r.bytes(addr, 8)
	return word(b, 0), err
}

func (r reader) half(addr uint64) (uint32, error) {
	b, err := r.bytes(addr, 4)
	return half(b, 0), err
}

// all reads every range it can. failed[i] tells that range i could not be
// read; what its buffer holds then is of no meaning. The error is for the
// process as a whole.
func (r reader) all(ranges []proc.Range, failed []bool) ([]bool, error) {
	failed = append(failed[:0], make([]bool, len(ranges))...)
	for from := 0; from < len(ranges); {
		err := r.ReadV(ranges[from:])
		var short *proc.ShortReadError
		if !errors.As(err, &short) {
			return failed, err
		}
		if short.Index < 0 || short.Index >= len(ranges)-from {
			return failed, err
		}
		failed[from+short.Index] = true
		from += short.Index + 1
	}
	return failed, nil
}

func word(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
func half(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
