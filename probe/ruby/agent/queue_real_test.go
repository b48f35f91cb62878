package agent

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"pitwall/core/request"
	"pitwall/probe/clock"
)

// sending is between which moments of the monotonic clock a request was signed.
type sending struct{ early, late int64 }

// With one thread and a route that sleeps, two requests at a time queue behind
// each other: what the agent says a request waited must be the time from its
// sending until the one before it let go of the thread.
func TestRealQueueTimeIsTheWaitForTheThread(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": "run ->(env) { sleep 0.05; [200, {}, ['ok']] }\n"})
	s := listenHere(t, Options{})
	a := boot(t, dir, s.Env(os.Environ()), "-t", "1:1")
	a.get("/") // the process says hello with its first request at the latest
	must(t, s.WaitHello(t.Context(), 1))
	must(t, s.On(t.Context()))
	var wait sync.WaitGroup
	var mu sync.Mutex
	asked := map[string]sending{}
	for client := range 2 {
		wait.Go(func() {
			for i := range 10 {
				id, early := fmt.Sprintf("%d-%d", client, i), clock.Now()
				start := fmt.Sprintf("t=%.6f", float64(time.Now().UnixNano())/1e9)
				mu.Lock()
				asked[id] = sending{early, clock.Now()}
				mu.Unlock()
				a.get("/", "Connection", "close", "X-Request-Id", id, "X-Request-Start", start)
			}
		})
	}
	wait.Wait()
	must(t, s.Off(t.Context()))
	rs := s.Log().Requests
	slices.SortFunc(rs, func(a, b request.Request) int { return cmp.Compare(a.Start, b.Start) })
	if len(rs) != 20 {
		t.Fatalf("%d requests", len(rs))
	}
	queued := 0
	for i := 1; i < len(rs); i++ {
		before, r := rs[i-1], rs[i]
		if r.Queue == nil {
			t.Fatalf("request %d: queue time unknown", i)
		}
		if r.Start < before.End {
			t.Fatalf("request %d began before the thread was free", i)
		}
		sent := asked[r.ID]
		if sent.late > before.End {
			continue // it found the thread free
		}
		queued++
		const rounding = 2000 // ns: the header has microseconds
		// The app reads two clocks, and may lose the processor in between.
		const between = 20_000_000
		if least := r.Start - sent.late; *r.Queue < least-rounding-between {
			t.Errorf("request %d waited %d ns by the agent, at least %d by its client", i, *r.Queue, least)
		}
		if most := r.End - sent.early; *r.Queue > most+rounding {
			t.Errorf("request %d waited %d ns by the agent, and was done after %d", i, *r.Queue, most)
		}
	}
	if queued < 10 {
		t.Errorf("only %d of 19 requests queued: the test proves nothing", queued)
	}
}
