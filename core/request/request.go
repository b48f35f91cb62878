// Package request holds what an app's own process says about the requests it
// served: the agent's records. Times are CLOCK_MONOTONIC nanoseconds of the
// host, the same clock that the load driver and the sampler use.
package request

import "strings"

// Request is one request as the app saw it.
type Request struct {
	PID        int         `json:"pid"`
	TID        int         `json:"tid"`    // native thread id as the kernel names it; 0 when the Ruby has none to give
	ID         string      `json:"id"`     // X-Request-Id
	Route      string      `json:"route"`  // pitwall's route name, when the driver sent it; else empty
	Action     string      `json:"action"` // "orders#index", or the job class; empty when nothing was dispatched
	Method     string      `json:"method,omitempty"`
	Status     int         `json:"status"`
	Start      int64       `json:"start_ns"` // first agent line
	End        int64       `json:"end_ns"`   // last agent line, after the body was built
	Queue      *int64      `json:"queue_ns"` // Start minus X-Request-Start; nil when unknown
	CPU        int64       `json:"cpu_ns"`   // of the thread; -1 when the platform gives none
	GC         int64       `json:"gc_ns"`    // GC time in the process meanwhile; -1 when unknown
	GCCount    int64       `json:"gc_count"`
	Objects    int64       `json:"objects"`         // allocated in the process meanwhile: clean only when Alone
	InFlight   int         `json:"in_flight"`       // highest number of requests in the process meanwhile, this one included
	View       int64       `json:"view_ns"`         // -1 when unknown
	Error      string      `json:"error,omitempty"` // exception class
	Statements []Statement `json:"sql"`             // never nil
}

// Statement is one SQL statement of a request, grouped by fingerprint and
// calling line.
type Statement struct {
	Fingerprint int    `json:"fp"`   // index into the log's Fingerprints
	Line        string `json:"line"` // "app/views/orders/_row.html.erb:4"; empty when unknown
	Count       int    `json:"n"`
	Cached      int    `json:"cached"` // of Count, answered by the query cache
	Time        int64  `json:"ns"`
	Rows        int64  `json:"rows"` // -1 when unknown
}

// Alone says whether nothing else ran in the process meanwhile, so that the
// process-wide counters (Objects, GC) belong to this request.
func (r Request) Alone() bool { return r.InFlight <= 1 }

// Log is the records of one run.
type Log struct {
	Fingerprints []string   `json:"fingerprints"` // statements without literals
	Requests     []Request  `json:"requests"`
	Plans        []Plan     `json:"plans"`
	Outgoing     []Outgoing `json:"outgoing"`
	Lost         int64      `json:"lost"`   // records that could not be read or came too fast
	Skewed       int64      `json:"skewed"` // requests whose X-Request-Start lay more than 1 ms in the future: no queue time
}

// Plan is what the database says it would do for one fingerprint (EXPLAIN
// without running it). It holds no literals.
type Plan struct {
	Fingerprint int    `json:"fp"`
	Nodes       []Node `json:"nodes"` // depth first
	Error       string `json:"error,omitempty"`
}

// Node is one step of a plan.
type Node struct {
	Depth     int      `json:"depth"`
	Type      string   `json:"type"` // "Seq Scan"
	Relation  string   `json:"relation,omitempty"`
	Index     string   `json:"index,omitempty"`
	Columns   []string `json:"columns,omitempty"` // columns in its filter or condition
	Rows      float64  `json:"rows"`              // estimated out
	TableRows float64  `json:"table_rows"`        // estimated in the relation; -1 when unknown
	Cost      float64  `json:"cost"`              // total, the planner's unit
}

// Outgoing is a connection that the app made to a host outside the allowed
// ones.
type Outgoing struct {
	PID     int    `json:"pid"`
	Time    int64  `json:"time_ns"`
	Host    string `json:"host"` // as the app named it, or the address
	Port    int    `json:"port"`
	Action  string `json:"action"` // what was running; empty when unknown
	Route   string `json:"route"`
	Line    string `json:"line"`
	Refused bool   `json:"refused"`
}

// Sent is how many statements of a request reached the database, as Rails
// counts them since 7.2: neither those that the query cache answered nor those
// that only open and close transactions. prints is the log's Fingerprints.
func (r Request) Sent(prints []string) (n int) {
	for _, s := range r.Statements {
		if s.Fingerprint >= 0 && s.Fingerprint < len(prints) && Transactional(prints[s.Fingerprint]) {
			continue
		}
		n += max(0, s.Count-s.Cached)
	}
	return n
}

// Transactional says whether a statement only opens or closes a transaction
// or a savepoint.
func Transactional(sql string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToUpper(strings.TrimSuffix(word, ";")) {
	case "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START":
		return true
	}
	return false
}
