package lap

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func nices(t *testing.T) map[int]bool {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, th := range threads {
		tid, _ := strconv.Atoi(th.Name())
		if raw, err := unix.Getpriority(unix.PRIO_PROCESS, tid); err == nil {
			seen[20-raw] = true
		}
	}
	return seen
}

// Whether or not we may raise our priority, it is as before in the end.
func TestFavourIsUndone(t *testing.T) {
	before := nices(t)
	undo, granted := favour()
	if during := nices(t); granted != during[driverNice] {
		t.Errorf("granted %v, and our threads have priorities %v", granted, during)
	}
	undo()
	if after := nices(t); len(after) != 1 || !before[0] && granted || granted && !after[0] {
		t.Errorf("priorities %v before and %v after", before, after)
	}
}
