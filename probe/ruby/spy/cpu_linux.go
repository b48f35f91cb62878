package spy

import "golang.org/x/sys/unix"

// threadCPU is the CPU time of the calling system thread in ns; -1 when
// unknown.
func threadCPU() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return -1
	}
	return ts.Nano()
}
