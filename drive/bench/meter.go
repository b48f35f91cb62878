package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// meter reads the CPU time of a process and its descendants now and then,
// between calls: a reading costs more than a fast request.
type meter struct {
	last     int64
	readings []reading
}

// reading is CPU time in ns after a number of calls; exact says that the
// kernel's scheduler counted it, and not ticks of 10 ms.
type reading struct {
	calls int
	cpu   int64
	exact bool
}

const (
	meterEvery = 100_000_000 // ns
	tickNS     = 10_000_000  // in which /proc/PID/stat counts: USER_HZ is 100 on every Linux that Pitwall builds for
	leastTicks = 40          // keep the rounding to ticks under 2.5 %
)

// read takes a reading after so many calls, if the last is long enough ago.
func (m *meter) read(pid, calls int) {
	now := clock.Now()
	if len(m.readings) > 0 && now-m.last < meterEvery {
		return
	}
	m.last = now
	cpu, exact := treeCPU(pid)
	m.readings = append(m.readings, reading{calls, cpu, exact})
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
		cpu, calls := end.cpu-r.cpu, end.calls-r.calls
		if calls <= 0 || cpu <= 0 || (!r.exact || !end.exact) && cpu < leastTicks*tickNS {
			return 0, false
		}
		return float64(cpu) / 1e9 / float64(calls), true
	}
	return 0, false
}

// treeCPU is the CPU time of a process and its descendants in ns, those left
// out that are gone.
func treeCPU(pid int) (sum int64, exact bool) {
	exact = true
	for _, p := range append([]int{pid}, proc.Descendants(pid)...) {
		if ns, ok := scheduled(p); ok {
			sum += ns
		} else if s, err := proc.ReadStat(p); err == nil {
			sum += s.CPU * tickNS
			exact = false
		}
	}
	return sum, exact
}

// scheduled is the time that a process's living threads have run, as the
// scheduler counts it (Documentation/scheduler/sched-stats.rst); false where
// the kernel does not say.
func scheduled(pid int) (int64, bool) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, false
	}
	sum := int64(0)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var ns int64
		if n, _ := fmt.Sscan(string(text), &ns); n != 1 || ns == 0 {
			continue
		}
		sum += ns
	}
	return sum, sum > 0
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
