// Package supervise starts an app's services and processes so that none of
// them outlives us. A hidden re-exec of pitwall is their parent: a child
// subreaper that holds a pipe to us. When the pipe closes, because we are
// done, were interrupted or were killed, it stops every unit in reverse order
// and then kills whatever descendant is left. Should the supervisor itself be
// killed, the kernel terminates the units, and Lost says so.
package supervise

import (
	"encoding/json"
	"time"
)

// Unit is one command to run in the foreground.
type Unit struct {
	Name        string        `json:"name"`
	Args        []string      `json:"args"` // program first; looked up in the unit's own PATH
	Dir         string        `json:"dir"`
	Env         []string      `json:"env"` // the whole environment
	Log         string        `json:"log"` // file that takes its output
	StopSignal  int           `json:"stop_signal"`
	StopTimeout time.Duration `json:"stop_timeout"`
}

// Exit says that a unit ended, or never started.
type Exit struct {
	Name   string `json:"name"`
	PID    int    `json:"pid"`
	Code   int    `json:"code"`   // -1 when a signal ended it
	Signal string `json:"signal"` // empty when none did
	Error  string `json:"error"`  // why it could not be started
}

// message is a line on the pipe, in either direction.
type message struct {
	Own     string `json:"own,omitempty"`     // to the supervisor: a directory to remove at the end
	Start   *Unit  `json:"start,omitempty"`   // to the supervisor
	Started *Exit  `json:"started,omitempty"` // name and pid, or the error
	Exited  *Exit  `json:"exited,omitempty"`
	Left    int    `json:"left,omitempty"` // descendants that had to be killed
	Fault   string `json:"fault,omitempty"`
}

func encode(m message) []byte {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers always marshal
		b = []byte(`{"fault":"message could not be encoded"}`)
	}
	return append(b, '\n')
}
