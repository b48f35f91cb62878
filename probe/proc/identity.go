package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Identity names a process for good: a pid may be given to another one.
type Identity struct {
	PID     int
	Started int64 // ticks since boot
}

// Identify is the identity of the process that has this pid now.
func Identify(pid int) (Identity, error) {
	s, err := ReadStat(pid)
	if err != nil {
		return Identity{}, whyNot(pid, err)
	}
	return Identity{PID: pid, Started: s.Started}, nil
}

// Check is nil while the process lives; else its error wraps ErrGone. A
// zombie counts as gone: it has no memory left.
func (id Identity) Check() error {
	s, err := ReadStat(id.PID)
	if err != nil {
		return whyNot(id.PID, err)
	}
	if s.Started != id.Started || s.State == 'Z' || s.State == 'X' {
		return fmt.Errorf("process %d: %w", id.PID, ErrGone)
	}
	return nil
}

// ThreadIDs maps the thread ids that the process itself sees to ours. They
// differ where it runs in a pid namespace of its own (a container).
func ThreadIDs(pid int) (map[int]int, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, whyNot(pid, err)
	}
	out := make(map[int]int, len(entries))
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if inner, ok := innerID(statusOf(dir + "/" + e.Name() + "/status")); ok {
			out[inner] = tid
		}
	}
	return out, nil
}

// innerID is the id in the innermost namespace: the last one of NSpid.
func innerID(status map[string]string) (int, bool) {
	ids := strings.Fields(status["NSpid"])
	if len(ids) == 0 {
		ids = strings.Fields(status["Pid"])
	}
	if len(ids) == 0 {
		return 0, false
	}
	id, err := strconv.Atoi(ids[len(ids)-1])
	return id, err == nil
}
