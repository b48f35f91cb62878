package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/probe/load/visit"
)

// sent builds one request to a route and reads it with net/http.
func sent(t *testing.T, r route.Route, tok visit.Token) (*http.Request, string) {
	p := newPlan(r, 3, target{host: "app.example", base: "/base"}, "salt")
	q := &request{seq: 12, visitor: &visitor{}}
	q.visitor.jar.Absorb([][]byte{[]byte("s=1; path=/")}, "/", time.Now())
	q.visitor.hold(p, tok)
	q.draw(p, rand.New(rand.NewPCG(1, 1)))
	q.build(func(dst []byte, route int, seq uint64) []byte {
		return strconv.AppendUint(strconv.AppendInt(append(dst, "pw-"...), int64(route), 10), seq, 10)
	})
	q.sign(time.Unix(1700000000, 123456789))
	rd := bufio.NewReader(bytes.NewReader(q.buf))
	req, err := http.ReadRequest(rd)
	if err != nil {
		t.Fatalf("%v in %q", err, q.buf)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(rd); len(rest) > 0 {
		t.Errorf("%q follows the request", rest)
	}
	return req, string(body)
}

func TestRequests(t *testing.T) {
	five := int64(5)
	params := map[string]route.Param{"id": {Range: []int64{7, 7}}, "q": {Values: []string{"a b/ü&=\""}}, "n": {Sequence: &five}}
	req, body := sent(t, route.Route{Name: "get", Path: "/orders/{id}?q={q}", Params: params, Headers: map[string]string{"X-Forwarded-Proto": "https", "accept": "text/html"}}, visit.Token{})
	if req.Method != "GET" || req.URL.Path != "/base/orders/7" || req.URL.Query().Get("q") != "a b/ü&=\"" || req.Host != "app.example" || body != "" {
		t.Errorf("%+v", req)
	}
	h := req.Header
	for name, want := range map[string]string{
		"X-Request-Id": "pw-312", "X-Request-Start": "t=1700000000.123456", "Cookie": "s=1", "X-Forwarded-Proto": "https", "Accept": "text/html",
		"User-Agent": "pitwall", "Content-Length": "", "X-Csrf-Token": "",
	} {
		if got := strings.Join(h.Values(name), "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}

	form := map[string]string{"order[note]": "x={q}", "order[n]": "{n}"}
	req, body = sent(t, route.Route{Name: "post", Method: "POST", Path: "/orders", Params: params, Form: form, CSRF: "/orders/new"}, visit.Token{Param: "authenticity_token", Value: "t+/="})
	req.Body = io.NopCloser(strings.NewReader(body))
	if err := req.ParseForm(); err != nil {
		t.Fatal(err)
	}
	if f := req.PostForm; f.Get("order[note]") != "x=a b/ü&=\"" || f.Get("order[n]") != "5" || f.Get("authenticity_token") != "t+/=" || len(f) != 3 {
		t.Errorf("form %v of %q", f, body)
	}

	req, body = sent(t, route.Route{Name: "json", Method: "PUT", Path: "/o", Params: params, JSON: `{"id":{id},"q":"{q}"}`, CSRF: "/"}, visit.Token{Param: "p", Value: "tok"})
	if body != `{"id":7,"q":"a b/ü&=\""}` || req.Header.Get("X-CSRF-Token") != "tok" || req.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%q %v", body, req.Header)
	}

	req, body = sent(t, route.Route{Name: "bare", Method: "POST", Path: "/o", Headers: map[string]string{"Host": "other.example"}}, visit.Token{})
	if req.ContentLength != 0 || req.Header.Get("Content-Length") != "0" || body != "" || req.Host != "other.example" {
		t.Errorf("%+v", req)
	}
	req, _ = sent(t, route.Route{Name: "delete", Method: "DELETE", Path: "/o", CSRF: "/"}, visit.Token{Param: "p", Value: "tok"})
	if req.Method != "DELETE" {
		t.Errorf("%+v", req)
	}
}

func TestUniqueValuesAreSalted(t *testing.T) {
	r := route.Route{Name: "a", Path: "/{u}", Params: map[string]route.Param{"u": {Unique: true}}}
	seen := map[string]bool{}
	for range 2 {
		d := drive(t, "http://127.0.0.1:1", func(c *Config) { c.Routes = []route.Route{r} })
		var q request
		for range 100 {
			q.draw(d.plans[0], d.rng)
			q.build(nil)
			if !regexp.MustCompile(`^/[a-z0-9]{14,}$`).Match(q.path) || seen[string(q.path)] {
				t.Fatalf("%s: seen %v", q.path, seen[string(q.path)])
			}
			seen[string(q.path)] = true
		}
	}
}

func TestAddress(t *testing.T) {
	cases := map[string]struct {
		host string
		want target
		err  string
	}{
		"http://127.0.0.1:3000":      {"", target{"tcp", "127.0.0.1:3000", "127.0.0.1:3000", "", false}, ""},
		"http://127.0.0.1:3000/app/": {"shop.example", target{"tcp", "127.0.0.1:3000", "shop.example", "/app", false}, ""},
		"localhost:3000":             {"", target{"tcp", "localhost:3000", "localhost:3000", "", false}, ""},
		"http://[::1]":               {"", target{"tcp", "[::1]:80", "[::1]", "", false}, ""},
		"unix:/run/puma.sock":        {"", target{"unix", "/run/puma.sock", "localhost", "", false}, ""},
		"https://u:secret@x":         {"", target{}, "only http"},
		"http://":                    {"", target{}, "no host"},
		"http://a b":                 {"", target{}, "invalid"},
	}
	for address, c := range cases {
		got, err := parseAddress(address, c.host)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := route.Route{Name: "a", Path: "/"}
	cases := map[string]Config{
		"no routes":      {Address: "http://x"},
		"a: path":        {Address: "http://x", Routes: []route.Route{{Name: "a", Path: "x"}}},
		"no session:":    {Address: "http://x", Routes: []route.Route{{Name: "a", Path: "/", Session: true}}},
		"session: step":  {Address: "http://x", Routes: []route.Route{good}, Session: &route.Session{Steps: []route.Route{{Path: ""}}}},
		"only http":      {Address: "https://x", Routes: []route.Route{good}},
		`host "a\r\nb"`:  {Address: "http://x", Host: "a\r\nb", Routes: []route.Route{good}},
		"is there twice": {Address: "http://x", Routes: []route.Route{good, good}},
	}
	for want, cfg := range cases {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	_, err := New(Config{Address: "http://x", Routes: []route.Route{{Name: "a", Path: "/", Weight: -1}}})
	var e *route.Error
	if !errors.As(err, &e) || e.Field != "weight" {
		t.Errorf("not a *route.Error: %v", err)
	}
}

// Windows are judged together: one late window out of many does not spoil
// them, as many late ones do.
func TestOutcomesAddUp(t *testing.T) {
	window := func(late int64) Outcome {
		o := Outcome{Window: lap.Window{Kind: lap.Bare, Start: 10, End: 10 + 5e9}, Lag: hist.New(), CPU: 1e9, Cores: 2, Requests: 1000}
		response := hist.New()
		for range 1000 {
			o.Lag.Record(late)
			response.Record(20e6)
		}
		o.Cells = []lap.Cell{{Response: response}}
		return o
	}
	var all Outcome
	for range 199 {
		all.Add(window(50e3))
	}
	all.Add(window(30e6))
	if why := all.Invalid(); why != "" || all.Requests != 200_000 || all.Window.End-all.Window.Start != 200*5e9 {
		t.Errorf("%q, %d requests, %d ns", why, all.Requests, all.Window.End-all.Window.Start)
	}
	for range 10 {
		all.Add(window(30e6))
	}
	if all.Invalid() == "" {
		t.Error("a twentieth of the requests 30 ms late, and nothing is said")
	}
}

// With Close every request has a connection of its own, and says so.
func TestCloseUsesEachConnectionOnce(t *testing.T) {
	var closes, all atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Add(1)
		if r.Close {
			closes.Add(1)
		}
	}))
	defer s.Close()
	for _, closing := range []bool{true, false} {
		d, err := New(Config{Address: s.URL, Routes: []route.Route{{Name: "a", Path: "/"}}, Close: closing})
		if err != nil {
			t.Fatal(err)
		}
		all.Store(0)
		closes.Store(0)
		o, err := d.Run(t.Context(), Stage{Window: lap.Window{Kind: lap.Solo}, Each: 5, Duration: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		want := int64(1)
		if closing {
			want = 5
		}
		if all.Load() != 5 || o.Connects != want || (closes.Load() == 5) != closing {
			t.Errorf("close %v: %d requests, %d with Connection: close, %d connections", closing, all.Load(), closes.Load(), o.Connects)
		}
		d.Close()
	}
}
