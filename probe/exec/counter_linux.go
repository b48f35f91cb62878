package exec

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"
)

// event is what a perf counter counts.
type event struct {
	kind   uint32
	config uint64
}

func instructions() event {
	return event{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS}
}

// perfCounter counts in the children that its thread starts after it was
// opened, from their exec on, and in theirs.
type perfCounter struct{ fd int }

// openCounter opens a counter on this thread, which the caller has locked.
// The thread itself never counts: it is enabled by an exec, and a child's
// copy is added to it when the child ends (perf_event_open(2), inherit and
// enable_on_exec).
func openCounter(e event) (counter, error) {
	attr := unix.PerfEventAttr{
		Type: e.kind, Config: e.config, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
		Bits:        unix.PerfBitDisabled | unix.PerfBitInherit | unix.PerfBitEnableOnExec | unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, noCounter(err)
	}
	return &perfCounter{fd}, nil
}

// read is the count, scaled up when the counter had to share its place.
func (p *perfCounter) read() int64 {
	b := make([]byte, 24)
	if n, err := unix.Read(p.fd, b); err != nil || n != len(b) {
		return -1
	}
	return scaled(binary.NativeEndian.Uint64(b), binary.NativeEndian.Uint64(b[8:]), binary.NativeEndian.Uint64(b[16:]))
}

// scaled is a count for the whole time that a counter was enabled; -1 when it
// never ran.
func scaled(count, enabled, running uint64) int64 {
	switch {
	case running == 0 || count > math.MaxInt64/2:
		return -1
	case running >= enabled:
		return int64(count)
	}
	return int64(float64(count) * (float64(enabled) / float64(running)))
}

func (p *perfCounter) close() { unix.Close(p.fd) }

func noCounter(err error) error {
	e := &CounterError{How: Perf, Why: err.Error(), Err: err}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV):
		e.Why = "this machine has no such counter, as most virtual machines"
		e.Advice = "use valgrind, or a machine of your own"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		e.Why = "the kernel or a container's seccomp filter forbids perf_event_open"
		e.Advice = "sysctl kernel.perf_event_paranoid=2, or add the capability PERFMON"
	case errors.Is(err, unix.ENOSYS):
		e.Why = "this kernel has no perf_event_open"
		e.Advice = "use valgrind"
	}
	return e
}
