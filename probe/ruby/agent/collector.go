package agent

import (
	"slices"
	"sync"

	"pitwall/core/request"
)

const (
	maxFingerprints = 20_000
	maxOutgoing     = 10_000
	maxStrings      = 100_000
	defaultRequests = 1_000_000
)

// collector puts the records of all processes into one log, in the order in
// which they came.
type collector struct {
	options Options

	mu      sync.Mutex
	log     request.Log
	ids     map[string]int    // fingerprint -> index into log.Fingerprints
	strings map[string]string // the one copy of each action and line
	notify  func(request.Outgoing)
}

func newCollector(options Options) *collector {
	if options.MaxRequests <= 0 {
		options.MaxRequests = defaultRequests
	}
	c := &collector{options: options, ids: map[string]int{}, strings: map[string]string{}}
	c.log = request.Log{Fingerprints: []string{}, Requests: []request.Request{}, Plans: []request.Plan{}, Outgoing: []request.Outgoing{}}
	return c
}

func (c *collector) copy() *request.Log {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.log
	l.Fingerprints = slices.Clone(l.Fingerprints)
	l.Requests = slices.Clone(l.Requests) // their statements are never changed
	l.Plans = slices.Clone(l.Plans)
	l.Outgoing = slices.Clone(l.Outgoing)
	return &l
}

func (c *collector) lose(n int64) {
	c.mu.Lock()
	c.log.Lost += n
	c.mu.Unlock()
}

func (c *collector) onOutgoing(f func(request.Outgoing)) {
	c.mu.Lock()
	c.notify = f
	c.mu.Unlock()
}

// overflow stands for all statements beyond maxFingerprints.
const overflow = "(further statements)"

// fingerprint is the index of text in the log, equal for equal texts.
func (c *collector) fingerprint(text string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.ids[text]; !ok && len(c.ids) >= maxFingerprints {
		text = overflow
	}
	id, ok := c.ids[text]
	if !ok {
		id = len(c.log.Fingerprints)
		c.ids[text] = id
		c.log.Fingerprints = append(c.log.Fingerprints, text)
	}
	return id
}

// one is the shared copy of s; the caller holds mu.
func (c *collector) one(s string, n int) string {
	if t, ok := c.strings[s]; ok {
		return t
	}
	t := clip(s, n)
	if len(c.strings) < maxStrings {
		c.strings[t] = t
	}
	return t
}

func (c *collector) route(id string) string {
	if c.options.Route == nil || id == "" {
		return ""
	}
	return c.options.Route(id)
}

func (c *collector) request(pid int, l requestLine) {
	id := clip(l.ID, maxName)
	route := c.route(id)
	wait, skewed := queueTime(l.Wall, l.Sent, l.BodyWait)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log.Lost += l.Lost
	if skewed {
		c.log.Skewed++
	}
	if len(c.log.Requests) >= c.options.MaxRequests {
		c.log.Lost++
		return
	}
	r := request.Request{
		PID: pid, TID: l.TID, ID: id, Route: route, Action: c.one(l.Action, maxName), Method: c.one(l.Method, 32), Status: l.Status,
		Start: l.Start, End: l.End, Queue: wait, CPU: atLeast(l.CPU), GC: atLeast(l.GC), GCCount: atLeast(l.GCCount),
		Objects: atLeast(l.Objects), InFlight: l.InFlight, View: atLeast(l.View), Error: c.one(l.Error, maxName),
		Statements: make([]request.Statement, 0, len(l.SQL)),
	}
	for _, s := range l.SQL {
		r.Statements = append(r.Statements, request.Statement{
			Fingerprint: s.fp, Line: c.one(s.line, maxText), Count: s.count, Cached: s.cached, Time: s.ns, Rows: s.rows})
	}
	c.log.Requests = append(c.log.Requests, r)
}

// atLeast turns what cannot be into "unknown".
func atLeast(n int64) int64 { return max(n, -1) }

func (c *collector) outgoing(pid int, l outgoing) {
	route := c.route(clip(l.ID, maxName))
	c.mu.Lock()
	o := request.Outgoing{
		PID: pid, Time: l.Time, Host: c.one(l.Host, maxName), Port: l.Port, Action: c.one(l.Action, maxName),
		Route: route, Line: c.one(l.Line, maxText), Refused: true,
	}
	notify := c.notify
	if len(c.log.Outgoing) < maxOutgoing {
		c.log.Outgoing = append(c.log.Outgoing, o)
	} else {
		c.log.Lost++
	}
	c.mu.Unlock()
	if notify != nil {
		notify(o)
	}
}
