// Package worker runs Ruby under measurement: one fresh ruby process that
// loads a subject (a block, a piece of code, a Rack app, a job) and calls it
// as often as it is told, batch by batch.
//
// The Ruby half is embedded, written to a private directory and started with
// the user's own command. It requires no library, so that it activates no gem
// before the app's bundle does. Commands go in and answers come out as lines
// of JSON over two descriptors of its own; standard input is empty, standard
// output and error stay the user's and their ends are kept.
package worker

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"time"
)

//go:embed rb/*.rb
var sources embed.FS

// Options says what to start.
type Options struct {
	Ruby   []string      // command with its options: "bundle", "exec", "ruby"; "ruby" when empty
	Dir    string        // where it runs
	Env    []string      // all of its environment
	Limit  time.Duration // for each command, such as one batch; DefaultLimit when 0
	Memory int64         // bytes of resident set that end it with a MemoryError; 0: no bound
}

// DefaultLimit is how long one command may take: loading an app takes long, a
// body that takes longer hangs.
const DefaultLimit = 60 * time.Second

// Hello is what a worker says of itself.
type Hello struct {
	PID     int    `json:"pid"`     // of Ruby itself, where a wrapper started it
	Ruby    string `json:"ruby"`    // "ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]"
	Engine  string `json:"engine"`  // "ruby", "jruby", "truffleruby"
	Version string `json:"version"` // of the language: "3.1.2"
	JIT     string `json:"jit"`     // "yjit", "rjit", "jvm"; empty: none
}

// Load names the subject.
type Load struct {
	Kind   string   `json:"kind"`   // "code", "block": a Ruby class of rb/KIND.rb
	Params any      `json:"params"` // what its setup takes
	GC     string   `json:"gc"`     // "natural" when empty, "between", "off"
	Allow  []string `json:"allow"`  // "sleep", "fork", "output", hosts
	Seed   uint64   `json:"seed"`   // of Kernel#rand
	Warm   bool     `json:"warm"`   // Process.warmup after setup, where there is one
}

// Loaded is what came of it.
type Loaded struct {
	Notes []string        `json:"notes"`
	Facts json.RawMessage `json:"facts"` // what the kind's setup returned; null when nothing
}

// Batch is what a number of calls took.
type Batch struct {
	Calls int64 `json:"calls"`
	Wall  int64 `json:"wall_ns"`
	CPU   int64 `json:"cpu_ns"` // all threads; -1 unknown
	GC    int64 `json:"gc_ns"`  // -1 unknown
	Minor int64 `json:"minor"`  // collections; -1 unknown
	Major int64 `json:"major"`  // -1 unknown
}

// Hello is what the worker said when it started.
func (w *Worker) Hello() Hello { return w.hello }

// Load sets the subject up. A setup that raises is a *RaisedError, text that
// is not Ruby a *SyntaxError.
func (w *Worker) Load(ctx context.Context, l Load) (Loaded, error) {
	var out Loaded
	err := w.ask(ctx, "setup", command{Do: "load", Load: &l}, &out)
	return out, err
}

// Batch calls the subject n times. Each call gets one of items, in turn, when
// the kind takes them; nil otherwise.
func (w *Worker) Batch(ctx context.Context, n int64, items any) (Batch, error) {
	var out Batch
	err := w.ask(ctx, "body", command{Do: "batch", N: n, Items: items}, &out)
	if err == nil && (out.Calls <= 0 || out.Wall <= 0) {
		err = &ProtocolError{"a batch of no calls or no time"}
	}
	return out, err
}

// Prime calls the subject one call at a time, until a JIT counts it as called
// often or the time is up. What it took is part of the warm-up.
func (w *Worker) Prime(ctx context.Context, times int64, limit time.Duration, items any) (Batch, error) {
	var out Batch
	err := w.ask(ctx, "body", command{Do: "prime", N: times, Budget: int64(limit), Items: items}, &out)
	return out, err
}

// Overhead is what one turn of the loop costs when the body is empty, in
// seconds; -1 when the kind has no loop of ours.
func (w *Worker) Overhead(ctx context.Context) (float64, error) {
	var out struct {
		Seconds float64 `json:"overhead_s"`
	}
	err := w.ask(ctx, "overhead", command{Do: "overhead"}, &out)
	return out.Seconds, err
}

// Ask sends a question of a kind's own: its method ask_NAME gets params and
// what it returns is stored in answer, which may be nil.
func (w *Worker) Ask(ctx context.Context, name string, params, answer any) error {
	return w.ask(ctx, name, command{Do: "ask", Name: name, Params: params}, answer)
}

// command is one line to the worker.
type command struct {
	Do     string `json:"do"`
	Load   *Load  `json:"load,omitempty"`
	N      int64  `json:"n,omitempty"`
	Looks  int    `json:"looks,omitempty"`
	Budget int64  `json:"budget_ns,omitempty"`
	Items  any    `json:"items,omitempty"`
	Name   string `json:"name,omitempty"`
	Params any    `json:"params,omitempty"`
}

// reply is one line from the worker.
type reply struct {
	OK    json.RawMessage `json:"ok"`
	Error *fault          `json:"error"`
}

var errGone = errors.New("the worker has ended")
