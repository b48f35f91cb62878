// Package clock reads the one clock that all of Pitwall's times are on:
// CLOCK_MONOTONIC of the host, in nanoseconds.
package clock

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/core/run"
)

// Now is CLOCK_MONOTONIC in nanoseconds. Ruby's Process.clock_gettime gives
// the same number on the same host.
func Now() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("clock: " + err.Error()) // the kernel always has this clock
	}
	return ts.Nano()
}

// Anchor ties Now to the wall clock. The boot id is empty where the system
// names none.
func Anchor() run.Anchor {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return run.Anchor{Monotonic: Now(), Wall: time.Now(), BootID: strings.TrimSpace(string(id))}
}
