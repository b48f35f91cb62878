package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// PermissionError says why the kernel refuses to show a process's memory.
type PermissionError struct {
	PID     int
	Missing string // what would lift it: "CAP_SYS_PTRACE", "kernel.yama.ptrace_scope", "same user", "seccomp"
	Reason  string // a sentence for people
	Err     error
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("reading memory of process %d: %v: %s", e.PID, e.Err, e.Reason)
}

func (e *PermissionError) Unwrap() error { return e.Err }

// capSysPtrace is CAP_SYS_PTRACE's number in capabilities(7).
const capSysPtrace = 19

// evidence is what decides why a read was refused.
type evidence struct {
	ours, theirs string // effective uid
	capable      bool   // we hold CAP_SYS_PTRACE in our user namespace
	sameUserNS   bool
	yama         int // kernel.yama.ptrace_scope; -1 without Yama
	noSyscall    bool
}

// explain makes a *PermissionError of a refused read. See ptrace(2), "Ptrace
// access mode checking".
func explain(pid int, cause error) error {
	self, theirs := statusOf("/proc/self/status"), statusOf(fmt.Sprintf("/proc/%d/status", pid))
	if theirs == nil {
		return ErrGone
	}
	caps, _ := strconv.ParseUint(self["CapEff"], 16, 64)
	yama := -1
	if b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil {
		if v, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			yama = v
		}
	}
	ourNS, _ := os.Readlink("/proc/self/ns/user")
	theirNS, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", pid))
	ev := evidence{
		ours: effectiveUID(self), theirs: effectiveUID(theirs), capable: caps>>capSysPtrace&1 == 1,
		sameUserNS: err != nil || ourNS == theirNS, yama: yama, noSyscall: strings.Contains(cause.Error(), "not implemented"),
	}
	missing, reason := ev.verdict()
	return &PermissionError{PID: pid, Missing: missing, Reason: reason, Err: cause}
}

func (ev evidence) verdict() (missing, reason string) {
	switch {
	case ev.noSyscall:
		return "seccomp", "a seccomp filter blocks process_vm_readv; in a container allow it or add the capability SYS_PTRACE"
	case ev.capable && !ev.sameUserNS:
		return "CAP_SYS_PTRACE", "the process lives in another user namespace; run in the host's, or in the container's own"
	case ev.capable:
		return "seccomp", "CAP_SYS_PTRACE is held, so a seccomp filter or a security module refuses it; in a container add the capability SYS_PTRACE"
	case ev.ours != ev.theirs:
		return "CAP_SYS_PTRACE", fmt.Sprintf("it runs as uid %s and we as uid %s; run as that user, as root, or with CAP_SYS_PTRACE (in a container: add the capability SYS_PTRACE)", ev.theirs, ev.ours)
	case ev.yama >= 3:
		return "kernel.yama.ptrace_scope", "kernel.yama.ptrace_scope is 3, which forbids it until the next boot"
	case ev.yama == 2:
		return "CAP_SYS_PTRACE", "kernel.yama.ptrace_scope is 2, which asks for CAP_SYS_PTRACE; set it to 0, or run as root"
	case ev.yama == 1:
		return "kernel.yama.ptrace_scope", "kernel.yama.ptrace_scope is 1, which allows only descendants; set it to 0, run as root, or let us start the process"
	}
	return "CAP_SYS_PTRACE", "the process is not dumpable (it changed user, or its program file is not readable), or a container forbids it; run as root or with CAP_SYS_PTRACE"
}

// statusOf is a /proc status file by key; nil when it cannot be read.
func statusOf(path string) map[string]string {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			out[key] = strings.TrimSpace(value)
		}
	}
	return out
}

func effectiveUID(status map[string]string) string {
	if f := strings.Fields(status["Uid"]); len(f) > 1 {
		return f[1]
	}
	return "unknown"
}
