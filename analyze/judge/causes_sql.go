package judge

import (
	"fmt"
	"math"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// repeated is how often the median request must send a statement from one
// line before it is an N+1.
const repeated = 5

// nPlusOnes are the statements that one request sends again and again from
// one line. A preload is one statement, a loop over tables has a fingerprint
// for each, and what the query cache answers does not count.
func (s *scene) nPlusOnes(r *row, w work) []candidate {
	var out []candidate
	for _, g := range r.groups {
		if len(r.requests) == 0 || g.count() < repeated || !s.selects(g.fp) {
			continue
		}
		under, n := 0.0, 0
		if g.line != "" {
			under, n = s.cpuShareUnder(s.samplesOf(r.out.Name), g.line)
		}
		c := candidate{
			kind: lap.NPlusOne, id: NPlusOne, leads: true, least: partSeen,
			title:    fmt.Sprintf("N+1: %s statements a request from %s", unit.Count(g.count()), orUnknown(g.line)),
			detail:   "Each row that is shown asks the database once more. Loading all of them with one statement (preload or includes in Rails) leaves one.",
			regained: s.nPlusOneGain(g, r, w, under),
			evidence: []finding.Evidence{
				{Text: fmt.Sprintf("%s times a request, %s of SQL a request", unit.Count(g.count()), unit.Seconds(sum(g.times)/float64(len(r.requests)))), Part: "requests", Line: g.line},
				{Text: s.sql(g.fp), Part: "requests", Line: g.line},
			},
			caveats: []string{"the estimate takes (n-1)/n of the statements' time; one statement for all rows takes longer than one of them"},
			next:    []string{compareCommand},
		}
		if n > 0 {
			c.evidence = append(c.evidence, finding.Evidence{Text: fmt.Sprintf("%s of the route's CPU is under that line", unit.Percent(under)), Part: "profile", Line: g.line})
		} else {
			c.caveats = append(c.caveats, "the CPU that goes with the statements is not in the estimate: no samples")
		}
		out = append(out, c)
	}
	return out
}

// nPlusOneGain is what all but one of a group's statements take in a request:
// their SQL time, and the CPU under their line as far as samples show it. Over
// requests, with t.
func (s *scene) nPlusOneGain(g *group, r *row, w work, under float64) *stat.Estimate {
	values := make([]float64, 0, len(r.requests))
	for i := range r.requests {
		n := g.counts[i]
		if n < 1 {
			values = append(values, 0)
			continue
		}
		values = append(values, math.Min(w.wall, (g.times[i]+under*w.cpu)*(n-1)/n))
	}
	return bounded(stat.Mean(values, "s", level), w.wall)
}

// bounded keeps what would be regained between nothing and all of a time.
func bounded(e stat.Estimate, all float64) *stat.Estimate {
	e.Point = math.Max(0, math.Min(e.Point, all))
	e.Low = math.Max(0, math.Min(e.Low, e.Point))
	e.High = math.Max(e.Point, math.Min(e.High, all))
	return known(e)
}

func orUnknown(line string) string {
	if line == "" {
		return "an unknown line"
	}
	return line
}

// scans are statements that read through a big table for few rows.
func (s *scene) scans(r *row, w work) []candidate {
	var out []candidate
	for _, g := range r.groups {
		n := s.scan(g.fp)
		if n == nil || len(r.requests) == 0 {
			continue
		}
		useless := 1 - n.Rows/n.TableRows
		values := make([]float64, len(g.times))
		for i, t := range g.times {
			values[i] = t * useless
		}
		columns := strings.Join(n.Columns, ", ")
		if columns == "" {
			columns = "the filtered columns"
		}
		c := candidate{
			kind: lap.TableScan, id: Scan, leads: true,
			title:    fmt.Sprintf("No index on %s (%s): %s rows are read for about %s", n.Relation, columns, unit.Count(n.TableRows), unit.Count(n.Rows)),
			detail:   "The database reads the whole table for every request. An index on the filtered columns lets it read only what it returns.",
			regained: bounded(stat.Mean(values, "s", level), w.wall),
			evidence: []finding.Evidence{
				{Text: fmt.Sprintf("%s on %s, %s a request", n.Type, n.Relation, unit.Seconds(sum(g.times)/float64(len(r.requests)))), Part: "requests", Line: g.line},
				{Text: s.sql(g.fp), Part: "requests", Line: g.line},
			},
			caveats: []string{"the plan is the planner's, without the literals; the estimate takes the time as proportional to the rows read"},
			next:    append(createIndex(n), compareCommand),
		}
		out = append(out, c)
	}
	return out
}

// createIndex is the statement for a migration; none when the plan names no
// columns.
func createIndex(n *request.Node) []string {
	if len(n.Columns) == 0 {
		return nil
	}
	columns := make([]string, len(n.Columns))
	for i, c := range n.Columns {
		columns[i] = identifier(c)
	}
	return []string{fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s)", identifier(n.Relation), strings.Join(columns, ", "))}
}

// identifier quotes a name unless it is plain.
func identifier(name string) string {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '.' {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// slowSQL is the one statement that takes half of a route whose time is mostly
// SQL, where nothing above says why.
func (s *scene) slowSQL(r *row, w work, found []candidate) []candidate {
	if w.sql < dominating*w.wall || len(r.groups) == 0 || len(r.requests) == 0 || len(found) > 0 {
		return nil
	}
	g := r.groups[0]
	mean := sum(g.times) / float64(len(r.requests))
	if mean < 0.5*w.wall || mean < slowRoute {
		return nil
	}
	c := candidate{
		kind: lap.SlowSQL, id: SlowSQL, leads: true,
		title:    fmt.Sprintf("One statement takes %s of %s: %s", unit.Seconds(mean), unit.Seconds(w.wall), orUnknown(g.line)),
		detail:   "The database works on one statement for most of the request. Its plan says what it does.",
		regained: bounded(stat.Mean(g.times, "s", level), w.wall),
		evidence: []finding.Evidence{{Text: s.sql(g.fp), Part: "requests", Line: g.line}},
		caveats:  []string{"this is all of the statement's time: how much of it can go depends on what is asked"},
		next:     []string{compareCommand},
	}
	if plan := s.planText(g.fp); plan != "" {
		c.evidence = append(c.evidence, finding.Evidence{Text: plan, Part: "requests"})
	}
	return []candidate{c}
}
