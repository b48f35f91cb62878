// Package arch keeps the architecture: which package belongs to which
// stratum, what a stratum may import, and how big things may grow. Its tests
// read the source of the whole module; each rule says what it found and why
// the rule is there.
package arch

// Stratum is a layer of the program. Probes collect, analyses judge, and
// they meet only in core values.
type Stratum string

const (
	Core    Stratum = "core"    // values and mathematics
	Analyze Stratum = "analyze" // pure functions from core values to core values
	Probe   Stratum = "probe"   // touches processes, sockets, kernels
	Drive   Stratum = "drive"   // where probes and analyses meet
	Store   Stratum = "store"   // runs on disk
	Web     Stratum = "web"     // handlers and pages
	CLI     Stratum = "cli"     // wiring and printing
	Tool    Stratum = "tool"    // helps the tests of any stratum; no part of the program
)

// Listed is one package with its place.
type Listed struct {
	Path    string // in the module
	Stratum Stratum
	Also    []string // packages it may import beyond its stratum's rule
	Because string   // why, when Also is not empty
}

// Packages lists every package of the module. One that is not here, and one
// here that is gone, fail the test: the list is the map.
func Packages() []Listed {
	return []Listed{
		{Path: "cmd/pitwall", Stratum: CLI},
		{Path: "internal/cli", Stratum: CLI},
		{Path: "internal/arch", Stratum: Tool},
		{Path: "internal/golden", Stratum: Tool},
		{Path: "internal/realtest", Stratum: Tool},

		{Path: "core/bench", Stratum: Core},
		{Path: "core/finding", Stratum: Core},
		{Path: "core/hist", Stratum: Core},
		{Path: "core/lap", Stratum: Core},
		{Path: "core/profile", Stratum: Core},
		{Path: "core/request", Stratum: Core},
		{Path: "core/route", Stratum: Core},
		{Path: "core/run", Stratum: Core},
		{Path: "core/series", Stratum: Core},
		{Path: "core/spec", Stratum: Core},
		{Path: "core/stat", Stratum: Core},
		{Path: "core/unit", Stratum: Core},

		{Path: "analyze/answer", Stratum: Analyze},
		{Path: "analyze/bench", Stratum: Analyze},
		{Path: "analyze/capacity", Stratum: Analyze},
		{Path: "analyze/change", Stratum: Analyze},
		{Path: "analyze/history", Stratum: Analyze, Also: []string{"analyze/change"}, Because: "a history is cut where its series change; both are pure"},
		{Path: "analyze/interchange", Stratum: Analyze},
		{Path: "analyze/judge", Stratum: Analyze, Also: []string{"analyze/bench", "analyze/capacity"}, Because: "a lap's result holds its capacity and its comparison; both are pure as well"},
		{Path: "analyze/noise", Stratum: Analyze},
		{Path: "analyze/preflight", Stratum: Analyze},
		{Path: "analyze/saturation", Stratum: Analyze},
		{Path: "analyze/scour", Stratum: Analyze},
		{Path: "analyze/sketch", Stratum: Analyze},
		{Path: "analyze/warmup", Stratum: Analyze, Also: []string{"analyze/change"}, Because: "warm-up ends at a change point; both are pure"},
		{Path: "analyze/worthless", Stratum: Analyze},

		{Path: "probe/clock", Stratum: Probe},
		{Path: "probe/exec", Stratum: Probe, Also: []string{"probe/clock", "probe/proc"}, Because: "times commands on the clock and finds what they leave running"},
		{Path: "probe/load", Stratum: Probe, Also: []string{"probe/clock", "probe/load/visit", "probe/load/wire"}, Because: "stamps its sends; the wire is its lower half, a visitor what it plays"},
		{Path: "probe/load/visit", Stratum: Probe},
		{Path: "probe/load/wire", Stratum: Probe},
		{Path: "probe/machine", Stratum: Probe, Also: []string{"probe/clock"}, Because: "its readings are on the clock"},
		{Path: "probe/proc", Stratum: Probe},
		{Path: "probe/ruby/agent", Stratum: Probe, Also: []string{"probe/proc"}, Because: "asks whose process connects"},
		{Path: "probe/ruby/layout", Stratum: Probe},
		{Path: "probe/ruby/spy", Stratum: Probe, Also: []string{"probe/clock", "probe/proc", "probe/ruby/layout"}, Because: "reads a process's memory through a layout, on the clock"},
		{Path: "probe/ruby/worker", Stratum: Probe, Also: []string{"probe/exec"}, Because: "starts and ends Ruby as any command, with all that it left running"},
		{Path: "probe/syscalls", Stratum: Probe, Also: []string{"probe/exec"}, Because: "starts and ends commands as it does"},
		{Path: "probe/watch", Stratum: Probe, Also: []string{"probe/clock", "probe/proc"}, Because: "reads processes on the clock"},

		{Path: "drive/bench", Stratum: Drive},
		{Path: "drive/boot", Stratum: Drive},
		{Path: "drive/lap", Stratum: Drive},
		{Path: "drive/pairs", Stratum: Drive},
		{Path: "drive/supervise", Stratum: Drive},

		{Path: "store", Stratum: Store},

		{Path: "web", Stratum: Web},

		{Path: "test/real", Stratum: Tool},
	}
}

// rule is what a stratum may import from the module.
type rule struct {
	strata []Stratum
	reason string
}

//pitwall:readonly
var rules = map[Stratum]rule{
	Core:    {[]Stratum{Core}, "core holds values that everything shares: it depends on nothing that uses them"},
	Analyze: {[]Stratum{Core}, "a judgement is worked out from stored values alone, so that it can be worked out again"},
	Probe:   {[]Stratum{Core}, "a probe collects and does not judge; it uses another probe only where this list says so"},
	Store:   {[]Stratum{Core}, "the store keeps values and knows nothing of who made them"},
	Drive:   {[]Stratum{Core, Analyze, Probe, Store, Drive}, "drive is where probes and analyses meet; it prints nothing"},
	Web:     {[]Stratum{Core, Analyze, Store, Drive, Web}, "pages show stored values; they touch no process"},
	CLI:     {[]Stratum{Core, Analyze, Probe, Store, Drive, Web, CLI}, "the command line wires everything"},
	Tool:    {[]Stratum{Tool}, "a tool of the tests serves all strata, so it depends on none"},
}

// pure lists what core and analyze must not import: they judge the same
// bytes alike on any machine.
//
//pitwall:readonly
var pure = []string{"net", "net/http", "os/exec", "os/signal", "syscall", "unsafe", "golang.org/x/sys/unix"}

// vague are names that say nothing of what a package is for.
//
//pitwall:readonly
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "base", "shared", "lib"}

// The budgets. Measured over admired code bases of this kind (golang.org/x/
// perf, pprof, cilium/ebpf, age), the 99th percentile of function lengths
// stays under 125 lines; ours is stricter.
const (
	longestFunction  = 120     // lines from "func" to "}"
	functionP99      = 80      // the 99th percentile stays below
	longestFile      = 500     // lines of code: neither blank nor comment
	longestMain      = 40      // lines of cmd/pitwall/main.go
	largestTestdata  = 1 << 20 // bytes a file
	largestTestdatas = 20 << 20
)
