// Package lap holds one turn of the loop: the evidence that a lap collects
// and the result that is judged from it. A result can always be worked out
// again from the stored evidence.
package lap

import (
	"pitwall/core/finding"
	"pitwall/core/hist"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/route"
	"pitwall/core/run"
	"pitwall/core/series"
)

// Kind says what a window of time was for.
type Kind string

const (
	Warmup  Kind = "warmup"
	Solo    Kind = "solo"    // one request in flight, agent on: a route's own work
	Closed  Kind = "closed"  // closed loop: the highest throughput here
	Bare    Kind = "bare"    // open loop, no sampler, agent hooks off
	Watched Kind = "watched" // open loop, sampler and agent on
)

// Window is a stretch of a lap. Latency and verdicts come from bare windows
// only; stacks, SQL and GVL states from watched ones.
type Window struct {
	Index       int     `json:"index"`
	Kind        Kind    `json:"kind"`
	Start       int64   `json:"start_ns"` // CLOCK_MONOTONIC
	End         int64   `json:"end_ns"`
	Rate        float64 `json:"rate_per_s"`  // offered; 0 in a closed loop
	Connections int     `json:"connections"` // of a closed loop; 0 in an open one
}

// Cell is what the driver saw of one route in one block of time.
type Cell struct {
	Window   int              `json:"window"`
	Start    int64            `json:"start_ns"` // of the block
	Length   int64            `json:"length_ns"`
	Route    string           `json:"route"`
	Response *hist.Histogram  `json:"response"` // from the intended start; nil in a closed loop
	Service  *hist.Histogram  `json:"service"`  // from the real send
	Lag      *hist.Histogram  `json:"lag"`      // real send minus intended start; nil in a closed loop
	Offered  int64            `json:"offered"`
	Done     int64            `json:"done"` // complete answers, good or bad
	Good     int64            `json:"good"` // as the route expects
	Bytes    int64            `json:"bytes"`
	Status   map[int]int64    `json:"status"`
	Errors   map[string]int64 `json:"errors"` // by kind: "connect", "reset", "timeout", "short", "status", "type", "size", "unfinished"
}

// Process is one process of the app.
type Process struct {
	PID     int    `json:"pid"`
	Started int64  `json:"started"` // in clock ticks since boot: tells a reused pid
	Role    string `json:"role"`    // "web", "web worker 0", "jobs", or a service's name
	Command string `json:"command"`
	Ruby    string `json:"ruby"` // "3.1.7"; empty when it is not Ruby
}

// Setup is what the agent and /proc say of the app before the first request.
// A missing key is unknown, never false.
type Setup struct {
	Facts map[string]string `json:"facts"` // "rails.env", "rails.eager_load", "puma.workers", "allocator", "db.adapter", ...
	Hosts []Host            `json:"hosts"`
	Rows  map[string]int64  `json:"rows"` // table -> estimated rows
}

// Host is a machine that the app is set up to talk to.
type Host struct {
	Purpose string `json:"purpose"` // "database", "redis", "cache", "mail", "jobs"
	Address string `json:"address"` // host or socket path, without user or secret
	Local   bool   `json:"local"`   // loopback or a Unix socket
	Allowed bool   `json:"allowed"` // local, or under allow:
}

// Evidence is all that a lap collected.
type Evidence struct {
	App         string            `json:"app"`
	Routes      []route.Route     `json:"routes"`
	Windows     []Window          `json:"windows"`
	Cells       []Cell            `json:"cells"`
	Processes   []Process         `json:"processes"`
	Setup       Setup             `json:"setup"`
	Series      []series.Series   `json:"series"`
	Boot        []Stage           `json:"boot"`      // services and processes, time to ready
	WarmedNS    int64             `json:"warmed_ns"` // how long warm-up took; 0 when it never became steady
	Steady      bool              `json:"steady"`
	ArrivalPerS float64           `json:"arrival_per_s"` // traffic: of pitwall.yml; 0 when unknown
	Driver      Driver            `json:"driver"`
	Findings    []finding.Finding `json:"findings"` // of preflight, safety and boot
	Notes       []string          `json:"notes"`    // what went wrong in collecting

	Machine  run.Machine      `json:"machine"`
	Requests *request.Log     `json:"-"` // stored as a part of its own; nil without the agent
	Profile  *profile.Profile `json:"-"` // likewise; nil without the sampler
}

// Stage is one thing that was started, and how long until it was ready.
type Stage struct {
	Name  string `json:"name"`
	Ready int64  `json:"ready_ns"`
}

// Driver says what the load driver itself cost.
type Driver struct {
	CPUNS     int64  `json:"cpu_ns"`
	Requests  int64  `json:"requests"`
	SamplerNS int64  `json:"sampler_cpu_ns"`
	LagP99NS  int64  `json:"lag_p99_ns"`
	Invalid   string `json:"invalid"` // why the driver itself was the limit; empty when it was not
}
