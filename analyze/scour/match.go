package scour

import (
	"cmp"
	"slices"
	"strings"

	"pitwall/core/route"
)

// matcher finds the route that a request belongs to.
type matcher struct {
	routes []pattern // most literal first
}

type pattern struct {
	name    string
	method  string
	parts   []string // of the path, what stands before, between and behind its parameters
	literal int      // bytes of the path that are no parameter
	query   []string // keys that the request has to have
}

func newMatcher(routes []route.Route) matcher {
	var m matcher
	for _, r := range routes {
		m.routes = append(m.routes, newPattern(r))
	}
	slices.SortStableFunc(m.routes, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(b.literal, a.literal), cmp.Compare(len(b.query), len(a.query)))
	})
	return m
}

func newPattern(r route.Route) pattern {
	path, query, _ := strings.Cut(r.Path, "?")
	p := pattern{name: r.Name, method: r.Verb(), query: keys(query)}
	rest := trimSlash(path)
	for _, name := range route.Parse(rest).Names() {
		before, after, _ := strings.Cut(rest, "{"+name+"}")
		p.parts = append(p.parts, before)
		rest = after
	}
	p.parts = append(p.parts, rest)
	for _, part := range p.parts {
		p.literal += len(part)
	}
	return p
}

// longestPath bounds the search for a fit; servers refuse longer paths.
const longestPath = 4096

// fits says whether a path is made of the parts with at least one character,
// none of them a slash, between each two.
func fits(path string, parts []string) bool {
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for i := 1; i <= len(rest) && rest[i-1] != '/'; i++ {
		if fits(rest[i:], parts[1:]) {
			return true
		}
	}
	return false
}

// match is the name of the route that a request belongs to.
func (m matcher) match(method, target string) (string, bool) {
	target, _, _ = strings.Cut(target, "#")
	path, query, _ := strings.Cut(target, "?")
	path = trimSlash(path)
	var has []string
	for _, p := range m.routes {
		if p.method != method || len(path) > longestPath || !fits(path, p.parts) {
			continue
		}
		if len(p.query) > 0 && has == nil {
			has = keys(query)
		}
		if subset(p.query, has) {
			return p.name, true
		}
	}
	return "", false
}

// trimSlash drops the slash at a path's end, which most apps ignore.
func trimSlash(path string) string {
	if len(path) > 1 {
		return strings.TrimSuffix(path, "/")
	}
	return path
}

// keys are the names in a query, as they are written.
func keys(query string) []string {
	names := []string{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func subset(small, large []string) bool {
	for _, name := range small {
		if !slices.Contains(large, name) {
			return false
		}
	}
	return true
}
