//go:build !linux

package load

import (
	"context"
	"time"
)

// sleeper waits with the runtime's timers, about a millisecond late at times;
// the lag says so.
type sleeper struct{ now func() int64 }

func newPacer(now func() int64) *sleeper { return &sleeper{now} }

func (s *sleeper) close() {}

func (s *sleeper) until(ctx context.Context, at int64) bool {
	for wait := at - s.now(); wait > 0; wait = at - s.now() {
		timer := time.NewTimer(time.Duration(wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
	return ctx.Err() == nil
}
