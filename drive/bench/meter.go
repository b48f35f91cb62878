package bench

import (
	"fmt"
	"os"
	"strings"

	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// tickNS is the unit in which /proc counts CPU time: USER_HZ is 100 on every
// Linux that Pitwall builds for.
const tickNS = 10_000_000

// leastTicks keeps the rounding to ticks under 2.5 %.
const leastTicks = 40

// meter reads the CPU time of a process and its descendants now and then,
// between calls: a reading costs more than a fast request.
type meter struct {
	last     int64
	readings []reading
}

type reading struct {
	calls int
	ticks int64
}

const meterEvery = 200_000_000 // ns

// read takes a reading after so many calls, if the last is long enough ago.
func (m *meter) read(pid, calls int) {
	now := clock.Now()
	if len(m.readings) > 0 && now-m.last < meterEvery {
		return
	}
	m.last = now
	m.readings = append(m.readings, reading{calls, treeTicks(pid)})
}

// since is the CPU time of a call in seconds, over the calls from number
// first on; false when it is too little to tell.
func (m *meter) since(first int) (float64, bool) {
	if len(m.readings) == 0 {
		return 0, false
	}
	end := m.readings[len(m.readings)-1]
	for _, r := range m.readings {
		if r.calls < first {
			continue
		}
		ticks, calls := end.ticks-r.ticks, end.calls-r.calls
		if ticks < leastTicks || calls <= 0 {
			return 0, false
		}
		return float64(ticks) * tickNS / 1e9 / float64(calls), true
	}
	return 0, false
}

// treeTicks is the CPU time of a process and its descendants, those left out
// that are gone.
func treeTicks(pid int) int64 {
	sum := int64(0)
	for _, p := range append([]int{pid}, proc.Descendants(pid)...) {
		if s, err := proc.ReadStat(p); err == nil {
			sum += s.CPU
		}
	}
	return sum
}

// treePeak is the sum of the largest resident sets of a process and its
// descendants, in bytes: shared pages count in each. 0 when unknown.
func treePeak(pid int) int64 {
	sum := int64(0)
	for _, p := range append([]int{pid}, proc.Descendants(pid)...) {
		sum += peak(p)
	}
	return sum
}

// peak is the largest resident set that a process had, in bytes; 0 when
// unknown.
func peak(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(b)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(text, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}
