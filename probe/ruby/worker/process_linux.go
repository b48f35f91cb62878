package worker

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// attributes end a worker should we be killed; what it started is the
// warden's.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// resident is the resident set of a process in bytes; 0 when it cannot be read.
func resident(pid int) int64 { return max(0, status(pid, "VmRSS:")) }

// largest is the largest resident set of a process so far; -1 unknown.
func largest(pid int) int64 { return status(pid, "VmHWM:") }

// status reads a size from /proc/PID/status.
func status(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return -1
	}
	return size(text, name)
}

// size is that of a line "NAME: 123 kB" in bytes (proc_pid_status(5)); -1
// where there is none.
func size(text []byte, name string) int64 {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		fields := bytes.Fields(rest)
		if !ok || len(fields) == 0 {
			continue
		}
		n, err := strconv.ParseInt(string(fields[0]), 10, 50)
		if err != nil || n < 0 {
			return -1
		}
		return n << 10
	}
	return -1
}
