// Package preflight judges, before and after a lap, whether what was measured
// is like production, and whether the machine was fit for measuring times.
package preflight

import (
	"cmp"
	"slices"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/run"
)

// Input is what is known before the first request.
type Input struct {
	Setup     lap.Setup // a missing fact is unknown: nothing is said of it
	Processes []lap.Process
	Machine   run.Machine
	Reading   run.Reading // before the app was started
}

// Check says what makes the app unlike production, and the machine unfit.
// The most severe findings come first; the slice is never nil.
func Check(in Input) []finding.Finding {
	found := []finding.Finding{}
	found = append(found, app(in)...)
	found = append(found, server(in)...)
	found = append(found, database(in)...)
	found = append(found, machine(in.Machine, in.Reading)...)
	return sorted(found)
}

// rank orders severities; smaller is worse.
func rank(s finding.Severity) int {
	return slices.Index([]finding.Severity{finding.Critical, finding.Warning, finding.Advice, finding.Note}, s)
}

func sorted(found []finding.Finding) []finding.Finding {
	slices.SortStableFunc(found, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// claim is the part of a finding that differs; the rest is never nil.
type claim struct {
	id       finding.ID
	severity finding.Severity
	subject  string
	title    string
	detail   string
	evidence string
	next     []string
}

func (c claim) finding() finding.Finding {
	f := finding.Finding{
		ID: c.id, Severity: c.severity, Subject: c.subject, Title: c.title, Detail: c.detail,
		Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{},
	}
	if c.evidence != "" {
		f.Evidence = append(f.Evidence, finding.Evidence{Text: c.evidence})
	}
	f.Next = append(f.Next, c.next...)
	return f
}
