package spec

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Check says what is wrong with a spec beyond its syntax: names that refer
// to nothing, values that cannot be. Load and Parse have done it already; a
// spec that was made in memory needs it. Empty means that all is well.
func Check(s *Spec) []Problem { return check(s, positions{}) }

// checker collects problems. at tells an explicit zero from an absent field
// where the spec came from a file.
type checker struct {
	spec     *Spec
	at       positions
	problems []Problem
}

func check(s *Spec, at positions) []Problem {
	c := &checker{spec: s, at: at}
	c.filled("app", s.App)
	c.tasks()
	c.units()
	c.web()
	c.routes()
	c.session()
	c.limits()
	c.hosts()
	return c.problems
}

func (c *checker) problem(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

// filled wants a text that is there but blank to hold something.
func (c *checker) filled(path, text string) {
	if strings.TrimSpace(text) == "" && (c.at[path] != nil || len(c.at) == 0) {
		c.problem(path, "is empty")
	}
}

var unitName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

func (c *checker) tasks() {
	seen := map[string]bool{}
	for i, t := range c.spec.Setup {
		path := fmt.Sprintf("setup[%d]", i)
		c.name(path, t.Name, seen)
		c.command(path+".command", t.Command)
		c.environment(path+".env", t.Env)
	}
}

func (c *checker) name(path, name string, seen map[string]bool) {
	switch {
	case name == "" && c.at[path+".name"] == nil && len(c.at) > 0:
		// missing: said already
	case !unitName.MatchString(name):
		c.problem(path+".name", "wants lower case letters, digits, - and _, not %q", name)
	case seen[name]:
		c.problem(path+".name", "there is another %q", name)
	}
	seen[name] = true
}

func (c *checker) command(path, command string) {
	if command == "" && c.at[path] == nil && len(c.at) > 0 {
		return
	}
	if _, err := Words(command); err != nil {
		c.problem(path, "%v", err)
	}
	c.references(path, command)
}

func (c *checker) environment(path string, env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !isName(name) {
			c.problem(join(path, name), "is no name of an environment variable")
		}
		c.references(join(path, name), env[name])
	}
}

// references wants "{port:NAME}" to name a unit with a port, and every other
// name in braces to be known.
func (c *checker) references(path, text string) {
	_, err := replaceReferences(text, func(name, argument string) (string, error) {
		if name == "run_dir" {
			return "", nil
		}
		for _, u := range slices.Concat(c.spec.Services, c.spec.Processes) {
			if u.Name == argument && u.Port != 0 {
				return "", nil
			}
		}
		return "", fmt.Errorf("{port:%s}: no service or process %q has a port", argument, argument)
	})
	if err != nil {
		c.problem(path, "%v", err)
	}
}

func (c *checker) units() {
	seen := map[string]bool{}
	fixed := map[Port]string{}
	each := func(list string, units []Unit) {
		for i, u := range units {
			path := fmt.Sprintf("%s[%d]", list, i)
			c.name(path, u.Name, seen)
			if other := fixed[u.Port]; u.Port > 0 && other != "" {
				c.problem(path+".port", "%s has port %d already", other, u.Port)
			}
			fixed[u.Port] = u.Name
			c.unit(path, u)
		}
	}
	each("services", c.spec.Services)
	each("processes", c.spec.Processes)
}

func (c *checker) unit(path string, u Unit) {
	c.command(path+".command", u.Command)
	c.environment(path+".env", u.Env)
	c.ready(path+".ready", u)
	if _, err := u.Stop.Number(); err != nil {
		c.problem(path+".stop.signal", "%v", err)
	}
	if u.Address != "" {
		c.references(path+".address", u.Address)
		c.address(path+".address", u.Address)
	}
}

func (c *checker) address(path, address string) {
	example, _ := replaceReferences(address, func(string, string) (string, error) { return "1", nil })
	u, err := url.Parse(example)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		c.problem(path, `wants an address such as "http://127.0.0.1:{port:web}", not %q`, address)
	}
}

func (c *checker) ready(path string, u Unit) {
	r := u.Ready
	var kinds []string
	for _, k := range []struct{ name, value string }{{"http", r.HTTP}, {"tcp", r.TCP}, {"unix", r.Unix}, {"log", r.Log}, {"command", r.Command}} {
		if k.value == "" {
			continue
		}
		kinds = append(kinds, k.name)
		if k.name != "log" {
			c.references(join(path, k.name), k.value)
		}
	}
	if len(kinds) > 1 {
		c.problem(path, "wants one of %s, not all of them", strings.Join(kinds, ", "))
	}
	switch {
	case r.HTTP == "":
	case strings.HasPrefix(r.HTTP, "/"):
		if u.URL() == "" {
			c.problem(path+".http", "a path needs the address or the port of %s", u.Name)
		}
	case !strings.HasPrefix(r.HTTP, "http://") && !strings.HasPrefix(r.HTTP, "https://"):
		c.problem(path+".http", `wants a path that starts with "/", or a URL, not %q`, r.HTTP)
	}
	if r.TCP != "" && !strings.Contains(strings.TrimPrefix(r.TCP, "{port:"), ":") {
		c.problem(path+".tcp", `wants "host:port", not %q`, r.TCP)
	}
	if _, err := regexp.Compile(r.Log); err != nil {
		c.problem(path+".log", "%v", err)
	}
	if r.Command != "" {
		c.command(path+".command", r.Command)
	}
}

// web wants exactly one process that serves requests.
func (c *checker) web() {
	if len(c.spec.Processes) == 0 {
		if c.at["processes"] != nil || len(c.at) == 0 {
			c.problem("processes", "is empty: one process serves the requests")
		}
		return
	}
	first := ""
	for i, u := range c.spec.Processes {
		if u.Address == "" {
			continue
		}
		if first != "" {
			c.problem(fmt.Sprintf("processes[%d].address", i), "%s has an address already: one process serves the requests", first)
		}
		first = u.Name
	}
	web := c.spec.Web()
	switch {
	case web == nil:
		c.problem("processes", `no process has an address or is named "web": which one serves the requests?`)
	case web.URL() == "":
		c.problem("processes", "%s has neither an address nor a port: where does it answer?", web.Name)
	}
}

func (c *checker) limits() {
	c.above("traffic.rate_per_s", c.spec.Traffic.RatePerS)
	c.above("lap.rate_per_s", c.spec.Lap.Rate)
	c.above("lap.share", c.spec.Lap.Share)
	if c.spec.Lap.Share > 1 {
		c.problem("lap.share", "is a share of what the app can do: above 0, at most 1")
	}
	if c.spec.Lap.Share != 0 && c.spec.Lap.Rate != 0 {
		c.problem("lap.rate_per_s", "either this or share")
	}
	if hz := c.spec.Lap.Sampler; hz != nil && (*hz < 0 || *hz > 1000) {
		c.problem("lap.sampler_hz", "wants 0 to 1000")
	}
}

// above wants a number that is given to be above zero.
func (c *checker) above(path string, v float64) {
	if v < 0 || v == 0 && c.at[path] != nil {
		c.problem(path, "wants a number above 0")
	}
}

func (c *checker) hosts() {
	for i, host := range c.spec.Allow {
		if host == "" || strings.ContainsAny(host, " \t\n/@") {
			c.problem(fmt.Sprintf("allow[%d]", i), "wants a host or host:port, not %q", host)
		}
	}
	for i, name := range c.spec.Disposable {
		c.filled(fmt.Sprintf("disposable[%d]", i), name)
	}
}
