// Package finding holds what Pitwall claims and why: each finding has a
// stable ID, evidence, an estimate with its interval, and the next command.
package finding

import "pitwall/core/stat"

// Severity orders findings for a reader; it is not a measure.
type Severity string

const (
	Critical Severity = "critical" // the figures beside it cannot be trusted, or it must be fixed first
	Warning  Severity = "warning"
	Advice   Severity = "advice"
	Note     Severity = "note"
)

// Finding is one claim.
type Finding struct {
	ID       ID             `json:"id"`
	Severity Severity       `json:"severity"`
	Subject  string         `json:"subject"`            // a route's name, "process", "machine", "app"
	Title    string         `json:"title"`              // one line, no full stop
	Detail   string         `json:"detail"`             // why it matters; plain text
	Evidence []Evidence     `json:"evidence"`           // never nil
	Estimate *stat.Estimate `json:"estimate,omitempty"` // what would be regained, or how big it is
	Caveats  []string       `json:"caveats"`            // never nil
	Next     []string       `json:"next"`               // commands to type; never nil
}

// Evidence points at what a claim rests on.
type Evidence struct {
	Text string `json:"text"`           // "51 statements a request from app/views/orders/_row.html.erb:4"
	Part string `json:"part,omitempty"` // name of the run part
	Line string `json:"line,omitempty"` // source line, "file:12"
}

// ID names a kind of finding for ever: "PW-SQL-NPLUSONE".
type ID string
