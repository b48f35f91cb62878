package agent

import (
	"context"
	"fmt"
	"sort"
)

// Role is what a process does for the app.
type Role string

// The roles. Only Web and Jobs serve.
const (
	Web    Role = "web"    // a Puma server (a worker, or the one of single mode) or any Rack app that was asked
	Master Role = "master" // a Puma master in cluster mode
	Jobs   Role = "jobs"   // Sidekiq
	Helper Role = "helper" // anything else: it connected only to report a refused connection
)

// Process is one process that said hello.
type Process struct {
	PID       int
	Start     int64 // clock ticks after boot, from /proc; 0 where there is none
	Role      Role
	Ruby      string // "3.1.7"
	Root      string // the app's directory, as calling lines are relative to it
	Connected bool
	Faults    int64  // errors of the agent itself, which it kept from the app
	Fault     string // class and place of the first one; empty when none
}

// Serves says whether the process answers requests or runs jobs.
func (p Process) Serves() bool { return p.Role == Web || p.Role == Jobs }

type identity struct {
	pid   int
	start int64
}

// Processes lists all that ever said hello, by PID.
func (s *Server) Processes() []Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Process, 0, len(s.seen))
	for _, p := range s.seen {
		list = append(list, *p)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].PID < list[j].PID })
	return list
}

// WaitHello waits until n processes that serve are connected.
func (s *Server) WaitHello(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		changed, have := s.hello, 0
		for _, p := range s.seen {
			if p.Connected && p.Serves() {
				have++
			}
		}
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the Ruby agent: %d of %d processes connected: %w", have, n, ctx.Err())
		}
	}
}

// greet records a hello; the caller holds no lock.
func (s *Server) greet(c *conn, h hello) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := c.id
	p := s.seen[id]
	if p == nil {
		if len(s.seen) >= maxProcesses {
			s.log.lose(1)
			return
		}
		p = &Process{PID: id.pid, Start: id.start}
		s.seen[id] = p
	}
	p.Role, p.Ruby, p.Root, p.Connected = h.role(), clip(h.Ruby, maxName), clip(h.Root, maxText), true
	c.process = p
	s.changed()
}

const maxProcesses = 4096

// changed wakes those who wait for a hello; the caller holds s.mu.
func (s *Server) changed() {
	close(s.hello)
	s.hello = make(chan struct{})
}
