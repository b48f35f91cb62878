package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func (c *benchChecker) benchRoute(path string, b Benchmark) {
	if b.Over != "" && b.Over != "rack" && b.Over != "socket" || b.Over == "" && c.at[path+".over"] != nil {
		c.problem(path+".over", "is rack (in process) or socket, not %q", b.Over)
	}
	for i, pattern := range b.Ignore {
		at := fmt.Sprintf("%s.ignore[%d]", path, i)
		if _, err := regexp.Compile(pattern); err != nil {
			c.problem(at, "%v", err)
		} else if pattern == "" {
			c.problem(at, "is empty")
		}
	}
	c.restore(path+".restore", b.Restore)
}

// restore is a command that puts back what units of a route or a job change.
func (c *benchChecker) restore(path, command string) {
	if command != "" || c.at[path] != nil {
		c.plainCommand(path, command)
	}
}

var className = regexp.MustCompile(`^(::)?[A-Z]\w*(::[A-Z]\w*)*$`)

func (c *benchChecker) job(path string, b Benchmark) {
	if !className.MatchString(b.Job) {
		c.problem(path+".job", `wants the name of a class ("ReceiptJob"), not %q`, b.Job)
	}
	c.rubyMethod(path+".method", b.Method)
	c.restore(path+".restore", b.Restore)
	if c.at[path+".arguments"] != nil && len(b.Arguments) == 0 {
		c.problem(path+".arguments", "is empty: one list a call; [[]] is a call without arguments")
	}
	d := b.Drain
	if d == nil {
		return
	}
	at := path + ".drain"
	c.within(at+".jobs", d.Jobs, 1, 1_000_000, true)
	c.within(at+".concurrency", d.Concurrency, 1, 1000, c.at[at+".concurrency"] != nil)
	if d.Redis != "" || c.at[at+".redis"] != nil {
		c.plainCommand(at+".redis", d.Redis)
	}
}

// within wants a number in its bounds; a zero that was not given means the
// default.
func (c *benchChecker) within(path string, n, low, high int, given bool) {
	if n == 0 && !given || n == 0 && c.at[path] == nil && len(c.at) > 0 {
		return
	}
	if n < low || n > high {
		c.problem(path, "wants %d to %d, not %d", low, high, n)
	}
}

func (c *benchChecker) benchCommand(path string, b Benchmark) {
	texts := []struct{ key, text string }{{"command", b.Command}, {"setup", b.Setup}, {"prepare", b.Prepare}, {"conclude", b.Conclude}, {"cleanup", b.Cleanup}}
	for _, t := range texts {
		at := path + "." + t.key
		if t.text == "" && c.at[at] == nil {
			continue
		}
		if b.Shell == "" || strings.TrimSpace(t.text) == "" {
			c.plainCommand(at, t.text)
		}
	}
	if b.Shell != "" || c.at[path+".shell"] != nil {
		c.plainCommand(path+".shell", b.Shell)
	}
	if c.at[path+".warm_up"] != nil || b.WarmUp < 0 {
		c.within(path+".warm_up", b.WarmUp, 0, 10_000, true)
	}
	for i, code := range b.Exit {
		c.within(fmt.Sprintf("%s.exit[%d]", path, i), code, 0, 255, true)
	}
	for _, t := range []struct{ key, text string }{{"input", b.Input}, {"dir", b.Dir}} {
		if at := path + "." + t.key; c.at[at] != nil {
			c.filled(at, t.text)
		}
		texts = append(texts, t)
	}
	used := map[string]bool{}
	for _, t := range texts {
		c.placeholders(path+"."+t.key, t.text, b.Parameters, used)
	}
	c.parameters(path+".parameters", b.Parameters, used)
}

// placeholder is a parameter in a command. A "$" before it makes it the
// shell's, a space behind the brace makes it text.
var placeholder = regexp.MustCompile(`\$?\{([a-z][a-z0-9_]*)\}`)

func (c *benchChecker) placeholders(path, text string, have map[string][]string, used map[string]bool) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if m[0][0] == '$' {
			continue
		}
		if _, ok := have[m[1]]; !ok && !used[m[1]] {
			c.problem(path, "{%s} has no entry under parameters:%s", m[1], didYouMean(m[1], slices.Sorted(maps.Keys(have))))
		}
		used[m[1]] = true
	}
}

// mostCombinations bounds what parameters multiply to.
const mostCombinations = 1000

func (c *benchChecker) parameters(path string, have map[string][]string, used map[string]bool) {
	n := 1
	for _, name := range slices.Sorted(maps.Keys(have)) {
		at := join(path, name)
		switch values := have[name]; {
		case !placeholder.MatchString("{" + name + "}"):
			c.problem(at, "wants lower case letters, digits and _, not %q", name)
		case !used[name]:
			c.problem(at, "is not used: no {%s} in the command", name)
		case len(values) == 0:
			c.problem(at, "has no values")
		}
		n = min(n*max(1, len(have[name])), mostCombinations+1)
	}
	if n > mostCombinations {
		c.problem(path, "make more than %d benchmarks", mostCombinations)
	}
}

// CheckRoutes wants every route that benchmarks name to be in their file or
// in app, which is nil when there is no pitwall.yml, and routes with a login
// to have one. What is wrong comes back as Errors with places in the
// benchmark file; nil when all is well.
func CheckRoutes(b *Bench, app *Spec) error {
	var found []Problem
	bad := func(path, format string, args ...any) {
		found = append(found, Problem{path, fmt.Sprintf(format, args...)})
	}
	var names []string
	session := false
	if app != nil {
		session = app.Session != nil
		for _, r := range app.Routes {
			names = append(names, r.Name)
		}
	}
	for i, r := range b.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		if slices.Contains(names, r.Name) {
			bad(path+".name", "%s has another route %q", FileName, r.Name)
		}
		if r.Session && !session {
			bad(path+".session", "there is no session: with the steps of a login in %s", FileName)
		}
	}
	for _, r := range b.Routes {
		names = append(names, r.Name)
	}
	for i, one := range b.Benchmarks {
		path := fmt.Sprintf("benchmarks[%d].route", i)
		switch {
		case one.Route == "" || slices.Contains(names, one.Route):
		case app == nil:
			bad(path, "no route %q in this file, and there is no %s", one.Route, FileName)
		default:
			bad(path, "no route %q in this file or in %s%s", one.Route, FileName, didYouMean(one.Route, names))
		}
	}
	if len(found) == 0 {
		return nil
	}
	if b.places == nil {
		return source{name: b.File}.errors(found, positions{})
	}
	return b.places.source.errors(found, b.places.at)
}
