package proc

import (
	"errors"
	"fmt"
)

// Range is a piece of another process's memory and where to put it. All of
// Buf is filled or the read of this range failed.
type Range struct {
	Addr uint64
	Buf  []byte
}

// ErrGone says that the process ended, or that its pid now names another one.
var ErrGone = errors.New("process is gone")

// ErrUnsupported says that this system cannot read another process's memory.
var ErrUnsupported = errors.New("reading another process's memory works on Linux only")

// ShortReadError is memory that could not be read: it is not mapped, or not
// any more. Everything before Index was read, nothing from Index on counts.
type ShortReadError struct {
	PID   int
	Index int // the range that failed, in the order given
	Addr  uint64
	Want  int // bytes asked of that range
	Got   int // bytes of it that came; fewer than Want
	Err   error
}

func (e *ShortReadError) Error() string {
	msg := fmt.Sprintf("reading memory of process %d: %d of %d bytes at %#x", e.PID, e.Got, e.Want, e.Addr)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

func (e *ShortReadError) Unwrap() error { return e.Err }

// Memory reads the memory of one live process without stopping it.
type Memory struct{ pid int }

// OpenMemory is a reader of pid's memory. It is tried at once on one byte of
// the process's first mapping, so a lack of permission shows here, as a
// *PermissionError, and not in the middle of things.
func OpenMemory(pid int) (*Memory, error) {
	m := &Memory{pid: pid}
	maps, err := Maps(pid)
	if err != nil {
		return nil, err
	}
	for _, mp := range maps {
		if mp.Readable() {
			return m, m.ReadV([]Range{{Addr: mp.Start, Buf: make([]byte, 1)}})
		}
	}
	return nil, fmt.Errorf("process %d has no readable memory: %w", pid, ErrGone)
}

// ReadAt reads one piece; it makes Memory an io.ReaderAt, where offsets are
// addresses.
func (m *Memory) ReadAt(p []byte, addr int64) (int, error) {
	err := m.ReadV([]Range{{Addr: uint64(addr), Buf: p}})
	var short *ShortReadError
	switch {
	case err == nil:
		return len(p), nil
	case errors.As(err, &short):
		return short.Got, err
	}
	return 0, err
}

// shortAt finds the range in which a transfer of got bytes ended.
func shortAt(pid int, ranges []Range, got int, cause error) error {
	for i, r := range ranges {
		if got < len(r.Buf) {
			return &ShortReadError{PID: pid, Index: i, Addr: r.Addr, Want: len(r.Buf), Got: got, Err: cause}
		}
		got -= len(r.Buf)
	}
	return nil
}
