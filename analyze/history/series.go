// Package history reads the record that benchmarks leave in an app's
// repository, one line a benchmark and run, and says at which commits a figure
// changed.
package history

import (
	"time"

	"pitwall/core/bench"
	"pitwall/core/stat"
)

// Schema is the version of Report's JSON.
const Schema = 1

// Report is what the record says. Slices are never nil.
type Report struct {
	Schema int      `json:"schema"`
	Series []Series `json:"series"`    // by file, benchmark and metric in order of trust; of several machines or Rubies the newest first
	Bad    []Bad    `json:"bad_lines"` // the first of them
	Wrong  int      `json:"bad"`       // lines that could not be used
	Lines  int      `json:"lines"`     // read, bad ones included
	Notes  []string `json:"notes"`     // what was left out, in words
}

// Series is one metric of one benchmark over commits, on one machine and one
// Ruby: another machine or Ruby begins another series.
type Series struct {
	File      string       `json:"file"`
	Benchmark string       `json:"benchmark"`
	Metric    bench.Metric `json:"metric"`
	Unit      string       `json:"unit"` // "s", "bytes", "1"
	Machine   string       `json:"machine"`
	CPU       string       `json:"cpu"`
	Ruby      string       `json:"ruby"`
	Points    []Point      `json:"points"` // in order of time
	Changes   []Change     `json:"change_points"`
	Begins    string       `json:"begins"` // why this series began, when another came before it: "another machine: ..."; else empty
	Text      string       `json:"text"`   // one line
	Notes     []string     `json:"notes"`
}

// Point is one run of the benchmark at one commit.
type Point struct {
	Time     time.Time     `json:"time"`
	Revision string        `json:"revision"`
	Run      string        `json:"run"`
	Value    stat.Estimate `json:"value"` // median of the processes' values
	Line     int           `json:"line"`  // of the record
}

// Change is a change point: the level before and after it differ.
type Change struct {
	At       int           `json:"at"`           // index of the first point with the new level
	Good     string        `json:"last_before"`  // revision of the last point with the old level
	Bad      string        `json:"first_after"`  // revision of the first point with the new level
	Time     time.Time     `json:"time"`         // of that point
	Earliest int           `json:"earliest"`     // with 95 %, the new level began at this point or later
	Latest   int           `json:"latest"`       // and at this one or earlier
	Ratio    stat.Estimate `json:"ratio"`        // new level over old
	P        float64       `json:"p"`            // of so large a change without one; 0 for a constant counter, which needs no statistics
	Verdict  stat.Verdict  `json:"verdict"`      // better or worse; undecided where the spread changed but not the level
	Counted  bool          `json:"counted"`      // a counter that is the same in each process
	Sure     bool          `json:"sure"`         // counted, or p is 0.005 at most: sure enough to stop a build that looks after each commit
	Points   int           `json:"points_since"` // points of the series from it on
	Text     string        `json:"text"`         // one sentence
}

// Bad is a line of the record that could not be used.
type Bad struct {
	File string `json:"file,omitempty"` // where a report is of several files
	Line int    `json:"line"`
	Why  string `json:"why"`
}
