package boot

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"

	"pitwall/probe/proc"
)

// patience with processes that have been asked to end.
const patience = 2 * time.Second

// killStrays ends what a killed supervisor left behind. The kernel has
// terminated the units themselves; every process that one of them started
// still carries the private directory in its environment.
func killStrays(dir string) {
	for end := time.Now().Add(patience); len(strays(dir)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			break
		}
	}
	for range 200 { // one that forks may need more than one look
		left := strays(dir)
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func strays(dir string) []int {
	mark := []byte("PITWALL_RUN_DIR=" + dir + "\x00")
	var found []int
	for _, pid := range proc.Processes() {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)) // a zombie's is empty
		if err == nil && pid != os.Getpid() && bytes.Contains(environ, mark) {
			found = append(found, pid)
		}
	}
	return found
}
