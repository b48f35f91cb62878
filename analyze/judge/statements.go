package judge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/core/unit"
)

// group is one fingerprint from one line over a route's requests.
type group struct {
	fp     int
	line   string
	counts []float64 // uncached, for every request of the route, 0 where absent
	times  []float64 // seconds, likewise
	cached float64   // sum
	rows   float64   // sum over statements of known rows
	known  float64   // statements whose rows are known
}

// perRequest are the requests whose statements stand for a route: solo ones,
// or watched ones where fewer than three ran alone.
func (s *scene) perRequest(route string) []request.Request {
	if rs := s.solo[route]; len(rs) >= 3 {
		return rs
	}
	if rs := s.load[route]; len(rs) > len(s.solo[route]) {
		return rs
	}
	return s.solo[route]
}

// groups are a route's statements by fingerprint and line, those with the most
// time first.
func groups(rs []request.Request) []*group {
	type key struct {
		fp   int
		line string
	}
	byKey := map[key]*group{}
	var out []*group
	for i, r := range rs {
		for _, st := range r.Statements {
			k := key{st.Fingerprint, st.Line}
			g := byKey[k]
			if g == nil {
				g = &group{fp: st.Fingerprint, line: st.Line, counts: make([]float64, len(rs)), times: make([]float64, len(rs))}
				byKey[k] = g
				out = append(out, g)
			}
			n := max(0, st.Count-max(0, st.Cached))
			g.counts[i] += float64(n)
			g.times[i] += float64(max(0, st.Time)) / 1e9
			g.cached += float64(max(0, st.Cached))
			if st.Rows >= 0 && n > 0 {
				g.rows += float64(st.Rows)
				g.known += float64(n)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *group) int {
		return cmp.Or(cmp.Compare(sum(b.times), sum(a.times)), cmp.Compare(a.fp, b.fp), cmp.Compare(a.line, b.line))
	})
	return out
}

// count is how often the median request sends it.
func (g *group) count() float64 {
	c := slices.Sorted(slices.Values(g.counts))
	return c[(len(c)-1)/2]
}

// shownStatements is how many statements of a route a result keeps.
const shownStatements = 40

// statements are a route's statements per request, those with the most time
// first.
func (s *scene) statements(gs []*group, requests int) []lap.Statement {
	out := []lap.Statement{}
	n := float64(requests)
	for _, g := range gs[:min(len(gs), shownStatements)] {
		st := lap.Statement{SQL: s.sql(g.fp), Line: g.line, Count: (sum(g.counts) + g.cached) / n, Cached: g.cached / n, Total: sum(g.times) / n, Rows: -1, Plan: s.planText(g.fp)}
		if all := sum(g.counts); all > 0 {
			st.Mean = sum(g.times) / all
		}
		if g.known > 0 {
			st.Rows = g.rows / g.known
		}
		out = append(out, st)
	}
	return out
}

func (s *scene) sql(fp int) string {
	if fp < 0 || fp >= len(s.print) {
		return ""
	}
	return s.print[fp]
}

// selects says whether a fingerprint reads data: schema queries and
// transaction control do not count.
func (s *scene) selects(fp int) bool {
	sql := strings.ToUpper(strings.TrimLeft(s.sql(fp), " \t\n("))
	for strings.HasPrefix(sql, "/*") {
		_, rest, ok := strings.Cut(sql, "*/")
		if !ok {
			return false
		}
		sql = strings.TrimLeft(rest, " \t\n(")
	}
	if !strings.HasPrefix(sql, "SELECT") && !strings.HasPrefix(sql, "WITH") {
		return false
	}
	for _, schema := range []string{"PG_CATALOG", "PG_CLASS", "PG_ATTRIBUTE", "PG_TYPE", "INFORMATION_SCHEMA", "SQLITE_MASTER", "SCHEMA_MIGRATIONS"} {
		if strings.Contains(sql, schema) {
			return false
		}
	}
	return true
}

// bigTable is how many rows make a scan of a table worth naming, and
// selective which share of them at most a statement may want for an index to
// help.
const (
	bigTable  = 50_000
	selective = 0.10
)

// scan is the plan's sequential scan of a big table that throws most rows
// away; nil when it has none.
func (s *scene) scan(fp int) *request.Node {
	p, ok := s.plans[fp]
	if !ok {
		return nil
	}
	var worst *request.Node
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if !strings.Contains(n.Type, "Seq Scan") || n.Relation == "" || !(n.TableRows >= bigTable) || !(n.Rows >= 0) {
			continue
		}
		if math.IsInf(n.TableRows, 0) || n.Rows >= selective*n.TableRows {
			continue
		}
		if worst == nil || n.TableRows > worst.TableRows {
			worst = n
		}
	}
	return worst
}

// planText is the plan's most telling node: a sequential scan, else the
// costliest access to a table. Empty when there is no plan.
func (s *scene) planText(fp int) string {
	p, ok := s.plans[fp]
	if !ok {
		return ""
	}
	var best *request.Node
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Relation == "" {
			continue
		}
		if best == nil || (seq(n) && !seq(best)) || (seq(n) == seq(best) && n.Cost > best.Cost) {
			best = n
		}
	}
	switch {
	case best == nil:
		return ""
	case best.TableRows > 0 && !math.IsInf(best.TableRows, 0):
		return fmt.Sprintf("%s on %s (%s rows)", best.Type, best.Relation, unit.Count(best.TableRows))
	}
	return fmt.Sprintf("%s on %s", best.Type, best.Relation)
}

func seq(n *request.Node) bool { return strings.Contains(n.Type, "Seq Scan") }

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
