// Package syscalls counts the system calls of a command with ptrace(2), in
// all of its processes and threads, as "strace -c -f" does, and notes those
// that say what a program does beside computing: connections, processes,
// output, sleeping. A traced program runs many times slower; its times are
// worthless and its counts are not.
package syscalls

import (
	"fmt"
	"time"

	"pitwall/probe/exec"
)

// Marks bound the regions of a program in which calls are counted apart: the
// program writes a text to a descriptor when a region begins and another when
// it ends. The two writes are in no region.
type Marks struct {
	FD    int
	Begin string // anywhere in the first 512 bytes of a write
	End   string
}

// Kind is what an event is.
type Kind string

const (
	Connect Kind = "connect" // Text: the address
	Fork    Kind = "fork"    // a process, not a thread; Text: its pid
	Exec    Kind = "exec"    // Text: the program
	Output  Kind = "output"  // written to descriptor 1; Text: how it begins
	Sleep   Kind = "sleep"   // a wait that its time-out ended; Text: the call
)

// Event is a call that says something of the program.
type Event struct {
	Kind  Kind
	PID   int // of the process
	Main  bool
	Text  string
	Bytes int64         // of an output, as asked for
	Took  time.Duration // of a sleep, from call to return
}

// Tally is what a program called.
type Tally struct {
	Calls   map[string]int64 // by name; "syscall_999" where the name is unknown
	Events  []Event          // in order; never nil
	Dropped int64            // events beyond the limit of 1000
}

// Total is the number of all calls.
func (t Tally) Total() int64 {
	n := int64(0)
	for _, c := range t.Calls {
		n += c
	}
	return n
}

// Counts is what was counted.
type Counts struct {
	Whole   Tally // of everything from the first exec on, exits included
	Regions []Tally
	Open    bool         // the last region never ended
	Peak    int64        // bytes, largest resident set of any process that exited by itself; -1 unknown
	Outcome exec.Outcome // how the command ended; its times are of the traced run
}

// UnsupportedError says why calls cannot be counted here: their number is
// unknown, not zero.
type UnsupportedError struct {
	Why string
	Err error
}

// Error is "counting system calls: WHY".
func (e *UnsupportedError) Error() string { return fmt.Sprintf("counting system calls: %s", e.Why) }

// Unwrap is the cause; nil where the platform cannot.
func (e *UnsupportedError) Unwrap() error { return e.Err }

const (
	mostEvents  = 1000 // of a tally
	mostRegions = 10_000
	mostText    = 256
)

func newTally() Tally { return Tally{Calls: map[string]int64{}, Events: []Event{}} }

func (t *Tally) note(e Event) {
	if len(t.Events) >= mostEvents {
		t.Dropped++
		return
	}
	t.Events = append(t.Events, e)
}
