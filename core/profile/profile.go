// Package profile holds sampled stacks: frames, stacks as parent links, and
// samples that keep thread, state and time.
package profile

// FrameKind says what a frame is.
type FrameKind uint8

const (
	Ruby FrameKind = iota
	CFunc
	Block
	Eval
	Native
	Synthetic // "(garbage collection)" and the like
)

// Frame is one place in code. Line 0 means unknown.
type Frame struct {
	Name string    `json:"name"` // "Orders#index", "block in index", "PG::Connection#exec_params"
	File string    `json:"file"`
	Line int32     `json:"line"`
	Kind FrameKind `json:"kind"`
}

// State is what a thread was doing when it was sampled.
type State uint8

const (
	Unknown  State = iota
	Running        // holds the GVL
	Waiting        // waits for the GVL
	Blocked        // in IO or native code without the GVL
	Sleeping       // sleep, Queue#pop, ConditionVariable, join
	Locked         // waits for a Mutex
	GC             // holds the GVL and collects
	Idle           // a server thread between requests
	Dead
)

var stateNames = [...]string{"unknown", "running", "waiting for GVL", "blocked", "sleeping", "locked", "GC", "idle", "dead"}

// String is the state's name for people.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[0]
}

// NoStack marks a stack's missing parent, and a sample whose stack is lost.
const NoStack int32 = -1

// Stack is one call: a frame and the stack that called it.
type Stack struct {
	Parent int32 `json:"parent"` // index into Stacks, always smaller than its own; NoStack at the root
	Frame  int32 `json:"frame"`  // index into Frames
}

// Sample is one observation of one thread.
type Sample struct {
	Time   int64 // CLOCK_MONOTONIC, ns
	PID    int32
	TID    int32
	Stack  int32 // leaf, index into Stacks; NoStack when it could not be read
	State  State
	Route  int32 // index into Routes; -1 when unknown
	Weight int64 // ns of thread time that the sample stands for
}

// Profile is a set of samples with what was lost on the way.
type Profile struct {
	Clock    string           `json:"clock"`     // "wall", "cpu"
	Period   int64            `json:"period_ns"` // asked time between two samples
	Start    int64            `json:"start_ns"`
	End      int64            `json:"end_ns"`
	Routes   []string         `json:"routes"`
	Frames   []Frame          `json:"frames"`
	Stacks   []Stack          `json:"stacks"`
	Samples  []Sample         `json:"-"`
	Lost     map[string]int64 `json:"lost"`     // samples by cause: "late", "torn", "unreadable", "vanished"
	Repaired int64            `json:"repaired"` // samples cut to the part that two copies agreed on
	Notes    []string         `json:"notes"`    // "unverified layout 3.1.9"
}
