package worthless

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/route"
)

// see builds the evidence of routes that all got the given answers.
func see(answers ...route.Answer) Evidence {
	var e Evidence
	for _, a := range answers {
		e.Routes = append(e.Routes, route.Route{Name: a.Route, Path: "/" + a.Route})
		c := lap.Cell{Route: a.Route, Offered: 100, Status: map[int]int64{}, Errors: map[string]int64{}}
		if a.Status > 0 {
			c.Status[200] = 10
			c.Status[a.Status] += 90
			e.Answers = append(e.Answers, a)
		}
		e.Cells = append(e.Cells, c)
	}
	return e
}

func ids(fs []finding.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, string(f.ID)+" "+f.Subject)
	}
	return out
}

func TestJudge(t *testing.T) {
	ok := route.Answer{Route: "ok", Status: 200, Type: "text/html", Bytes: 900, Excerpt: "<h1>hello</h1>"}
	as := func(name string, a route.Answer) route.Answer { a.Route = name; return a }
	https := route.Answer{Status: 301, Location: "https://app.example/orders"}
	login := route.Answer{Status: 302, Location: "http://app.example/users/sign_in?return=%2F"}
	other := route.Answer{Status: 302, Location: "/welcome"}
	blocked := route.Answer{Status: 403, Type: "text/html; charset=utf-8"}
	named := route.Answer{Status: 403, Type: "text/html", Bytes: 80, Excerpt: "<h1>Blocked host: 127.0.0.1</h1>"}
	notFound := route.Answer{Status: 404, Type: "text/plain", Bytes: 9, Excerpt: "Not Found"}
	forbidden := route.Answer{Status: 403, Type: "text/html", Bytes: 70, Excerpt: "for admins only"}
	failed := route.Answer{Status: 500, Type: "text/html", Bytes: 70, Excerpt: "We're sorry, but something went wrong."}
	secret := route.Answer{Status: 500, Bytes: 70, Excerpt: "Missing `secret_key_base` for 'production' environment"}
	cases := map[string]struct {
		answers []route.Answer
		want    []string
		next    string
	}{
		"fine":            {[]route.Answer{ok}, []string{}, ""},
		"https all":       {[]route.Answer{as("a", https), as("b", https)}, []string{"PW-ANSWER-HTTPS app"}, "X-Forwarded-Proto: https"},
		"https one":       {[]route.Answer{as("a", https), ok}, []string{"PW-ANSWER-HTTPS a"}, "name: a"},
		"login":           {[]route.Answer{as("a", login), ok}, []string{"PW-ANSWER-LOGIN a"}, "path: /users/sign_in\n"},
		"elsewhere":       {[]route.Answer{as("a", other), ok}, []string{"PW-ANSWER-REDIRECT a"}, "status: [302]"},
		"blocked":         {[]route.Answer{as("a", blocked), as("b", blocked)}, []string{"PW-ANSWER-HOST app"}, "headers: {Host:"},
		"blocked by name": {[]route.Answer{as("a", named), ok}, []string{"PW-ANSWER-HOST a"}, "Host"},
		"throttled":       {[]route.Answer{as("a", route.Answer{Status: 429}), ok}, []string{"PW-ANSWER-THROTTLED a"}, "RACK_ATTACK"},
		"secret":          {[]route.Answer{as("a", secret), as("b", secret)}, []string{"PW-ANSWER-SECRET app"}, "SECRET_KEY_BASE"},
		"token":           {[]route.Answer{as("a", route.Answer{Status: 422}), ok}, []string{"PW-ANSWER-TOKEN a"}, "csrf: "},
		"broken":          {[]route.Answer{as("a", failed), ok}, []string{"PW-ANSWER-ERROR a"}, "curl"},
		"nothing":         {[]route.Answer{{Route: "a"}, ok}, []string{"PW-ANSWER-NONE a"}, "log"},
		"one 404":         {[]route.Answer{as("a", notFound), ok}, []string{}, ""},
		"one 403":         {[]route.Answer{as("a", forbidden), ok}, []string{}, ""},
		"all 404 alike":   {[]route.Answer{as("a", notFound), as("b", notFound), as("c", notFound)}, []string{"PW-ANSWER-UNIFORM app"}, "address:"},
		"mixed":           {[]route.Answer{as("a", https), as("b", login), ok}, []string{"PW-ANSWER-HTTPS a", "PW-ANSWER-LOGIN b"}, ""},
	}
	for name, c := range cases {
		got := Judge(see(c.answers...))
		if d := cmp.Diff(c.want, ids(got)); d != "" {
			t.Errorf("%s: %s", name, d)
			continue
		}
		for _, f := range got {
			if f.Title == "" || f.Detail == "" || len(f.Evidence) == 0 || f.Caveats == nil || len(f.Next) == 0 {
				t.Errorf("%s: incomplete: %+v", name, f)
			}
		}
		if len(got) > 0 && !strings.Contains(strings.Join(got[0].Next, "\n"), c.next) {
			t.Errorf("%s: next %q, want %q in it", name, got[0].Next, c.next)
		}
	}
}

// What the route expects, or only a minority gets, is not worthless.
func TestNotWorthless(t *testing.T) {
	e := see(route.Answer{Route: "post", Status: 302, Location: "/orders/1"})
	e.Routes[0].Expect.Status = []int{302, 200}
	if got := Judge(e); len(got) != 0 {
		t.Errorf("an expected redirect: %v", ids(got))
	}
	e = see(route.Answer{Route: "a", Status: 500})
	e.Cells[0].Status = map[int]int64{500: 30, 200: 70}
	if got := Judge(e); len(got) != 0 {
		t.Errorf("three in ten fail: %v", ids(got))
	}
	e.Cells[0].Offered = 0
	e.Cells[0].Status = map[int]int64{}
	if got := Judge(e); got == nil || len(got) != 0 {
		t.Errorf("never asked: %v", ids(got))
	}
}

func TestAssets(t *testing.T) {
	page := route.Answer{Route: "home", Status: 200, Type: "text/html; charset=utf-8", Excerpt: `<link rel="stylesheet" href="/assets/app-1.css?a=1&amp;b=2" />
<script src="/assets/app-2.js" defer></script><script src="//cdn.example/x.js"></script><a href="/orders">x</a>
<script src="https://cdn.example/y.js"></script><script src="/assets/app-2.js"></script><img src="/logo.png"><link href="/last.css"`}
	links := Links([]route.Answer{page, {Status: 200, Type: "application/json", Excerpt: `"href="/no.css"`}})
	if d := cmp.Diff([]string{"/assets/app-1.css?a=1&b=2", "/assets/app-2.js", "/last.css"}, links); d != "" {
		t.Error(d)
	}
	got := Judge(Evidence{Assets: []route.Answer{{Route: "/assets/app-1.css", Status: 404}, {Route: "/assets/app-2.js", Status: 200}}})
	if d := cmp.Diff([]string{"PW-ANSWER-ASSETS app"}, ids(got)); d != "" {
		t.Error(d)
	}
	if got := Links(nil); got == nil {
		t.Error("nil links")
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(`<link href="/a.css"><script src="/b.js">`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, link := range Links([]route.Answer{{Status: 200, Type: "text/html", Excerpt: text}}) {
			if !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "//") {
				t.Errorf("link %q", link)
			}
		}
		firstWords(text)
	})
}
