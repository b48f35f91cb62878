package store

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// startOf is when a process started, in clock ticks since boot (proc(5),
// /proc/pid/stat field 22); 0 when it does not run or cannot be read.
func startOf(pid int) uint64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest) // from field 3, the state
	if !ok || len(fields) < 20 {
		return 0
	}
	ticks, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return 0
	}
	return ticks
}
