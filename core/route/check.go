package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Error is a route that cannot be asked, and which field is to blame.
type Error struct {
	Route string // its name, or its number ("route 3") when it has none
	Field string // "path", "params.id", "weight", ...
	Text  string
}

func (e *Error) Error() string { return e.Route + ": " + e.Field + ": " + e.Text }

// verbs are the methods of RFC 9110 and 5789 that make sense here.
func verbs() []string { return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} }

// Check says everything that is wrong with a list of routes: each an *Error,
// joined; nil when they can be asked.
func Check(routes []Route) error {
	var all []error
	seen := map[string]bool{}
	for i, r := range routes {
		if r.Name != "" && seen[r.Name] {
			all = append(all, &Error{r.label(i), "name", "is there twice; figures are kept by name"})
		}
		seen[r.Name] = true
		if r.Name == "" {
			all = append(all, &Error{r.label(i), "name", "is missing"})
		}
		all = append(all, r.check(i)...)
	}
	return errors.Join(all...)
}

// Check says everything that is wrong with one route by itself.
func (r Route) Check() error { return errors.Join(r.check(0)...) }

// label names a route in errors.
func (r Route) label(i int) string {
	if r.Name != "" {
		return r.Name
	}
	return fmt.Sprintf("route %d", i+1)
}

func (r Route) check(i int) []error {
	var all []error
	bad := func(field, format string, args ...any) {
		all = append(all, &Error{r.label(i), field, fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(verbs(), r.Verb()) {
		bad("method", "%q is none of %s", r.Method, strings.Join(verbs(), ", "))
	}
	r.checkPlace("path", r.Path, bad)
	if r.CSRF != "" {
		r.checkPlace("csrf", r.CSRF, bad)
	}
	if len(r.Form) > 0 && r.JSON != "" {
		bad("json", "a body is either form or json")
	}
	if r.Weight < 0 || r.Weight != r.Weight || r.Weight > 1e9 {
		bad("weight", "%v is not between 0 and 1e9", r.Weight)
	}
	for name, value := range r.Headers {
		checkHeader(name, value, bad)
	}
	for _, status := range r.Expect.Status {
		if status < 200 || status > 599 {
			bad("expect.status", "%d is not between 200 and 599", status)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		r.Params[name].check(name, bad)
	}
	for _, name := range r.names() {
		if _, ok := r.Params[name]; !ok {
			bad("params", "{%s} has no values: add it under params", name)
		}
	}
	return all
}

// names are all parameters that the route's templates use, each once.
func (r Route) names() []string {
	names := slices.Concat(Parse(r.Path).Names(), Parse(r.CSRF).Names(), Parse(r.JSON).Names())
	for _, value := range r.Form {
		names = append(names, Parse(value).Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkPlace looks at a path template.
func (r Route) checkPlace(field, path string, bad func(string, string, ...any)) {
	switch {
	case path == "":
		bad(field, "is missing")
	case path[0] != '/':
		bad(field, "%q does not begin with /", path)
	case strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }):
		bad(field, "%q holds a space, #, or what is not printable ASCII: write it %%-escaped", path)
	}
}

// checkHeader keeps a header from breaking out of its line.
func checkHeader(name, value string, bad func(string, string, ...any)) {
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ':' }) {
		bad("headers", "%q is not a header name", name)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		bad("headers."+name, "holds a line break")
	}
	switch strings.ToLower(name) {
	case "content-length", "transfer-encoding", "connection", "x-request-start", "x-request-id":
		bad("headers."+name, "is set by pitwall itself")
	}
}

// check says whether exactly one source of values is given and makes sense.
func (p Param) check(name string, bad func(string, string, ...any)) {
	field := "params." + name
	n := 0
	for _, set := range []bool{p.Range != nil, p.Values != nil, p.Sequence != nil, p.Unique} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		bad(field, "give exactly one of range, values, sequence and unique")
	case p.Range != nil && (len(p.Range) != 2 || p.Range[0] > p.Range[1]):
		bad(field, "range is [low, high]")
	case p.Values != nil && len(p.Values) == 0:
		bad(field, "values is empty")
	}
}
