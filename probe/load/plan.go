package load

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pitwall/core/route"
	"pitwall/probe/load/visit"
	"pitwall/probe/load/wire"
)

// plan is a route made ready to be written many times.
type plan struct {
	route  route.Route
	index  int    // in Config.Routes, or Own
	verb   string // "GET "
	path   route.Template
	csrf   route.Template
	fixed  string // " HTTP/1.1" and the headers that never change
	form   []field
	json   route.Template
	kind   bodyKind
	values *route.Values
	drawn  bool // has parameters
	safe   bool // may be sent again when a kept connection turns out closed
	want   wire.Want

	refused atomic.Int64 // tokens so far
}

type bodyKind int

const (
	noBody bodyKind = iota
	formBody
	jsonBody
)

// field is one field of a form, its name escaped.
type field struct {
	name  string
	value route.Template
}

// newPlan prepares a route; salt is for its unique parameters.
func newPlan(r route.Route, index int, t target, salt string) *plan {
	p := &plan{
		route: r, index: index, verb: r.Verb() + " ",
		path: route.Parse(t.base + r.Path), csrf: route.Parse(t.base + r.CSRF),
		json: route.Parse(r.JSON), values: route.NewValues(r.Params, salt), drawn: len(r.Params) > 0,
		safe: slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, r.Verb()),
		want: wire.Want{Head: r.Verb() == "HEAD", Contains: []byte(r.Expect.Contains)},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		p.form = append(p.form, field{string(route.InURL(nil, name)), route.Parse(r.Form[name]).Escaped(route.InURL)})
	}
	switch {
	case len(r.Form) > 0:
		p.kind = formBody
	case r.JSON != "":
		p.kind = jsonBody
	case r.CSRF != "" && !p.safe:
		p.kind = formBody // the token alone
	}
	p.fixed = fixedHeaders(r, t, p.kind)
	return p
}

// fixedHeaders are the headers that are the same for every request.
func fixedHeaders(r route.Route, t target, kind bodyKind) string {
	headers := map[string]string{"host": t.host, "user-agent": "pitwall", "accept": "*/*"}
	names := map[string]string{"host": "Host", "user-agent": "User-Agent", "accept": "Accept"}
	if t.close {
		headers["connection"], names["connection"] = "close", "Connection"
	}
	switch kind {
	case formBody:
		headers["content-type"], names["content-type"] = "application/x-www-form-urlencoded", "Content-Type"
	case jsonBody:
		headers["content-type"], names["content-type"] = "application/json", "Content-Type"
	}
	for name, value := range r.Headers {
		headers[strings.ToLower(name)], names[strings.ToLower(name)] = value, name
	}
	b := []byte(" HTTP/1.1\r\n")
	for _, key := range slices.Sorted(maps.Keys(headers)) {
		b = append(b, names[key]+": "+headers[key]+"\r\n"...)
	}
	return string(b)
}

// request is one request that is about to be sent. It is used again and
// again; the strings it was made of are not kept.
type request struct {
	plan    *plan
	seq     uint64
	visitor *visitor // nil: an anonymous one, with no cookies
	values  map[string]string
	buf     []byte
	body    []byte
	path    []byte
	stamp   int // where the time of X-Request-Start goes
}

// draw chooses the values of the next request.
func (q *request) draw(p *plan, rng *rand.Rand) {
	q.plan = p
	if !p.drawn {
		return
	}
	if q.values == nil {
		q.values = map[string]string{}
	}
	clear(q.values)
	p.values.Draw(rng, q.values)
}

// startWidth is the length of "1700000000.123456".
const startWidth = 10 + 1 + 6

// build writes the request but for the time of its sending.
func (q *request) build(id func([]byte, int, uint64) []byte) {
	p := q.plan
	q.path = p.path.Append(q.path[:0], q.values, route.InURL)
	b := append(append(append(q.buf[:0], p.verb...), q.path...), p.fixed...)
	if id != nil {
		b = append(id(append(b, "X-Request-Id: "...), p.index, q.seq), "\r\n"...)
	}
	var tok visit.Token
	if q.visitor != nil {
		b = q.visitor.jar.Append(b, q.path)
		tok = q.visitor.token(p)
	}
	b = append(b, "X-Request-Start: t="...)
	q.stamp = len(b)
	b = append(b, "0000000000.000000\r\n"...)
	if tok.Value != "" && p.kind != formBody {
		b = append(append(append(b, "X-CSRF-Token: "...), tok.Value...), "\r\n"...)
	}
	q.body = q.appendBody(q.body[:0], tok)
	if !p.safe || len(q.body) > 0 {
		b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(q.body)), 10)
		b = append(b, "\r\n"...)
	}
	q.buf = append(append(b, "\r\n"...), q.body...)
}

// appendBody writes the form or the JSON text.
func (q *request) appendBody(b []byte, tok visit.Token) []byte {
	switch q.plan.kind {
	case noBody:
		return b
	case jsonBody:
		return q.plan.json.Append(b, q.values, route.InJSON)
	}
	pair := func(name string) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(append(b, name...), '=')
	}
	if tok.Value != "" {
		pair(string(route.InURL(nil, tok.Param)))
		b = route.InURL(b, tok.Value)
	}
	for _, f := range q.plan.form {
		pair(f.name)
		b = f.value.Append(b, q.values, route.InURL)
	}
	return b
}

// sign puts the time of sending into the built request.
func (q *request) sign(wall time.Time) {
	micros := wall.UnixMicro()
	slot := q.buf[q.stamp : q.stamp+startWidth]
	for i := startWidth - 1; i >= 0; i-- {
		if i == 10 {
			slot[i] = '.'
			continue
		}
		slot[i] = byte('0' + micros%10)
		micros /= 10
	}
}
