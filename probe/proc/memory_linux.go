package proc

import (
	"errors"

	"golang.org/x/sys/unix"
)

// the kernel takes at most this many pieces a call (IOV_MAX)
const maxVector = 1024

// ReadV fills all ranges, with one system call for up to 1,024 of them. The
// error is a *ShortReadError, a *PermissionError or wraps ErrGone. An empty
// range is read without asking.
func (m *Memory) ReadV(ranges []Range) error {
	for first := 0; first < len(ranges); first += maxVector {
		part := ranges[first:min(first+maxVector, len(ranges))]
		err := m.readVector(part)
		var short *ShortReadError
		if errors.As(err, &short) {
			short.Index += first
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) readVector(ranges []Range) error {
	var localSpace [64]unix.Iovec
	var remoteSpace [64]unix.RemoteIovec
	local, remote := localSpace[:0], remoteSpace[:0]
	want := 0
	for _, r := range ranges {
		if len(r.Buf) == 0 {
			continue
		}
		v := unix.Iovec{Base: &r.Buf[0]}
		v.SetLen(len(r.Buf))
		local = append(local, v)
		remote = append(remote, unix.RemoteIovec{Base: uintptr(r.Addr), Len: len(r.Buf)})
		want += len(r.Buf)
	}
	if want == 0 {
		return nil
	}
	n, err := unix.ProcessVMReadv(m.pid, local, remote, 0)
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENOSYS):
		return explain(m.pid, err)
	case errors.Is(err, unix.ESRCH):
		return ErrGone
	case err != nil:
		return shortAt(m.pid, ranges, 0, err)
	case n < want:
		return shortAt(m.pid, ranges, n, nil)
	}
	return nil
}
