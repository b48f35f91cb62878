// Package run says what was run, on what, with what: the provenance that
// every stored figure carries.
package run

import "time"

// Run is the header of one stored run.
type Run struct {
	ID       string            `json:"id"`      // UUIDv7
	Format   int               `json:"format"`  // of the store
	Command  string            `json:"command"` // "lap"
	Args     []string          `json:"args"`    // secrets dropped
	App      string            `json:"app"`     // identity from pitwall.yml
	Labels   map[string]string `json:"labels"`
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended"` // zero while open
	Status   Status            `json:"status"`
	Anchors  []Anchor          `json:"anchors"`
	Machine  Machine           `json:"machine"`
	Settings string            `json:"settings_digest"` // SHA-256 of what must be equal for two runs to compare
	Revision string            `json:"revision"`        // of the app's repository; "+dirty" appended; empty outside git
	Ruby     string            `json:"ruby"`
	Gems     map[string]string `json:"gems"` // name -> version of those that matter
	Env      map[string]string `json:"env"`  // from an allow-list
	Seed     uint64            `json:"seed"`
	Pitwall  string            `json:"pitwall"` // our version
	Parts    []Part            `json:"parts"`
	Dropped  []string          `json:"dropped"` // what a crash lost, in words
	Summary  string            `json:"summary"` // one line for lists
}

// Status of a run.
type Status string

const (
	Open     Status = "open"
	Complete Status = "complete"
	Partial  Status = "partial" // ended early, by Ctrl-C or a crash
	Failed   Status = "failed"
)

// Anchor ties the monotonic clock to the wall clock.
type Anchor struct {
	Monotonic int64     `json:"monotonic_ns"`
	Wall      time.Time `json:"wall"`
	BootID    string    `json:"boot_id"`
}

// Machine is what a figure depends on.
type Machine struct {
	Fingerprint string `json:"fingerprint"` // digest of the fields below that do not change by themselves
	Hostname    string `json:"hostname"`
	OS          string `json:"os"`
	Kernel      string `json:"kernel"`
	Arch        string `json:"arch"`
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"` // usable by us
	MemoryBytes int64  `json:"memory_bytes"`
	Container   string `json:"container"` // empty outside
}

// Part is one stored value: content-addressed, zstd.
type Part struct {
	Name   string `json:"name"` // "lap.json", "profile", "requests", "latency.hdr"
	Kind   string `json:"kind"` // media type of the content
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`         // uncompressed
	Ref    string `json:"ref,omitempty"` // outside file, when not ours
}
