package lap

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// driverNice is the driver's scheduling priority where we may raise it.
const driverNice = -10

// favour asks the kernel to run the driver first, so that requests leave when
// they should though the app uses every processor. Only root may ask that.
// It returns what undoes it, and whether it was granted.
func favour() (undo func(), granted bool) {
	before, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return func() {}, false
	}
	before = 20 - before // the system call gives 20 minus the nice value
	if before != 0 || setNice(driverNice) != nil {
		return func() {}, false // somebody chose a priority for us: it stays
	}
	return func() { setNice(before) }, true
}

// setNice sets every thread of ours: on Linux a priority is a thread's. New
// threads take that of the one that made them.
func setNice(nice int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}
