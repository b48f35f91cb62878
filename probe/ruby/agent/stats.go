package agent

import (
	"context"
	"encoding/json"
)

// ProcessStats is what one process said of itself at one moment. A value of -1
// in it is unknown: the Ruby or the Puma at hand has no such number.
type ProcessStats struct {
	PID      int
	Start    int64
	Role     Role
	Time     int64            // CLOCK_MONOTONIC ns in the process
	Puma     *PumaStats       // nil without a running Puma server
	GC       map[string]int64 // GC.stat by its keys: "count", "minor_gc_count", "heap_live_slots", "old_objects", ...; "total_time_ns" is ours
	InFlight int              // requests that the agent sees; 0 while the hooks are off
	Dropped  int64            // records that were not sent because we read too slowly
}

// PumaStats are the numbers of one Puma server. Their meaning moves with
// Puma's version: before 7.0 requests wait in the kernel and Backlog stays
// near 0, from 7.0 on Puma accepts all and they wait in Backlog.
type PumaStats struct {
	Version       string
	Backlog       int64 // accepted, waiting for a thread
	Running       int64 // threads spawned
	Busy          int64 // threads busy, plus Backlog, by Puma's own definition
	PoolCapacity  int64 // requests that could be taken at once
	MaxThreads    int64
	RequestsCount int64 // since the server started
}

type statsBody struct {
	Time     int64            `json:"b"`
	GC       map[string]int64 `json:"gc"`
	InFlight int              `json:"f"`
	Dropped  int64            `json:"d"`
	Puma     *struct {
		Version       string `json:"version"`
		Backlog       *int64 `json:"backlog"`
		Running       *int64 `json:"running"`
		Busy          *int64 `json:"busy_threads"`
		PoolCapacity  *int64 `json:"pool_capacity"`
		MaxThreads    *int64 `json:"max_threads"`
		RequestsCount *int64 `json:"requests_count"`
	} `json:"puma"`
}

const maxGCKeys = 100

// Stats asks all connected processes, the master included, now. With a
// *NoAnswerError it still returns what the others said.
func (s *Server) Stats(ctx context.Context) ([]ProcessStats, error) {
	replies, err := s.ask(ctx, s.live(), "stats", "")
	list := make([]ProcessStats, 0, len(replies))
	for _, r := range replies {
		var b statsBody
		if json.Unmarshal(r.body, &b) != nil || len(b.GC) > maxGCKeys {
			s.log.lose(1)
			continue
		}
		p := ProcessStats{PID: r.conn.id.pid, Start: r.conn.id.start, Role: s.roleOf(r.conn), Time: b.Time, GC: b.GC, InFlight: b.InFlight, Dropped: b.Dropped}
		if q := b.Puma; q != nil {
			p.Puma = &PumaStats{Version: clip(q.Version, maxName), Backlog: known(q.Backlog), Running: known(q.Running), Busy: known(q.Busy),
				PoolCapacity: known(q.PoolCapacity), MaxThreads: known(q.MaxThreads), RequestsCount: known(q.RequestsCount)}
		}
		list = append(list, p)
	}
	return list, err
}

func known(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

func (s *Server) roleOf(c *conn) Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.process.Role
}
