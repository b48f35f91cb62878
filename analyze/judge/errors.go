package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// enoughErrors and errorShare are how many bad answers, and which part of
// all, are worth a finding.
const (
	enoughErrors = 3
	errorShare   = 0.01
)

// asked is how many requests of a route an error could have met: those that
// got no answer are not among its Requests.
func asked(o *lap.Route) int64 {
	total := o.Requests
	for kind, n := range o.ErrorKinds {
		switch kind {
		case "connect", "reset", "timeout", "short":
			total += n
		}
	}
	return max(total, o.Errors)
}

// scattered says that the app answers badly now and then on routes of which
// each has too few bad answers for a finding of its own: a lock that is not
// got, a pool that is empty.
func (s *scene) scattered(rows []*row) []finding.Finding {
	var bad, total int64
	kinds, raised := map[string]int64{}, map[string]int64{}
	var routes []string
	for _, r := range rows {
		total += asked(&r.out)
		if r.errors != nil || r.out.Errors <= 0 {
			continue
		}
		bad += r.out.Errors
		routes = append(routes, fmt.Sprintf("%s %d", r.out.Name, r.out.Errors))
		for kind, n := range r.out.ErrorKinds {
			kinds[kind] += n
		}
		for name, n := range s.raised(r.out.Name) {
			raised[name] += n
		}
	}
	if bad < enoughErrors || float64(bad) < errorShare*float64(total) {
		return nil
	}
	share := stat.Wilson(bad, total, level)
	f := finding.Finding{
		ID: RouteErrors, Severity: finding.Warning, Subject: "app",
		Title:    fmt.Sprintf("%d of %d answers are bad, mostly %s, on %d of %d routes", bad, total, errorWords(mostErrors(kinds)), len(routes), len(rows)),
		Detail:   "Each of these routes answers well most of the time; what they share fails now and then, a database or a pool more likely than a page.",
		Evidence: []finding.Evidence{{Text: fmt.Sprintf("%s of all requests [%s, %s]: %s", unit.Percent(share.Point), unit.Percent(share.Low), unit.Percent(share.High), strings.Join(routes, ", ")), Part: "cells"}},
		Estimate: &share, Caveats: []string{"exceptions are those of watched windows"},
		Next: []string{"look for them in the app's log: their request ids begin with pw-"},
	}
	for _, name := range slices.SortedFunc(maps.Keys(raised), func(a, b string) int { return cmp.Or(cmp.Compare(raised[b], raised[a]), cmp.Compare(a, b)) })[:min(3, len(raised))] {
		f.Evidence = append(f.Evidence, finding.Evidence{Text: fmt.Sprintf("%s, %d times", name, raised[name]), Part: "requests"})
	}
	return []finding.Finding{cleanFinding(f)}
}

// errorWords says a kind of core/lap's Cell.Errors.
func errorWords(kind string) string {
	switch kind {
	case "status":
		return "by their status"
	case "type":
		return "by their content type"
	case "size":
		return "too short"
	case "content":
		return "without the text they should hold"
	case "timeout":
		return "not there in time"
	case "connect", "reset", "short":
		return "lost with their connection"
	}
	return kind
}

// raised counts what the app raised in a route's requests of watched windows.
func (s *scene) raised(route string) map[string]int64 {
	counts := map[string]int64{}
	for _, q := range s.load[route] {
		if q.Error != "" {
			counts[q.Error]++
		}
	}
	return counts
}
