package bench

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pitwall/analyze/answer"
	"pitwall/core/route"
	"pitwall/probe/load/visit"
)

func made(r route.Route, v *visitor) request {
	m := newMaker(r, "/base", "s")
	return m.request(m.draw(rand.New(rand.NewPCG(1, 2))), v)
}

func TestRequests(t *testing.T) {
	params := map[string]route.Param{"id": {Values: []string{"a b&"}}}
	v := &visitor{token: visit.Token{Param: "tok", Value: "t+/="}}
	v.take(reply{cookies: [][]byte{[]byte("s=1; path=/base"), []byte("other=2; path=/elsewhere")}}, request{Target: "/base"})
	for name, c := range map[string]struct {
		r    route.Route
		want request
	}{
		"get": {route.Route{Path: "/o/{id}?q={id}", Params: params, Headers: map[string]string{"accept": "text/html", "X-A": "1"}},
			request{"GET", "/base/o/a%20b%26?q=a%20b%26", map[string]string{"accept": "text/html", "X-A": "1", "X-CSRF-Token": "t+/="}, ""}},
		"form": {route.Route{Method: "POST", Path: "/o", Params: params, Form: map[string]string{"x y": "{id}!"}},
			request{"POST", "/base/o", map[string]string{"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"}, "tok=t%2B%2F%3D&x%20y=a%20b%26%21"}},
		"json": {route.Route{Method: "PUT", Path: "/o", Params: params, JSON: `{"id":"{id}"}`, CSRF: "/o"},
			request{"PUT", "/base/o", map[string]string{"Accept": "*/*", "Content-Type": "application/json", "X-CSRF-Token": "t+/="}, `{"id":"a b&"}`}},
		"token alone": {route.Route{Method: "DELETE", Path: "/o", CSRF: "/o"},
			request{"DELETE", "/base/o", map[string]string{"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"}, "tok=t%2B%2F%3D"}},
	} {
		c.want.Headers["Host"], c.want.Headers["User-Agent"], c.want.Headers["Cookie"] = host, "pitwall", "s=1"
		if d := cmp.Diff(c.want, made(c.r, v)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// net/http reads what we write.
func TestRawRequest(t *testing.T) {
	q := made(route.Route{Method: "POST", Path: "/o?a=1", Form: map[string]string{"b": "ä"}}, &visitor{})
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(q.raw()))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if r.Method != "POST" || r.URL.String() != "/base/o?a=1" || r.Host != host || string(body) != "b=%C3%A4" || err != nil {
		t.Errorf("%v, body %q, %v", r, body, err)
	}
	if raw := string(made(route.Route{Path: "/o"}, &visitor{}).raw()); strings.Contains(raw, "Content-Length") {
		t.Errorf("%q", raw)
	}
}

func TestLocal(t *testing.T) {
	for location, want := range map[string]string{
		"/a?b=1": "/a?b=1", "http://localhost/a#x": "/a", "http://localhost:3000/a": "/a",
		"https://elsewhere.example/a": "", "//elsewhere.example/a": "", "a": "", "": "", "http://[::1": "",
	} {
		if got, ok := local(location); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", location, got, ok)
		}
	}
}

func TestUnexpected(t *testing.T) {
	a := answer.Answer{Status: 200, Type: "Text/HTML; charset=utf-8", Body: []byte("hello"), Bytes: 5}
	moved := answer.Answer{Status: 302, Location: "/login"}
	for _, c := range []struct {
		e    route.Expect
		a    answer.Answer
		want string
	}{
		{route.Expect{}, a, ""},
		{route.Expect{Status: []int{200, 303}, ContentType: "text/html", MinBytes: 5, Contains: "ell"}, a, ""},
		{route.Expect{}, moved, "answered 302, a redirect to /login, and not 200 to 299"},
		{route.Expect{Status: []int{303}}, a, "answered 200 and not 303"},
		{route.Expect{ContentType: "text/csv"}, a, `answered with the type "Text/HTML; charset=utf-8" and not text/csv`},
		{route.Expect{MinBytes: 6}, a, "answered 5 bytes, which is less than min_bytes 6"},
		{route.Expect{Contains: "bye"}, a, `the answer does not contain "bye"`},
	} {
		if got := unexpected(c.e, c.a); got != c.want {
			t.Errorf("%+v: %q, want %q", c.e, got, c.want)
		}
	}
}
