package pairs

import (
	"context"

	core "pitwall/core/bench"
)

// Turn asks for one unit.
type Turn struct {
	Arm   int    // index of the run's arms
	Round int    // from 0
	Place int    // in the order of all units, from 0
	Seed  uint64 // of what the unit draws: the same for all arms of a round
	Pad   int    // bytes to add to the environment, to move the stack
}

// Subject is something that can be measured in fresh processes: a block of
// Ruby, a route, a job, a command, a whole app.
type Subject interface {
	// Measure runs one unit of one arm in a fresh process and waits for its
	// end. It fills in Values, Blocks, WarmUp, GC, Overhead, Digest, Pad, Ruby
	// and Notes; the loop adds the rest. A cancelled context ends the process.
	Measure(ctx context.Context, t Turn) (core.Unit, error)
}
