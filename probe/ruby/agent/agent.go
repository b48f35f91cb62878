// Package agent is the part of Pitwall that runs inside a Ruby app: a small
// Ruby library, loaded through RUBYOPT into an app that we boot ourselves, and
// the receiver of what it says.
//
// The library is dormant in a process that serves nothing. A Puma server, a
// Puma master, a Sidekiq launcher or the first Rack request connects it, once
// per process and again after a fork, to the Unix socket named in
// PITWALL_AGENT. Lines go up (see line.go for their form), commands come down.
// If the socket is gone the library falls silent for good; no exception of its
// own reaches the app, and nothing it does waits for us.
//
// What the app says is untrusted: lengths, counts and processes are bounded,
// and what cannot be read is counted as lost.
package agent

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pitwall/core/request"
)

//go:embed rb
var sources embed.FS

// Options says how to listen. The zero value is usable.
type Options struct {
	// Allow lists the hosts that the app may connect to beside loopback and
	// Unix sockets: "api.example", "api.example:443", "*.example", "10.0.0.5".
	Allow []string
	// Route maps an X-Request-Id to the name of the route that the driver
	// asked for; empty when it is not one of the driver's. nil: no routes.
	Route func(id string) string
	// MaxRequests bounds the requests kept; 0 means 1,000,000. Those beyond
	// are counted as lost.
	MaxRequests int
}

// Server receives what agents say. Its methods may be called from any
// goroutine.
type Server struct {
	dir      string // holds the Ruby sources
	socket   string
	own      string // a directory that we made and remove; empty when dir was good
	options  Options
	listener *net.UnixListener

	mu     sync.Mutex
	on     bool
	closed bool
	seq    int64
	conns  map[*conn]bool
	seen   map[identity]*Process
	hello  chan struct{} // closed and replaced when a process says hello or goes

	log  *collector
	done sync.WaitGroup
}

const (
	maxConns   = 512
	maxSocket  = 100 // sun_path holds 108 on Linux and 104 on macOS
	socketName = "agent.sock"
)

// Listen writes the agent's Ruby sources into dir, which must exist, and
// listens on a Unix socket there. On Linux processes of other users are heard
// when they descend from ours, elsewhere they cannot connect. A dir whose path is too long for
// a socket, or which RUBYOPT could not name because of a space in it, is
// replaced by a private temporary one. Close it after the app has ended: a
// Ruby started with its environment later would not find the library.
func Listen(dir string, options Options) (*Server, error) {
	s := &Server{options: options, conns: map[*conn]bool{}, seen: map[identity]*Process{}, hello: make(chan struct{})}
	s.log = newCollector(options)
	if err := s.place(dir); err != nil {
		return nil, fmt.Errorf("placing the Ruby agent: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.socket, Net: "unix"})
	if err == nil {
		err = os.Chmod(s.socket, socketMode)
	}
	if err != nil {
		s.remove()
		return nil, fmt.Errorf("listening for the Ruby agent: %w", err)
	}
	s.listener = listener
	s.done.Go(s.accept)
	return s, nil
}

// place chooses the directory and writes the sources into it.
func (s *Server) place(dir string) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if len(full)+len(socketName)+1 > maxSocket || strings.ContainsAny(full, " \t\n\"'\\") {
		if full, err = os.MkdirTemp("/tmp", "pitwall"); err != nil {
			return err
		}
		s.own = full
	}
	s.dir, s.socket = full, filepath.Join(full, socketName)
	// Another user's Ruby that inherits the environment must find the library,
	// or it dies at start.
	if s.own != "" {
		if err := os.Chmod(full, 0o711); err != nil {
			return err
		}
	}
	return fs.WalkDir(sources, "rb", s.write)
}

func (s *Server) write(path string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	target := filepath.Join(s.dir, strings.TrimPrefix(path, "rb"))
	if d.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	text, err := sources.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

// Env is existing with what the agent needs: RUBYOPT, in which the user's own
// options are kept, PITWALL_AGENT and PITWALL_ALLOW.
func (s *Server) Env(existing []string) []string {
	env := make([]string, 0, len(existing)+3)
	opt := "-r" + filepath.Join(s.dir, "pitwall_agent")
	for _, e := range existing {
		name, value, _ := strings.Cut(e, "=")
		switch name {
		case "RUBYOPT":
			if value != "" {
				opt += " " + value
			}
		case "PITWALL_AGENT", "PITWALL_ALLOW":
		default:
			env = append(env, e)
		}
	}
	return append(env, "RUBYOPT="+opt, "PITWALL_AGENT="+s.socket, "PITWALL_ALLOW="+strings.Join(s.options.Allow, ","))
}

// Socket is the path that agents connect to.
func (s *Server) Socket() string { return s.socket }

// Log is a copy of what was received so far.
func (s *Server) Log() *request.Log { return s.log.copy() }

// OnOutgoing names a function to call for every refused connection that is
// reported from now on. It must not block.
func (s *Server) OnOutgoing(f func(request.Outgoing)) { s.log.onOutgoing(f) }

// On switches the hooks of all processes on, those that connect later
// included. It returns when all have acknowledged, or with a *NoAnswerError.
func (s *Server) On(ctx context.Context) error { return s.toggle(ctx, true) }

// Off switches the hooks off. Records of requests that had ended are in Log
// when it returns without error.
func (s *Server) Off(ctx context.Context) error { return s.toggle(ctx, false) }

func (s *Server) toggle(ctx context.Context, on bool) error {
	s.mu.Lock()
	s.on = on
	s.mu.Unlock()
	command := "off"
	if on {
		command = "on"
	}
	_, err := s.ask(ctx, s.live(), command, "")
	return err
}

// Close ends all connections, which silences the agents, and removes the
// socket and a directory that Listen made.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for c := range s.conns {
		c.close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.done.Wait()
	s.remove()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}

func (s *Server) remove() {
	if s.own != "" {
		os.RemoveAll(s.own)
	}
}
