package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"pitwall/core/bench"
)

// CheckBench says what is wrong with benchmarks beyond their syntax, as Check
// does for an app. LoadBench and ParseBench have done it already; benchmarks
// that were made in memory, as the Ruby form's are, need it. Empty means that
// all is well.
func CheckBench(b *Bench) []Problem { return checkBench(b, positions{}) }

// benchChecker checks a file of benchmarks with what it shares with
// pitwall.yml: commands, environments, routes.
type benchChecker struct {
	checker
	file *Bench
}

func checkBench(b *Bench, at positions) []Problem {
	c := &benchChecker{checker: checker{spec: &Spec{}, at: at}, file: b}
	c.because("because", b.Because)
	c.preparations()
	c.plainEnvironment("env", b.Env)
	if b.Ruby != "" || c.at["ruby"] != nil {
		c.plainCommand("ruby", b.Ruby)
	}
	c.margin("margin", b.Margin)
	c.allowed("allow", b.Allow)
	c.each("routes", b.Routes)
	c.benchmarks()
	return c.problems
}

func (c *benchChecker) because(path string, b *bench.Because) {
	if b == nil {
		return
	}
	c.filled(path+".source", b.Source)
	if _, err := time.Parse(time.DateOnly, b.Date); err != nil && (b.Date != "" || c.at[path+".date"] != nil) {
		c.problem(path+".date", "wants a date such as 2026-11-23, not %q", b.Date)
	}
	if b.Share < 0 || b.Share > 1 {
		c.problem(path+".share", "is a share of all server time: 0.3 is 30 %%, not %v", b.Share)
	}
}

// preparations run in the directory of a version: there is no start of the
// app, so that "{run_dir}" means nothing.
func (c *benchChecker) preparations() {
	seen := map[string]bool{}
	for i, t := range c.file.Prepare {
		path := fmt.Sprintf("prepare[%d]", i)
		c.name(path, t.Name, seen)
		if t.Command != "" || c.at[path+".command"] != nil || len(c.at) == 0 {
			c.plainCommand(path+".command", t.Command)
		}
		c.plainEnvironment(path+".env", t.Env)
	}
}

// margin wants a ratio: 0.02 is ±2 %.
func (c *benchChecker) margin(path string, v float64) {
	if v < 0 || v >= 1 || v == 0 && c.at[path] != nil {
		c.problem(path, "is a ratio above 0 and below 1 (0.02 is ±2 %%), not %v", v)
	}
}

// permitted are the words that allow: knows beside hosts.
func permitted() []string { return []string{"sleep", "fork", "output"} }

// allowed wants each entry to be a permitted word or a host.
func (c *benchChecker) allowed(path string, list []string) {
	for i, word := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch near := nearest(word, permitted()); {
		case slices.Contains(permitted(), word):
		case near != "":
			c.problem(at, "did you mean %s?", near)
		case word == "" || strings.ContainsAny(word, " \t\n/@"):
			c.problem(at, "wants %s, or a host, not %q", strings.Join(permitted(), ", "), word)
		}
	}
}

// plainCommand checks a command in which braces mean nothing.
func (c *benchChecker) plainCommand(path, command string) {
	if _, err := Words(command); err != nil {
		c.problem(path, "%v", err)
	}
}

func (c *benchChecker) plainEnvironment(path string, env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !isName(name) {
			c.problem(join(path, name), "is no name of an environment variable")
		}
	}
}

// mostBenchmarks bounds a file: at a second each, a thousand take a day of
// pairs.
const mostBenchmarks = 1000

func (c *benchChecker) benchmarks() {
	list := c.file.Benchmarks
	if len(list) == 0 && (c.at["benchmarks"] != nil || len(c.at) == 0) {
		c.problem("benchmarks", "is empty: what should be measured?")
	}
	if len(list) > mostBenchmarks {
		c.problem("benchmarks", "are %d: more than %d in one file", len(list), mostBenchmarks)
		return
	}
	byName := map[string]int{}
	for i, b := range list {
		path := fmt.Sprintf("benchmarks[%d]", i)
		c.benchName(path+".name", b.Name)
		if _, twice := byName[b.Name]; twice && b.Name != "" {
			c.problem(path+".name", "there is another benchmark %q", b.Name)
		} else {
			byName[b.Name] = i
		}
		c.benchmark(path, b)
	}
	c.against(byName)
}

func (c *benchChecker) benchName(path, name string) {
	c.filled(path, name)
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		c.problem(path, "is one line without tabs")
	}
	if len(name) > 200 {
		c.problem(path, "is longer than 200 bytes")
	}
}

// benchmark checks what all kinds have, then what belongs to its own.
func (c *benchChecker) benchmark(path string, b Benchmark) {
	c.because(path+".because", b.Because)
	c.margin(path+".margin", b.Margin)
	c.allowed(path+".allow", b.Allow)
	c.plainEnvironment(path+".env", b.Env)
	kind, ok := c.kind(path, b)
	if !ok {
		return
	}
	c.strangers(path, kind)
	c.budgets(path+".budgets", kind, b.Budgets)
	switch kind {
	case bench.Code:
		c.rubyMethod(path+".method", b.Method)
	case bench.Route:
		c.benchRoute(path, b)
	case bench.Job:
		c.job(path, b)
	case bench.Command:
		c.benchCommand(path, b)
	}
}

// kind wants exactly one subject.
func (c *benchChecker) kind(path string, b Benchmark) (bench.Kind, bool) {
	var given []string
	for _, k := range []struct {
		kind  bench.Kind
		value string
	}{{bench.Code, b.Code}, {bench.Route, b.Route}, {bench.Job, b.Job}, {bench.Command, b.Command}} {
		at := join(path, string(k.kind))
		if k.kind == bench.Code && b.Block > 0 {
			k.value = "a block of Ruby"
		}
		if k.value == "" && c.at[at] == nil {
			continue
		}
		given = append(given, string(k.kind))
		if strings.TrimSpace(k.value) == "" {
			c.problem(at, "is empty")
			return "", false
		}
	}
	switch len(given) {
	case 1:
		return bench.Kind(given[0]), true
	case 0:
		c.problem(path, "wants one of code, route, job, command")
	default:
		c.problem(path+"."+given[1], "beside %s: a benchmark has one of code, route, job, command", given[0])
	}
	return "", false
}

// homes says of each key that not every kind has, which do.
func homes() map[string][]bench.Kind {
	homes := map[string][]bench.Kind{
		"setup":    {bench.Code, bench.Command},
		"teardown": {bench.Code},
		"rails":    {bench.Code},
		"method":   {bench.Code, bench.Job},
		"restore":  {bench.Route, bench.Job},
	}
	for kind, keys := range map[bench.Kind]string{
		bench.Route:   "over ignore",
		bench.Job:     "arguments drain",
		bench.Command: "prepare conclude cleanup warm_up parameters exit shell input dir",
	} {
		for _, key := range strings.Fields(keys) {
			homes[key] = []bench.Kind{kind}
		}
	}
	return homes
}

// strangers wants no key that means nothing to this kind.
func (c *benchChecker) strangers(path string, kind bench.Kind) {
	all := homes()
	for _, key := range sortedKeys(all) {
		if slices.Contains(all[key], kind) || c.at[join(path, key)] == nil {
			continue
		}
		var kinds []string
		for _, k := range all[key] {
			kinds = append(kinds, string(k))
		}
		why := ""
		switch {
		case key == "rails":
			why = "; a " + string(kind) + " loads the app by itself"
			if kind == bench.Command {
				why = ""
			}
		case key == "teardown" && kind == bench.Command:
			why = "; a command has cleanup"
		}
		c.problem(join(path, key), "belongs to benchmarks with %s, and this one has %s%s", strings.Join(kinds, " or "), kind, why)
	}
}

func sortedKeys(m map[string][]bench.Kind) []string { return slices.Sorted(maps.Keys(m)) }

func (c *benchChecker) budgets(path string, kind bench.Kind, list []string) {
	for i, text := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		b, err := ParseBudget(text)
		if err != nil {
			c.problem(at, "%v", err)
			continue
		}
		inside := []bench.Metric{bench.Objects, bench.Bytes, bench.Statements, bench.Collections}
		if kind == bench.Command && slices.Contains(inside, b.Metric) {
			c.problem(at, "%s are counted inside Ruby, and a command is measured from outside", b.Metric)
		}
	}
}

// against wants the other benchmark of a comparison to be there, of the same
// kind, and no ring of them.
func (c *benchChecker) against(byName map[string]int) {
	list := c.file.Benchmarks
	for i, b := range list {
		path := fmt.Sprintf("benchmarks[%d].against", i)
		if b.Against == "" {
			if c.at[path] != nil {
				c.problem(path, "is empty")
			}
			continue
		}
		other, ok := byName[b.Against]
		switch {
		case !ok:
			c.problem(path, "there is no benchmark %q%s", b.Against, didYouMean(b.Against, slices.Sorted(maps.Keys(byName))))
		case b.Against == b.Name:
			c.problem(path, "a benchmark is not compared with itself: every run has a control that does that")
		case list[other].Kind() != b.Kind() && list[other].Kind() != "" && b.Kind() != "":
			c.problem(path, "%q is a %s and this is a %s: only the same kind compares", b.Against, list[other].Kind(), b.Kind())
		case c.ring(i, byName):
			c.problem(path, "leads back to %q: which is the old one?", b.Name)
		}
	}
}

// ring says whether a chain of against: comes back to where it starts.
func (c *benchChecker) ring(from int, byName map[string]int) bool {
	list := c.file.Benchmarks
	at := from
	for range list {
		next, ok := byName[list[at].Against]
		if !ok {
			return false
		}
		if next == from {
			return true
		}
		at = next
	}
	return false
}

func didYouMean(word string, names []string) string {
	if near := nearest(word, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

var methodName = regexp.MustCompile(`^(::)?[A-Z]\w*(::[A-Z]\w*)*[#.][^\s#.]+$`)

func (c *benchChecker) rubyMethod(path, name string) {
	if name != "" && !methodName.MatchString(name) {
		c.problem(path, `wants a method as profiles name it ("Export#build_rows", "Export.run"), not %q`, name)
	}
}
