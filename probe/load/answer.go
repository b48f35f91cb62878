package load

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"pitwall/core/route"
	"pitwall/probe/load/wire"
)

// The bounds on the answers that are kept.
const (
	excerpt     = 2 << 10
	perStatus   = 2 // answers of one status of one route
	most        = 500
	longestText = 512
)

// answer is an answer to a request of the driver's own.
type answer struct {
	route.Answer
	body  []byte
	found bool // what the route expects to be contained was
}

// newAnswer copies what is kept of a reply.
func newAnswer(name string, r *wire.Reply, service int64) route.Answer {
	return route.Answer{
		Route: name, Status: r.Status, Location: clip(r.Location), Type: clip(r.Kind), Bytes: r.Bytes,
		Excerpt: string(r.Body[:min(len(r.Body), excerpt)]), Service: service,
	}
}

func clip(b []byte) string { return string(b[:min(len(b), longestText)]) }

// Answers are a few answers of each route and status so far, in the order
// they came; it is never nil.
func (d *Driver) Answers() []route.Answer {
	d.samples.mu.Lock()
	defer d.samples.mu.Unlock()
	return append([]route.Answer{}, d.samples.kept...)
}

// samples keeps the first answers of each route and status.
type samples struct {
	seen []atomic.Int32 // by route and status
	mu   sync.Mutex
	kept []route.Answer
}

const statuses = 600

func newSamples(routes int) *samples { return &samples{seen: make([]atomic.Int32, routes*statuses)} }

// offer keeps a reply to p if there are few like it.
func (s *samples) offer(p *plan, r *wire.Reply, service int64) {
	seen := &s.seen[p.index*statuses+r.Status]
	if seen.Load() >= perStatus || seen.Add(1) > perStatus {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) < most {
		s.kept = append(s.kept, newAnswer(p.route.Name, r, service))
	}
}

// examine says what of an answer is not as expected, in the words of
// lap.Cell's errors; empty when it is good.
func examine(e *route.Expect, status int, kind []byte, length int64, found bool) string {
	switch {
	case len(e.Status) == 0 && (status < 200 || status > 299), len(e.Status) > 0 && !slices.Contains(e.Status, status):
		return "status"
	case len(kind) < len(e.ContentType) || !bytes.EqualFold(kind[:len(e.ContentType)], []byte(e.ContentType)):
		return "type"
	case length < e.MinBytes:
		return "size"
	case !found:
		return "content"
	}
	return ""
}
