package supervise

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"pitwall/probe/proc"
)

func becomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming a child subreaper: %w", err)
	}
	return nil
}

// childAttributes gives each unit its own process group, out of reach of the
// terminal's Ctrl-C, and a death signal should the supervisor itself be killed.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

func descendants(pid int) []int { return proc.Descendants(pid) }
