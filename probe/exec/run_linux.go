package exec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"pitwall/probe/proc"
)

// attributes kill the command should we be killed ourselves.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// awaitExit blocks until a process ends and leaves it unreaped.
func awaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// maxRSS is the largest resident set, unknown when it is no larger than ours
// (setmax_mm_hiwater_rss in exec_mmap of Linux's fs/exec.c: the memory that a
// process leaves at its exec, here ours, is in its account).
func maxRSS(use *unix.Rusage) int64 {
	const imprecise = 1 << 20 // the kernel's counters are per processor and summed up late
	most := int64(use.Maxrss) << 10
	ours := ownPeak()
	if ours < 0 || most <= ours+imprecise {
		return -1
	}
	return most
}

// ownPeak is our own largest resident set, -1 when it is unknown.
func ownPeak() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	return Peak(b)
}

// Peak reads VmHWM, the largest resident set in bytes, of a
// /proc/PID/status; -1 when it is not there.
func Peak(status []byte) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(rest)), "kB")), 10, 64)
			if err != nil || kb < 0 || kb > 1<<50 {
				return -1
			}
			return kb << 10
		}
	}
	return -1
}

// strays lists the processes of a group, and those with its mark, that still
// run; the leader is left out. Leader 0 has no group any more.
func strays(leader int, mark string) []stray {
	var first proc.Stat
	if leader > 0 {
		var err error
		if first, err = proc.ReadStat(leader); err != nil {
			return nil
		}
	}
	var found []stray
	for _, pid := range proc.Processes() {
		if pid == leader || pid <= 1 || pid == os.Getpid() {
			continue
		}
		s, err := proc.ReadStat(pid)
		if err != nil || s.Started < first.Started || s.State == 'Z' || s.State == 'X' {
			continue
		}
		group, err := unix.Getpgid(pid)
		if err == nil && leader > 0 && group == leader || marked(pid, mark) {
			found = append(found, stray{pid, s.Command})
		}
	}
	return found
}

// signal sends to a stray, unless its number has become another's since it
// was found.
func (s stray) signal(leader int, mark string, sig syscall.Signal) {
	fd, held := unix.PidfdOpen(s.pid, 0)
	if held == nil {
		defer unix.Close(fd)
	}
	group, err := unix.Getpgid(s.pid)
	if !(err == nil && leader > 0 && group == leader) && !marked(s.pid, mark) {
		return
	}
	switch {
	case held == nil:
		_ = unix.PidfdSendSignal(fd, sig, nil, 0)
	case held != unix.ESRCH: // no pidfd here
		_ = unix.Kill(s.pid, sig)
	}
}

// mostEnvironment bounds what is read of a process's environment.
const mostEnvironment = 4 << 20

// marked says whether a process's environment has the mark. What is not a
// whole mark is in no environment: an empty one would be in all of them, and
// what is marked is killed.
func marked(pid int, mark string) bool {
	if len(mark) != len(Marker)+1+4*markBytes || !strings.HasPrefix(mark, Marker+"=") {
		return false
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, mostEnvironment))
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if string(entry) == mark {
			return true
		}
	}
	return false
}

func running(pid int) bool {
	s, err := proc.ReadStat(pid)
	return err == nil && s.State != 'Z' && s.State != 'X'
}
