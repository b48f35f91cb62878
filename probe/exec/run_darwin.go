package exec

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// awaitExit blocks until a process ends and leaves it unreaped.
func awaitExit(pid int) error {
	kq, err := unix.Kqueue()
	if err != nil {
		return err
	}
	defer unix.Close(kq)
	want := []unix.Kevent_t{{Ident: uint64(pid), Filter: unix.EVFILT_PROC, Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT}}
	got := make([]unix.Kevent_t, 1)
	for {
		n, err := unix.Kevent(kq, want, got, nil)
		switch {
		case err == unix.EINTR:
		case err == unix.ESRCH: // it has ended already
			return nil
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
}

// maxRSS is the largest resident set, which macOS counts in bytes.
func maxRSS(use *unix.Rusage) int64 { return use.Maxrss }

// strays lists the processes of a group that still run, the leader left out.
// What left the group is not found here.
func strays(leader int, _ string) []stray {
	if leader == 0 {
		return nil
	}
	all, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", leader)
	if err != nil {
		return nil
	}
	var found []stray
	for _, p := range all {
		if pid := int(p.Proc.P_pid); pid != leader && p.Proc.P_stat != zombie {
			found = append(found, stray{pid, unix.ByteSliceToString(p.Proc.P_comm[:])})
		}
	}
	return found
}

// signal sends to a stray of a group whose leader is not reaped, so that the
// group's number is its own.
func (s stray) signal(_ int, _ string, sig syscall.Signal) { _ = unix.Kill(s.pid, sig) }

const zombie = 5 // SZOMB of sys/proc.h

func running(pid int) bool { return unix.Kill(pid, 0) == nil }
