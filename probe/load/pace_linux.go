package load

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sleeper waits on a timerfd through the runtime's poller. The kernel's timer
// is exact to microseconds where time.Sleep is late by a median of 0.5 ms,
// and waiting holds no thread: one that slept in clock_nanosleep was 10 to 20 µs
// sooner, but kept the runtime's monitor awake, which doubled the driver's CPU
// at 200 requests a second (327 to 165 µs a request).
type sleeper struct {
	now  func() int64
	fd   int
	file *os.File // owns fd; nil when there is no timerfd: then the runtime's timers do
	buf  [8]byte
}

func newPacer(now func() int64) *sleeper {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &sleeper{now: now}
	}
	return &sleeper{now: now, fd: fd, file: os.NewFile(uintptr(fd), "timerfd")}
}

func (s *sleeper) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// until waits in pieces, so that the end of ctx is noticed.
func (s *sleeper) until(ctx context.Context, at int64) bool {
	const piece = int64(50 * time.Millisecond)
	for {
		if ctx.Err() != nil {
			return false
		}
		now := s.now()
		if now >= at {
			return true
		}
		s.wait(now, min(at, now+piece))
	}
}

// wait sleeps once, until at.
func (s *sleeper) wait(now, at int64) {
	if s.file != nil {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
		if unix.TimerfdSettime(s.fd, unix.TFD_TIMER_ABSTIME, &spec, nil) == nil {
			if _, err := s.file.Read(s.buf[:]); err == nil {
				return
			}
		}
	}
	time.Sleep(time.Duration(at - now))
}
