package scour

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/route"
)

func appRoutes() []route.Route {
	return []route.Route{
		{Name: "home", Path: "/"},
		{Name: "page", Path: "/?n={n}"},
		{Name: "order", Path: "/orders/{id}"},
		{Name: "pay", Method: "POST", Path: "/orders/{id}/pay"},
		{Name: "plain", Path: "/plain"},
		{Name: "product", Path: "/api/v1/products/{id}.json"},
		{Name: "login", Method: "POST", Path: "/login"},
		{Name: "never", Path: "/never"},
	}
}

func TestWeightsOfRealLogs(t *testing.T) {
	for name, want := range map[string]struct {
		counts   map[string]int64
		coverage Coverage
	}{
		"nginx-1.22-combined.log": {
			map[string]int64{"home": 1, "page": 1, "order": 2, "pay": 1, "plain": 1, "product": 1, "login": 2, "never": 0},
			Coverage{Lines: 24, Matched: 9, Unmatched: 15},
		},
		"rails-6.1-production.log": {
			map[string]int64{"home": 1, "page": 1, "order": 2, "pay": 0, "plain": 2, "product": 0, "login": 0, "never": 0},
			Coverage{Lines: 66, Matched: 6, Unmatched: 7, Ignored: 53},
		},
		"rails-6.1-without-tags.log": {
			map[string]int64{"home": 1, "page": 1, "order": 2, "pay": 0, "plain": 1, "product": 0, "login": 0, "never": 0},
			Coverage{Lines: 42, Matched: 5, Unmatched: 3, Ignored: 34},
		},
		"rails-6.1-development.log": {
			map[string]int64{"home": 1, "page": 0, "order": 0, "pay": 0, "plain": 1, "product": 0, "login": 0, "never": 0},
			Coverage{Lines: 48, Matched: 2, Ignored: 46},
		},
	} {
		f, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		counts, coverage, err := Weights(f, appRoutes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.counts, counts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(want.coverage, coverage); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRequestLines(t *testing.T) {
	for line, want := range map[string]string{
		`Started GET "/a?b=c" for 127.0.0.1 at 2026-11-23 16:20:38 +0000`:        "GET /a?b=c",
		`I, [2026-11-23T16:20:50 #1]  INFO -- : Started PATCH "/a" for ::1 at x`: "PATCH /a",
		`[uuid] [user:5] Started GET "/a" for 1.2.3.4 at x`:                      "GET /a",
		`web-1  | Started GET "/a" for 1.2.3.4 at x`:                             "GET /a",
		`  Parameters: {"q"=>"x Started GET "/evil" for me"}`:                    "",
		`Started GET "/a`: "",
		`1.2.3.4 - bob [23/Nov/2026:17:14:34 +0000] "GET /x HTTP/2.0" 200 12 "-" "-"`: "GET /x",
		`1.2.3.4 - - [x] "GET http://h/x?y HTTP/1.1" 200 12`:                          "GET /x?y",
		`1.2.3.4 - - [x] "GET http://h HTTP/1.1" 200 12`:                              "GET /",
		`1.2.3.4 - - [x] "\x16\x03\x01" 400 157 "-" "-"`:                              "",
		`1.2.3.4 - - [x] "-" 408 0 "-" "-"`:                                           "",
		`1.2.3.4 - - [x] "POST /a HTTP/1.1" 200 5 "-" "] \"GET /b HTTP/1.1\" 200 1"`:  "POST /a",
		`1.2.3.4 - - [23/Nov/2026:17:14:34 +0000] "GET /x HTTP/1.1" abc`:              "",
		``: "",
	} {
		method, target, _ := request([]byte(line))
		if got := strings.TrimSpace(method + " " + target); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	m := newMatcher([]route.Route{
		{Name: "any", Path: "/{x}"},
		{Name: "new", Path: "/new"},
		{Name: "part", Path: "/track/PW{code}"},
		{Name: "two", Path: "/a/{x}-{y}/b"},
		{Name: "list", Path: "/list"},
		{Name: "paged", Path: "/list?page={p}&per=5"},
	})
	for target, want := range map[string]string{
		"/new": "new", "/new/": "new", "/old": "any", "/old#x": "any", "/": "", "/a/b": "",
		"/track/PW12": "part", "/track/PW": "", "/a/1-2/b": "two", "/a/12/b": "",
		"/list": "list", "/list?page=3": "list", "/list?per=5&page=3&x=1": "paged",
	} {
		if got, _ := m.match("GET", target); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
	if got, ok := m.match("POST", "/new"); ok {
		t.Errorf("POST matched %q", got)
	}
}

func TestLongLinesAndErrors(t *testing.T) {
	start := `Started GET "/plain" for x at y `
	text := start + strings.Repeat("x", 3*maxLine) + "\n" + start
	counts, coverage, err := Weights(strings.NewReader(text), appRoutes())
	if err != nil || counts["plain"] != 1 || coverage != (Coverage{Lines: 2, Matched: 1, Ignored: 1}) {
		t.Errorf("%v, %+v, %v", counts, coverage, err)
	}
	broken := io.MultiReader(strings.NewReader("a\nb\n"), iotest.ErrReader(errors.New("gone")))
	if _, _, err := Weights(broken, nil); err == nil || err.Error() != "reading log: line 3: gone" {
		t.Errorf("%v", err)
	}
}

func FuzzWeights(f *testing.F) {
	f.Add("Started GET \"/\" for 1 at 2\n1 - - [x] \"GET / HTTP/1.1\" 200 1\n", "/{a}?b={c}")
	f.Fuzz(func(t *testing.T, text, path string) {
		_, c, err := Weights(strings.NewReader(text), []route.Route{{Name: "r", Path: path}})
		if err != nil || c.Lines != c.Matched+c.Unmatched+c.Ignored {
			t.Fatalf("%+v, %v", c, err)
		}
	})
}
