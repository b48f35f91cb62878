package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A line of the protocol is
//
//	pw1 PID START KIND JSON
//
// with pw1 for version 1, START in clock ticks after boot, and KIND one of the
// letters below.
const magic = "pw1"

const (
	kindHello       = 'h'
	kindFingerprint = 'f'
	kindRequest     = 'r'
	kindOutgoing    = 'o'
	kindAnswer      = 'a'
	kindDrops       = 'd'
	kindFault       = 'e'
)

// line is one line, split but not yet decoded.
type line struct {
	id   identity
	kind byte
	body []byte
}

var errLine = errors.New("not a line of the agent's protocol")

// parseLine splits one line, with or without its newline. body aliases text.
func parseLine(text []byte) (line, error) {
	parts := bytes.SplitN(bytes.TrimRight(text, "\r\n"), []byte(" "), 5)
	if len(parts) != 5 || string(parts[0]) != magic || len(parts[3]) != 1 {
		return line{}, errLine
	}
	pid, err := strconv.ParseInt(string(parts[1]), 10, 32)
	if err != nil || pid <= 0 {
		return line{}, errLine
	}
	start, err := strconv.ParseInt(string(parts[2]), 10, 64)
	if err != nil || start < 0 {
		return line{}, errLine
	}
	return line{id: identity{pid: int(pid), start: start}, kind: parts[3][0], body: parts[4]}, nil
}

type hello struct {
	Role string `json:"role"`
	Ruby string `json:"ruby"`
	Root string `json:"root"`
}

func (h hello) role() Role {
	switch r := Role(h.Role); r {
	case Web, Master, Jobs:
		return r
	}
	return Helper
}

type fingerprint struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
}

type requestLine struct {
	ID       string      `json:"id"`
	TID      int         `json:"t"`
	Method   string      `json:"m"`
	Status   int         `json:"s"`
	Start    int64       `json:"b"`
	End      int64       `json:"e"`
	Wall     int64       `json:"w"`  // ns since 1970 at Start
	Sent     string      `json:"x"`  // X-Request-Start as it came
	BodyWait float64     `json:"bw"` // puma.request_body_wait, ms
	CPU      int64       `json:"c"`
	GC       int64       `json:"g"`
	GCCount  int64       `json:"gn"`
	Objects  int64       `json:"o"`
	InFlight int         `json:"f"`
	View     int64       `json:"v"`
	Action   string      `json:"a"`
	Error    string      `json:"er"`
	SQL      []statement `json:"q"`
	Lost     int64       `json:"lo"` // statements beyond the process's bound
}

// statement is [fingerprint, line, count, cached, ns, rows].
type statement struct {
	fp, count, cached int
	line              string
	ns, rows          int64
}

// UnmarshalJSON reads the array form.
func (s *statement) UnmarshalJSON(text []byte) error {
	parts := []any{&s.fp, &s.line, &s.count, &s.cached, &s.ns, &s.rows}
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) != 6 || s.count < 1 || s.cached < 0 || s.cached > s.count || s.ns < 0 || s.rows < -1 {
		return errLine
	}
	return nil
}

type outgoing struct {
	Time   int64  `json:"b"`
	Host   string `json:"h"`
	Port   int    `json:"p"`
	Action string `json:"a"`
	ID     string `json:"id"`
	Line   string `json:"l"`
}

type answer struct {
	Seq  int64           `json:"seq"`
	Body json.RawMessage `json:"body"`
}

type count struct {
	N int64 `json:"n"` // since the process connected
}

type fault struct {
	N    int64  `json:"n"` // since the process connected
	What string `json:"what"`
}

const (
	maxStatements = 2000
	maxText       = 4096
	maxName       = 256
)

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "?")
}

// take acts on one line of c. An error means that the line was not understood.
func (s *Server) take(c *conn, text []byte) error {
	l, err := parseLine(text)
	if err != nil {
		return err
	}
	if c.id == (identity{}) {
		c.id = l.id
	}
	if c.id != l.id {
		return fmt.Errorf("line of process %d from process %d: %w", l.id.pid, c.id.pid, errLine)
	}
	switch l.kind {
	case kindHello:
		return s.takeHello(c, l.body)
	case kindFingerprint:
		return s.takeFingerprint(c, l.body)
	case kindRequest:
		return s.takeRequest(c, l.body)
	case kindOutgoing:
		return s.takeOutgoing(c, l.body)
	case kindAnswer:
		var a answer
		if err := json.Unmarshal(l.body, &a); err != nil {
			return err
		}
		c.answer(a.Seq, a.Body)
		return nil
	case kindDrops:
		return s.takeDrops(c, l.body)
	case kindFault:
		return s.takeFault(c, l.body)
	}
	return errLine
}

func (s *Server) takeHello(c *conn, body []byte) error {
	var h hello
	if err := json.Unmarshal(body, &h); err != nil {
		return err
	}
	s.greet(c, h)
	s.mu.Lock()
	on := s.on
	s.mu.Unlock()
	if on {
		s.send(c, "on", "")
	}
	return nil
}

func (s *Server) takeFingerprint(c *conn, body []byte) error {
	var f fingerprint
	if err := json.Unmarshal(body, &f); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.ID < 0 || len(c.fps) >= maxFingerprints || f.Text == "" {
		return errLine
	}
	c.fps[f.ID] = s.log.fingerprint(clip(f.Text, maxText))
	return nil
}

func (s *Server) takeRequest(c *conn, body []byte) error {
	var r requestLine
	if err := json.Unmarshal(body, &r); err != nil {
		return err
	}
	if r.Start <= 0 || r.End < r.Start || r.InFlight < 1 || len(r.SQL) > maxStatements || r.TID < 0 || r.Lost < 0 {
		return errLine
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range r.SQL {
		id, ok := c.fps[r.SQL[i].fp]
		if !ok {
			return errLine
		}
		r.SQL[i].fp = id
	}
	s.log.request(c.id.pid, r)
	return nil
}

func (s *Server) takeOutgoing(c *conn, body []byte) error {
	var o outgoing
	if err := json.Unmarshal(body, &o); err != nil {
		return err
	}
	if o.Host == "" || o.Port < 0 || o.Port > 65535 {
		return errLine
	}
	s.log.outgoing(c.id.pid, o)
	return nil
}

func (s *Server) takeDrops(c *conn, body []byte) error {
	var d count
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	if d.N < c.drops {
		return errLine
	}
	s.log.lose(d.N - c.drops)
	c.drops = d.N
	return nil
}

func (s *Server) takeFault(c *conn, body []byte) error {
	var f fault
	if err := json.Unmarshal(body, &f); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.process == nil || f.N < 0 {
		return errLine
	}
	c.process.Faults = f.N
	if c.process.Fault == "" {
		c.process.Fault = clip(f.What, maxName)
	}
	return nil
}
