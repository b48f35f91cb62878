package bench

import "pitwall/core/run"

// Unit is what one fresh process said of one benchmark. Calls of one process
// share its memory layout and its luck, so the process is the statistical
// unit.
type Unit struct {
	Benchmark string             `json:"benchmark"`
	Arm       int                `json:"arm"`   // index of Result.Arms
	Round     int                `json:"round"` // from 0; a round has one unit of each arm
	Place     int                `json:"place"` // in the order in which units ran, from 0
	Start     int64              `json:"start_ns"`
	End       int64              `json:"end_ns"`
	Values    map[Metric]float64 `json:"values"` // a call, steady state only; absent: not measured
	Blocks    []Block            `json:"blocks"` // every timed batch in order, warm-up included; empty for counters only
	WarmUp    WarmUp             `json:"warm_up"`
	GC        GC                 `json:"gc"`
	Overhead  float64            `json:"overhead_s"`       // of the harness, a call; -1 unknown
	Digest    string             `json:"digest,omitempty"` // of what the calls returned; empty when not taken
	Pad       int                `json:"pad_bytes"`        // added to the environment to move the stack
	Ruby      string             `json:"ruby,omitempty"`
	Drift     run.Drift          `json:"drift"`               // of the machine meanwhile
	Discarded string             `json:"discarded,omitempty"` // why its times are not used; its whole round goes with it
	Notes     []string           `json:"notes,omitempty"`
}

// Value is the unit's value of a metric; false when it was not measured.
func (u Unit) Value(m Metric) (float64, bool) {
	v, ok := u.Values[m]
	return v, ok
}

// Block is one timed batch of calls.
type Block struct {
	Calls int64 `json:"calls"`
	Wall  int64 `json:"wall_ns"`
	CPU   int64 `json:"cpu_ns"` // of the process; -1 unknown
	GC    int64 `json:"gc_ns"`  // -1 unknown
}

// Class is how a process warmed up (Barrett et al. 2017, OOPSLA).
type Class string

const (
	Flat     Class = "flat"     // steady from the first block
	WarmedUp Class = "warm-up"  // became faster, then steady
	Slowdown Class = "slowdown" // became slower, then steady
	Unsteady Class = "no steady state"
	Unjudged Class = "not judged" // too few blocks to tell
)

// WarmUp is when a process was steady.
type WarmUp struct {
	Class  Class  `json:"class"`
	First  int    `json:"first"`                   // index of the first block of the steady state; all blocks count when unsteady
	Took   int64  `json:"took_ns"`                 // until then
	Points []int  `json:"change_points,omitempty"` // blocks at which the level changed
	Why    string `json:"why"`
}

// GC is what garbage collection did in the steady state. Unknown is -1.
type GC struct {
	Mode  string  `json:"mode"`       // "natural", "between", "off"
	Share float64 `json:"time_ratio"` // of CPU time
	Minor int64   `json:"minor"`
	Major int64   `json:"major"`
}
