package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"pitwall/core/route"
)

func (c *checker) routes() {
	if len(c.spec.Routes) == 0 && (c.at["routes"] != nil || len(c.at) == 0) {
		c.problem("routes", "is empty: what should be asked?")
	}
	c.each("routes", c.spec.Routes)
	for i, r := range c.spec.Routes {
		if r.Session && c.spec.Session == nil {
			c.problem(fmt.Sprintf("routes[%d].session", i), "there is no session: with the steps of a login")
		}
	}
}

func (c *checker) session() {
	s := c.spec.Session
	if s == nil {
		return
	}
	if len(s.Steps) == 0 && (c.at["session.steps"] != nil || len(c.at) == 0) {
		c.problem("session.steps", "is empty")
	}
	c.each("session.steps", s.Steps)
	for i, r := range s.Steps {
		path := fmt.Sprintf("session.steps[%d]", i)
		if r.Session {
			c.problem(path+".session", "a step of the session has its cookies already")
		}
		if r.Weight != 0 {
			c.problem(path+".weight", "steps are done once each, in order")
		}
	}
}

// each checks the routes of one list; their names are unique in it.
func (c *checker) each(list string, routes []route.Route) {
	seen := map[string]bool{}
	for i, r := range routes {
		path := fmt.Sprintf("%s[%d]", list, i)
		if r.Name != "" && seen[r.Name] {
			c.problem(path+".name", "there is another route %q", r.Name)
		}
		seen[r.Name] = true
		c.route(path, r)
	}
}

func (c *checker) route(path string, r route.Route) {
	c.filled(path+".name", r.Name)
	if strings.ContainsAny(r.Name, "\n\r\t") {
		c.problem(path+".name", "is one line without tabs")
	}
	if r.Path != "" && !strings.HasPrefix(r.Path, "/") || r.Path == "" && c.at[path+".path"] != nil {
		c.problem(path+".path", `starts with "/", unlike %q`, r.Path)
	}
	if strings.ContainsAny(r.Path, " #\n\t") {
		c.problem(path+".path", "holds no spaces and no #: write %%20 and %%23")
	}
	c.above(path+".weight", r.Weight)
	c.method(path, r)
	c.params(path, r)
	c.expect(path+".expect", r.Expect)
}

var methods = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$`)

func (c *checker) method(path string, r route.Route) {
	if !methods.MatchString(r.Verb()) {
		c.problem(path+".method", "wants GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, not %q", r.Method)
		return
	}
	if r.JSON != "" && len(r.Form) > 0 {
		c.problem(path+".json", "either this or form")
	}
	if r.Verb() != "GET" && r.Verb() != "HEAD" {
		if r.CSRF != "" && !strings.HasPrefix(r.CSRF, "/") {
			c.problem(path+".csrf", `wants the path of the page with the token, which starts with "/"`)
		}
		return
	}
	for _, k := range []struct {
		key  string
		used bool
	}{{"form", len(r.Form) > 0}, {"json", r.JSON != ""}, {"csrf", r.CSRF != ""}} {
		if k.used {
			c.problem(path+"."+k.key, "%s carries none: name a method", r.Verb())
		}
	}
}

// params wants every placeholder to have a parameter, and the reverse.
func (c *checker) params(path string, r route.Route) {
	used := map[string]bool{}
	see := func(at, template string) {
		for _, name := range route.Parse(template).Names() {
			if _, ok := r.Params[name]; !ok && !used[name] {
				c.problem(at, "{%s} has no entry under params:", name)
			}
			used[name] = true
		}
	}
	see(path+".path", r.Path)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		see(path+".headers."+name, r.Headers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		see(path+".form."+name, r.Form[name])
	}
	see(path+".json", r.JSON)
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		at := path + ".params." + name
		if !used[name] {
			c.problem(at, "is not used: no {%s} in the path, headers, form or json", name)
		}
		c.param(at, r.Params[name])
	}
}

func (c *checker) param(path string, p route.Param) {
	n := 0
	for _, set := range []bool{p.Range != nil, p.Values != nil, p.Sequence != nil, p.Unique} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		c.problem(path, "wants one of range, values, sequence, unique")
	case p.Range != nil && (len(p.Range) != 2 || p.Range[0] > p.Range[1]):
		c.problem(path+".range", "wants [low, high]")
	case p.Values != nil && len(p.Values) == 0:
		c.problem(path+".values", "is empty")
	}
}

func (c *checker) expect(path string, e route.Expect) {
	for i, status := range e.Status {
		if status < 100 || status > 599 {
			c.problem(fmt.Sprintf("%s.status[%d]", path, i), "is no HTTP status")
		}
	}
	if e.MinBytes < 0 {
		c.problem(path+".min_bytes", "is below 0")
	}
}
