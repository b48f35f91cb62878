package worker

import (
	"fmt"
	"strings"
	"time"
)

// RefusedError is a body that did what a benchmark must not do unless it is
// allowed, or that cannot be measured.
type RefusedError struct {
	What  string // "the body sleeps", "the body connects to api.example:443"
	Where string // "benchmarks/export.yml:12"; empty when unknown
	Hint  string // what to type instead
}

func (e *RefusedError) Error() string { return place(e.Where) + e.What }

// Advice is the hint.
func (e *RefusedError) Advice() string { return e.Hint }

// RaisedError is an exception of the user's code.
type RaisedError struct {
	Stage     string   // "setup", "body", "teardown"
	Class     string   // "NoMethodError"
	Message   string   // bounded
	Where     string   // file:line; empty when unknown
	Backtrace []string // of the user's code, innermost first, bounded
}

func (e *RaisedError) Error() string {
	return fmt.Sprintf("%s%s raised %s: %s", place(e.Where), e.Stage, e.Class, e.Message)
}

// SyntaxError is code that does not parse.
type SyntaxError struct {
	Where   string // file:line
	Message string
}

func (e *SyntaxError) Error() string { return place(e.Where) + e.Message }

// HungError is a command that took longer than its limit. Its processes were
// killed.
type HungError struct {
	Stage string
	After time.Duration
	Tail  string // of standard error
}

func (e *HungError) Error() string {
	return fmt.Sprintf("%s did not end within %s: killed", e.Stage, e.After)
}

// Advice is how to give it longer.
func (e *HungError) Advice() string { return "if it takes so long by itself: --limit 5m" }

// DiedError is a worker that ended before it was told to.
type DiedError struct {
	Stage string
	How   string // "killed by SIGKILL", "exited with 1"
	Tail  string // of standard error
}

func (e *DiedError) Error() string {
	text := fmt.Sprintf("ruby was %s during %s", e.How, e.Stage)
	if strings.HasPrefix(e.How, "exited") {
		text = fmt.Sprintf("ruby %s during %s", e.How, e.Stage)
	}
	if e.Tail != "" {
		text += "; it said last:\n" + e.Tail
	}
	return text
}

// MissingError is a command that cannot be started.
type MissingError struct {
	Command string
	Err     error
}

func (e *MissingError) Error() string { return fmt.Sprintf("starting %q: %v", e.Command, e.Err) }
func (e *MissingError) Unwrap() error { return e.Err }

// MemoryError is a worker that grew beyond its bound, as one without garbage
// collection will.
type MemoryError struct {
	Used, Bound int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("memory grew to %d MiB, beyond the bound of %d MiB: killed", e.Used>>20, e.Bound>>20)
}

// ProtocolError is a worker that says what no worker says: the user's code
// wrote to our descriptor, or ours is wrong.
type ProtocolError struct{ What string }

func (e *ProtocolError) Error() string { return "unexpected answer of the worker: " + e.What }

// fault is an error as the worker tells it.
type fault struct {
	Kind      string   `json:"kind"` // refused, raised, syntax, protocol
	What      string   `json:"what"` // of refused
	Hint      string   `json:"hint"`
	Stage     string   `json:"stage"`
	Class     string   `json:"class"`
	Message   string   `json:"message"`
	Where     string   `json:"where"`
	Backtrace []string `json:"backtrace"`
}

func (f fault) error(stage string) error {
	if f.Stage != "" {
		stage = f.Stage
	}
	switch f.Kind {
	case "refused":
		return &RefusedError{What: f.What, Where: f.Where, Hint: f.Hint}
	case "syntax":
		return &SyntaxError{Where: f.Where, Message: f.Message}
	case "raised":
		return &RaisedError{Stage: stage, Class: f.Class, Message: f.Message, Where: f.Where, Backtrace: f.Backtrace}
	}
	return &ProtocolError{f.Message}
}

func place(where string) string {
	if where == "" {
		return ""
	}
	return where + ": "
}
