package spec

import (
	"pitwall/core/bench"
	"pitwall/core/route"
)

// Bench is a file of benchmarks, kept in the app's repository for years.
type Bench struct {
	App        string            `yaml:"app,omitempty"`     // path of pitwall.yml from this file; empty: the nearest above it
	Because    *bench.Because    `yaml:"because,omitempty"` // of every benchmark that has none of its own
	Prepare    []Task            `yaml:"prepare,omitempty"` // run once in each version's directory, before any timing
	Env        map[string]string `yaml:"env,omitempty"`
	Ruby       string            `yaml:"ruby,omitempty"`   // command of code and jobs: "bundle exec ruby", "jruby"; "ruby" when empty
	Margin     float64           `yaml:"margin,omitempty"` // 0.02 when absent
	Allow      []string          `yaml:"allow,omitempty"`  // "sleep", "fork", "output", or a host that a body may talk to
	Routes     []route.Route     `yaml:"routes,omitempty"` // beside those of pitwall.yml
	Benchmarks []Benchmark       `yaml:"benchmarks"`

	File string `yaml:"-"` // as it was given
	Dir  string `yaml:"-"` // of the file, absolute

	Notes []string `yaml:"-"` // what the file says that has no effect

	places *reading `yaml:"-"` // for errors of CheckRoutes; nil when made in memory
}

// Benchmark is one benchmark of a file. Exactly one of Code, Route, Job and
// Command is set.
type Benchmark struct {
	Name    string         `yaml:"name"`
	Because *bench.Because `yaml:"because,omitempty"`

	Code    string `yaml:"code,omitempty"`    // Ruby, the body that is timed; what it returns is checked between versions
	Route   string `yaml:"route,omitempty"`   // name of a route of this file or of pitwall.yml
	Job     string `yaml:"job,omitempty"`     // class of a Sidekiq or ActiveJob job
	Command string `yaml:"command,omitempty"` // split into words as a POSIX shell would; no shell runs it

	Against string            `yaml:"against,omitempty"` // another benchmark of this file, of the same kind, that is the old one
	Budgets []string          `yaml:"budgets,omitempty"` // "objects <= 120", "statements == 3", "p95 < 80ms"
	Allow   []string          `yaml:"allow,omitempty"`
	Env     map[string]string `yaml:"env,omitempty"`
	Margin  float64           `yaml:"margin,omitempty"`

	// Code.
	Setup    string `yaml:"setup,omitempty"`    // Ruby, once a process, before timing; for a command: a command, once a version
	Teardown string `yaml:"teardown,omitempty"` // Ruby, once a process
	Rails    bool   `yaml:"rails,omitempty"`    // load config/environment first; routes and jobs always do
	Method   string `yaml:"method,omitempty"`   // also of jobs: "Export#build_rows", looked up in the last lap's profile for its share

	// Routes.
	Over    string   `yaml:"over,omitempty"`    // "rack" in process (when empty), or "socket"
	Ignore  []string `yaml:"ignore,omitempty"`  // regular expressions taken out of bodies before they are matched
	Restore string   `yaml:"restore,omitempty"` // also of jobs: a command run between units that puts state back; in process a transaction does it

	// Jobs.
	Arguments [][]any `yaml:"arguments,omitempty"` // recorded; one list a call, in turn
	Drain     *Drain  `yaml:"drain,omitempty"`     // time a queue of jobs instead of one perform

	// Commands.
	Prepare    string              `yaml:"prepare,omitempty"`    // before each execution
	Conclude   string              `yaml:"conclude,omitempty"`   // after each execution
	Cleanup    string              `yaml:"cleanup,omitempty"`    // once, after all
	WarmUp     int                 `yaml:"warm_up,omitempty"`    // executions in a unit that are not timed
	Parameters map[string][]string `yaml:"parameters,omitempty"` // "{size}" in the command; every combination is a benchmark
	Exit       []int               `yaml:"exit,omitempty"`       // codes that are well; 0 when empty
	Shell      string              `yaml:"shell,omitempty"`      // "sh": run through it; its start-up is part of the time
	Input      string              `yaml:"input,omitempty"`      // file for standard input
	Dir        string              `yaml:"dir,omitempty"`

	// Where the text of Code, Setup and Teardown begins in the file, from 1,
	// so that Ruby's backtraces name the file and the right line; 0 when there
	// is none.
	CodeLine     int `yaml:"-"`
	SetupLine    int `yaml:"-"`
	TeardownLine int `yaml:"-"`

	Block int `yaml:"-"` // number of the report in a benchmark file in Ruby, from 1, then Code only describes it; 0: none
}

// Drain is a queue to be worked off.
type Drain struct {
	Jobs        int    `yaml:"jobs"`
	Concurrency int    `yaml:"concurrency,omitempty"` // 5 when absent
	Redis       string `yaml:"redis,omitempty"`       // command of a private server; "redis-server" when empty
}
