package exec

import (
	"fmt"
	"slices"
	"time"
)

// CounterError says why instructions cannot be counted in a way.
type CounterError struct {
	How    How
	Why    string // a sentence
	Advice string // what would help; may be empty
	Err    error  // nil when no call failed
}

// Error is "counting instructions with HOW: WHY".
func (e *CounterError) Error() string {
	return fmt.Sprintf("counting instructions with %s: %s", e.How, e.Why)
}

// Unwrap is the cause.
func (e *CounterError) Unwrap() error { return e.Err }

func median(of []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(of))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
