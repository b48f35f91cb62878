package bench

import (
	"pitwall/core/run"
	"pitwall/core/stat"
)

// Result is what a run of benchmarks says. Slices are never nil.
type Result struct {
	Schema     int          `json:"schema"`
	Run        run.Run      `json:"run"`
	Arms       []Arm        `json:"arms"`
	Seed       uint64       `json:"seed"`
	Margin     float64      `json:"margin_ratio"`
	GC         string       `json:"gc"`
	Benchmarks []Benchmark  `json:"benchmarks"`
	Partial    string       `json:"partial"` // why it ended early; empty when whole
	Doubts     []string     `json:"doubts"`  // what spoils this machine, what was left out
	Verdict    stat.Verdict `json:"verdict"` // of the gate: the worst of its benchmarks; empty without arms to compare
	Text       string       `json:"text"`    // one line
}

// Benchmark is one benchmark of a run.
type Benchmark struct {
	Name    string      `json:"name"`
	Kind    Kind        `json:"kind"`
	File    string      `json:"file"`
	Because *Because    `json:"because"`
	Changes []Change    `json:"changes"` // one for each new arm; empty without one
	Figures []Figure    `json:"figures"` // of each arm but the control
	Noise   []Noise     `json:"noise"`   // by metric, from the control arm
	WarmUps []Warmed    `json:"warm_up"` // by arm
	GC      []Collected `json:"gc"`      // by arm, over its units
	Budgets []Budget    `json:"budgets"`
	Macro   string      `json:"macro,omitempty"` // what the change is worth to the route
	Units   []Unit      `json:"units"`
	Rounds  int         `json:"rounds"`            // judged
	Refused string      `json:"refused,omitempty"` // why there is no verdict at all
	Hint    string      `json:"hint,omitempty"`    // what to do about that
	Notes   []string    `json:"notes"`
}

// Change is what a new arm did to a benchmark.
type Change struct {
	Arm         int               `json:"arm"`
	Comparisons []stat.Comparison `json:"comparisons"` // by metric, in order of trust
	Verdict     stat.Verdict      `json:"verdict"`
	Text        string            `json:"text"`
	Confirmed   *Confirmation     `json:"confirmed"`      // nil when there was nothing to confirm
	Stopped     string            `json:"stopped"`        // why measuring ended
	Weak        string            `json:"weak,omitempty"` // why the evidence is weaker than a paired run
}

// Confirmation is a suspicion put to fresh processes.
type Confirmation struct {
	Metric Metric        `json:"metric"`
	Rounds int           `json:"rounds"`
	Ratio  stat.Estimate `json:"ratio"`
	Held   bool          `json:"held"`
}

// Figure is a metric of an arm, over its units.
type Figure struct {
	Arm      int           `json:"arm"`
	Metric   Metric        `json:"metric"`
	Estimate stat.Estimate `json:"estimate"`
}

// Noise is what the control arm showed for a metric: the old version against
// itself.
type Noise struct {
	Metric   Metric        `json:"metric"`
	Ratio    stat.Estimate `json:"ratio"`          // control over old
	Spread   float64       `json:"spread_ratio"`   // standard deviation of the log ratio of a pair
	Smallest float64       `json:"smallest_ratio"` // change that this many rounds find with 80 % power: 0.03 is ±3 %; 0 unknown
	Alarm    bool          `json:"alarm"`          // the control itself was called changed: distrust this metric here
}

// Collected is what garbage collection did in an arm's processes together.
type Collected struct {
	Arm int `json:"arm"`
	GC
}

// Warmed counts the classes of an arm's processes.
type Warmed struct {
	Arm     int           `json:"arm"`
	Classes map[Class]int `json:"classes"`
	Took    float64       `json:"took_s"` // median until steady; -1 when none was
}

// Budget is an assertion of the file.
type Budget struct {
	Text  string        `json:"text"`  // "objects <= 120"
	Value stat.Estimate `json:"value"` // N 0 when it was not measured
	Holds stat.Verdict  `json:"holds"` // same: held; worse: broken; undecided
	Why   string        `json:"why"`
}
