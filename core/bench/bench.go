// Package bench holds what a run of benchmarks measured and what may be said
// of it: units (fresh processes), benchmarks with their comparisons, the noise
// that an unchanged control arm showed, and a line of history.
package bench

// Schema is the version of Result's JSON.
const Schema = 1

// Role is what an arm is for.
type Role string

const (
	Old     Role = "old"     // what is compared against
	New     Role = "new"     // what is judged
	Control Role = "control" // the old one again: whatever differs is noise
)

// Arm is one version of a run.
type Arm struct {
	Name     string            `json:"name"` // "main", "this tree", "yjit", "MALLOC_ARENA_MAX=2"
	Role     Role              `json:"role"`
	Revision string            `json:"revision,omitempty"` // "+dirty" appended; empty outside git
	Ruby     string            `json:"ruby,omitempty"`     // "ruby 3.1.2p20 ... [x86_64-linux-gnu]"
	Env      map[string]string `json:"env,omitempty"`      // what this arm sets, values of secrets left out
}

// Again ends the name of a control arm: "main, again".
const Again = ", again"

// Metric names a measured quantity.
type Metric string

// Metrics in order of trust: what is counted, then CPU time, then wall time.
const (
	Objects      Metric = "objects"      // allocated in a call
	Bytes        Metric = "bytes"        // allocated by malloc in a call
	Statements   Metric = "statements"   // SQL, sent in a call
	Syscalls     Metric = "syscalls"     // in a call
	Instructions Metric = "instructions" // in a call
	CPU          Metric = "cpu"          // seconds of a call, all threads of the process
	Time         Metric = "time"         // seconds of a call
	Memory       Metric = "memory"       // bytes, largest resident set of the process
	Collections  Metric = "collections"  // garbage collections in a call
)

// Trait says how a metric is judged.
type Trait struct {
	Metric  Metric `json:"metric"`
	Unit    string `json:"unit"`    // "1", "s", "bytes"
	Counter bool   `json:"counter"` // the same each time the same code runs: judged without a margin
	Gates   bool   `json:"gates"`   // decides the exit code unless told otherwise
	Text    string `json:"text"`
}

// Traits are all metrics in order of trust.
func Traits() []Trait {
	return []Trait{
		{Statements, "1", true, true, "SQL statements a call"},
		{Objects, "1", true, true, "objects allocated a call"},
		{Bytes, "bytes", false, false, "bytes allocated by malloc a call"},
		{Syscalls, "1", true, false, "system calls a call"},
		{Instructions, "1", false, true, "instructions a call"},
		{CPU, "s", false, true, "CPU time a call"},
		{Time, "s", false, true, "time a call"},
		{Memory, "bytes", false, false, "largest resident memory"},
		{Collections, "1", false, false, "garbage collections a call"},
	}
}

// Counter says that a metric is counted, so that it holds also of a process
// that the machine disturbed. A metric that is not in Traits is none.
func (m Metric) Counter() bool {
	for _, t := range Traits() {
		if t.Metric == m {
			return t.Counter
		}
	}
	return false
}

// Kind is the subject of a benchmark.
type Kind string

const (
	Code    Kind = "code"
	Route   Kind = "route"
	Job     Kind = "job"
	Command Kind = "command"
)

// Because is why a benchmark exists: what was slow, where and when.
type Because struct {
	Source string  `json:"source" yaml:"source"`                   // "production log", "lap", a URL
	Date   string  `json:"date,omitempty" yaml:"date,omitempty"`   // 2026-11-23
	Share  float64 `json:"share,omitempty" yaml:"share,omitempty"` // of all server time then, 0 to 1; 0 unknown
	Text   string  `json:"text,omitempty" yaml:"text,omitempty"`
}
