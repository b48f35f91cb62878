package agent

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sort"
	"strings"
	"sync"
	"time"
)

// conn is the connection of one process. fps is used by its reader only,
// except under mu.
type conn struct {
	net     net.Conn
	id      identity // of the first line; later ones must agree
	process *Process // guarded by Server.mu

	mu      sync.Mutex
	fps     map[int]int // the process's fingerprint ids -> the log's
	pending map[int64]chan reply
	gone    bool
	drops   int64 // as last reported by the process
}

// reply is a process's answer to one command.
type reply struct {
	conn *conn
	body []byte
}

// NoAnswerError says which processes did not answer a command in time.
type NoAnswerError struct {
	Command string
	PIDs    []int
}

// Error names the command and the processes.
func (e *NoAnswerError) Error() string {
	return fmt.Sprintf("asking the Ruby agent to %s: no answer from %v", e.Command, e.PIDs)
}

const (
	maxLine     = 1 << 20
	maxHostile  = 1000 // unreadable lines until a connection is given up
	answerWait  = 5 * time.Second
	commandWait = time.Second
)

func (s *Server) accept() {
	for {
		n, err := s.listener.AcceptUnix()
		if err != nil {
			return
		}
		if !ours(n) {
			n.Close()
			continue
		}
		c := &conn{net: n, fps: map[int]int{}, pending: map[int64]chan reply{}}
		s.mu.Lock()
		full := s.closed || len(s.conns) >= maxConns
		if !full {
			s.conns[c] = true
		}
		s.mu.Unlock()
		if full {
			n.Close()
			s.log.lose(1)
			continue
		}
		s.done.Go(func() { s.serve(c) })
	}
}

// serve reads lines until the process goes away.
func (s *Server) serve(c *conn) {
	defer s.forget(c)
	in := bufio.NewReaderSize(c.net, 64<<10)
	for hostile := 0; hostile < maxHostile; {
		text, whole, err := readLine(in)
		if err != nil {
			return
		}
		if !whole || s.take(c, text) != nil {
			s.log.lose(1)
			hostile++
		}
	}
}

// readLine reads to the next newline. whole is false for a line that was too
// long, which is skipped.
func readLine(in *bufio.Reader) (text []byte, whole bool, err error) {
	whole = true
	for {
		part, err := in.ReadSlice('\n')
		if len(text)+len(part) > maxLine {
			text, whole = nil, false
		} else if whole {
			text = append(text, part...)
		}
		if err == nil {
			return text, whole, nil
		}
		if err != bufio.ErrBufferFull {
			return nil, false, err
		}
	}
}

func (s *Server) forget(c *conn) {
	c.close()
	c.mu.Lock()
	c.gone = true
	for seq, ch := range c.pending {
		delete(c.pending, seq)
		close(ch)
	}
	c.mu.Unlock()
	s.mu.Lock()
	delete(s.conns, c)
	if c.process != nil {
		c.process.Connected = s.held(c.process)
	}
	s.changed()
	s.mu.Unlock()
}

// held says whether another connection holds the process, as after a hot
// restart (exec keeps pid and start time); the caller holds s.mu.
func (s *Server) held(p *Process) bool {
	for c := range s.conns {
		if c.process == p {
			return true
		}
	}
	return false
}

func (c *conn) close() { c.net.Close() }

// live lists the connections that said hello, by PID.
func (s *Server) live() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*conn
	for c := range s.conns {
		if c.process != nil {
			list = append(list, c)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].process.PID < list[j].process.PID })
	return list
}

// send writes one command; ch gets the reply, or is closed if the process goes.
func (s *Server) send(c *conn, command, args string) (int64, chan reply) {
	s.mu.Lock()
	s.seq++
	seq := s.seq
	s.mu.Unlock()
	ch := make(chan reply, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		close(ch)
		return seq, ch
	}
	c.pending[seq] = ch
	c.net.SetWriteDeadline(time.Now().Add(commandWait))
	if _, err := fmt.Fprintf(c.net, "%s %d %s\n", command, seq, args); err != nil {
		delete(c.pending, seq)
		close(ch)
	}
	return seq, ch
}

// ask sends a command to all of conns and collects the replies. A process that
// ends meanwhile is no error; one that is silent is.
func (s *Server) ask(ctx context.Context, conns []*conn, command, args string) ([]reply, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, answerWait)
		defer cancel()
	}
	seqs, chans := make([]int64, len(conns)), make([]chan reply, len(conns))
	for i, c := range conns {
		seqs[i], chans[i] = s.send(c, command, strings.ReplaceAll(args, "\n", " "))
	}
	var replies []reply
	var silent []int
	for i, c := range conns {
		select {
		case r, ok := <-chans[i]:
			if ok {
				replies = append(replies, r)
			}
		case <-ctx.Done():
			c.mu.Lock()
			delete(c.pending, seqs[i])
			c.mu.Unlock()
			silent = append(silent, c.id.pid)
		}
	}
	if silent != nil {
		return replies, &NoAnswerError{Command: command, PIDs: silent}
	}
	return replies, nil
}

// answer hands a reply to who asked.
func (c *conn) answer(seq int64, body []byte) {
	c.mu.Lock()
	ch := c.pending[seq]
	delete(c.pending, seq)
	c.mu.Unlock()
	if ch != nil {
		ch <- reply{conn: c, body: append([]byte(nil), body...)}
	}
}
