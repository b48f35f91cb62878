package bench

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"pitwall/core/route"
)

// host is what every arm is told as its name: a port in it would show in
// addresses of the answers, and differ between arms.
const host = "localhost"

// request is one request, ready to be asked in process or over a socket.
type request struct {
	Method  string            `json:"method"`
	Target  string            `json:"target"` // path and query, escaped
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// String is "GET /orders?page=3".
func (q request) String() string { return q.Method + " " + q.Target }

// maker makes requests of one route. Its values are drawn anew for each.
type maker struct {
	route  route.Route
	path   route.Template
	csrf   route.Template
	json   route.Template
	form   []field
	values *route.Values
}

// field is one field of a form, its name escaped.
type field struct {
	name  string
	value route.Template
}

// newMaker prepares a route that is served under base; salt is for its unique
// parameters.
func newMaker(r route.Route, base, salt string) *maker {
	m := &maker{route: r, path: route.Parse(base + r.Path), csrf: route.Parse(base + r.CSRF), json: route.Parse(r.JSON),
		values: route.NewValues(r.Params, salt)}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		m.form = append(m.form, field{string(route.InURL(nil, name)), route.Parse(r.Form[name]).Escaped(route.InURL)})
	}
	return m
}

// draw chooses the values of one request.
func (m *maker) draw(random *rand.Rand) map[string]string {
	values := map[string]string{}
	m.values.Draw(random, values)
	return values
}

// page is the request for the page that holds the route's token.
func (m *maker) page(values map[string]string, v *visitor) request {
	return get(string(m.csrf.Append(nil, values, route.InURL)), v)
}

// get asks for a page.
func get(target string, v *visitor) request {
	q := request{Method: "GET", Target: target, Headers: map[string]string{"Host": host, "User-Agent": "pitwall", "Accept": "*/*"}}
	v.sign(&q)
	return q
}

// safe says whether the route's method asks for nothing to be changed.
func (m *maker) safe() bool {
	return slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, m.route.Verb())
}

// request is the route's request with these values, as this visitor sends it.
func (m *maker) request(values map[string]string, v *visitor) request {
	q := get(string(m.path.Append(nil, values, route.InURL)), v)
	q.Method = m.route.Verb()
	switch {
	case len(m.route.Form) > 0 || m.route.CSRF != "" && m.route.JSON == "" && !m.safe():
		q.set("Content-Type", "application/x-www-form-urlencoded")
		q.Body = m.formBody(values, v)
	case m.route.JSON != "":
		q.set("Content-Type", "application/json")
		q.Body = string(m.json.Append(nil, values, route.InJSON))
		fallthrough
	default:
		if v.token.Value != "" {
			q.set("X-CSRF-Token", v.token.Value)
		}
	}
	for name, value := range m.route.Headers {
		q.set(name, value)
	}
	return q
}

// set replaces a header, whatever the case of its name.
func (q *request) set(name, value string) {
	for old := range q.Headers {
		if strings.EqualFold(old, name) {
			delete(q.Headers, old)
		}
	}
	q.Headers[name] = value
}

func (m *maker) formBody(values map[string]string, v *visitor) string {
	var b []byte
	pair := func(name string) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(append(b, name...), '=')
	}
	if v.token.Value != "" {
		pair(string(route.InURL(nil, v.token.Param)))
		b = route.InURL(b, v.token.Value)
	}
	for _, f := range m.form {
		pair(f.name)
		b = f.value.Append(b, values, route.InURL)
	}
	return string(b)
}
