package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"pitwall/core/lap"
	"pitwall/core/route"
)

// shop is an app with logins and forged-request protection: a session is a
// cookie, and a token belongs to a session.
type shop struct {
	mu       sync.Mutex
	sessions map[string]*session
	logins   []string
	orders   []string // user and note
	pages    int      // of forms served
	oneTime  bool     // a token is good for one request
	known    int      // forms served to who came with a cookie
}

type session struct{ user, token string }

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := &session{}
	if c, err := r.Cookie("sid"); err == nil && s.sessions[c.Value] != nil {
		at = s.sessions[c.Value]
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /login", "GET /orders/new":
		s.pages++
		if r.Header.Get("Cookie") != "" {
			s.known++
		}
		if at.token == "" {
			at = s.begin(w, at.user)
		}
		at.token = fmt.Sprint("t+", s.pages)
		fmt.Fprintf(w, `<form action="%s"><input type="hidden" name="authenticity_token" value="%s"></form>`, strings.TrimSuffix(r.URL.Path, "/new"), at.token)
	case "POST /login":
		if !s.allowed(w, r, at) {
			return
		}
		if r.PostFormValue("password") != "correct" {
			http.Error(w, "wrong password", http.StatusUnprocessableEntity)
			return
		}
		user := r.PostFormValue("email")
		s.logins = append(s.logins, user)
		s.begin(w, user)
		w.Header().Set("Location", "/account")
		w.WriteHeader(http.StatusSeeOther)
	case "GET /account":
		if at.user == "" {
			http.Redirect(w, r, "/login", http.StatusFound)
			return
		}
		fmt.Fprintf(w, "hello %s", at.user)
	case "POST /orders":
		if s.allowed(w, r, at) {
			s.orders = append(s.orders, at.user+" "+r.PostFormValue("note"))
			w.WriteHeader(http.StatusCreated)
		}
	default:
		http.NotFound(w, r)
	}
}

// begin makes a new session, whose token is yet to be asked for.
func (s *shop) begin(w http.ResponseWriter, user string) *session {
	id := fmt.Sprint("s", len(s.sessions)+1)
	s.sessions[id] = &session{user: user}
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/", HttpOnly: true, Secure: true})
	return s.sessions[id]
}

// allowed refuses a request without its session's token.
func (s *shop) allowed(w http.ResponseWriter, r *http.Request, at *session) bool {
	good := at.token != "" && r.PostFormValue("authenticity_token") == at.token
	if s.oneTime {
		at.token = "used"
	}
	if !good {
		http.Error(w, "ActionController::InvalidAuthenticityToken", http.StatusUnprocessableEntity)
	}
	return good
}

// calls drives the shop with two users.
func calls(t *testing.T, s *shop, change func(*Config)) *Driver {
	s.sessions = map[string]*session{}
	one := int64(1)
	return drive(t, serve(t, s.ServeHTTP), func(c *Config) {
		c.Users = 2
		c.Session = &route.Session{Steps: []route.Route{{
			Name: "log in", Method: "POST", Path: "/login", CSRF: "/login", Params: map[string]route.Param{"n": {Sequence: &one}},
			Form: map[string]string{"email": "u{n}", "password": "correct"},
		}}}
		c.Routes = []route.Route{
			{Name: "account", Path: "/account", Session: true, Expect: route.Expect{Contains: "hello u"}},
			{Name: "order", Method: "POST", Path: "/orders", CSRF: "/orders/new", Session: true, Form: map[string]string{"note": "mine"}},
			{Name: "guest order", Method: "POST", Path: "/orders", CSRF: "/orders/new", Form: map[string]string{"note": "guest's"}},
		}
		if change != nil {
			change(c)
		}
	})
}

func TestSession(t *testing.T) {
	s := &shop{}
	d := calls(t, s, nil)
	for _, w := range []lap.Window{closed, open, {Index: 9, Kind: lap.Solo}} {
		stage := Stage{Window: w, Duration: short}
		if w.Kind == lap.Solo {
			stage.Each = 10
		}
		s.mu.Lock()
		s.orders = nil
		s.mu.Unlock()
		o, all := pass(t, d, stage)
		if all.Good != all.Offered || all.Good == 0 {
			t.Errorf("%s: %d of %d good, errors %v", w.Kind, all.Good, all.Offered, all.Errors)
		}
		orders := map[string]int64{}
		for _, order := range s.orders {
			orders[order]++
		}
		by := map[string]int64{}
		for _, c := range o.Cells {
			by[c.Route] += c.Done
		}
		if orders["u1 mine"]+orders["u2 mine"] != by["order"] || orders["u1 mine"] == 0 || orders["u2 mine"] == 0 || orders[" guest's"] != by["guest order"] {
			t.Errorf("%s: orders %v, cells %v", w.Kind, orders, by)
		}
		if o.Tokens != 0 {
			t.Errorf("%s: %d tokens fetched in the window", w.Kind, o.Tokens)
		}
	}
	// For each of two users: the login's token, an order's, a guest order's.
	if strings.Join(s.logins, " ") != "u1 u2" || s.pages != 6 {
		t.Errorf("logins %v, %d pages with forms", s.logins, s.pages)
	}
}

// Each route of a guest has a session of its own: fetching the token of one
// leaves that of the other valid.
func TestTwoGuestRoutes(t *testing.T) {
	d := calls(t, &shop{}, func(c *Config) {
		c.Session, c.Routes = nil, []route.Route{c.Routes[2], c.Routes[2]}
		c.Routes[1].Name = "another"
	})
	if _, all := pass(t, d, Stage{Window: alone, Each: 5}); all.Good != 10 {
		t.Errorf("%d good, errors %v", all.Good, all.Errors)
	}
}

// Sessions that end in the middle cost one refusal for each user and route,
// then go on with new tokens.
func TestLostTokens(t *testing.T) {
	s := &shop{}
	d := calls(t, s, func(c *Config) { c.Routes = c.Routes[2:] })
	if err := d.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.sessions = map[string]*session{}
	s.mu.Unlock()
	o, all := pass(t, d, Stage{Window: alone, Each: 20})
	if all.Good != 18 || all.Errors["status"] != 2 || all.Status[422] != 2 || o.Tokens != 2 || s.known != 0 {
		t.Errorf("%d good, errors %v, %d tokens, %d with old cookies", all.Good, all.Errors, o.Tokens, s.known)
	}
}

// Tokens that are good for one request are found out after three refusals,
// and then fetched for each.
func TestOneTimeTokens(t *testing.T) {
	s := &shop{oneTime: true}
	d := calls(t, s, func(c *Config) { c.Routes, c.Users = c.Routes[2:], 1 })
	o, all := pass(t, d, Stage{Window: alone, Each: 40})
	if all.Errors["status"] != refusedOneTime || all.Good != 40-refusedOneTime || o.Tokens < 30 {
		t.Errorf("%d good, errors %v, %d tokens", all.Good, all.Errors, o.Tokens)
	}
}

// When new tokens are refused as well, they are not the reason, and are not
// fetched for ever.
func TestTokensThatNeverHelp(t *testing.T) {
	s := &shop{}
	d := calls(t, s, func(c *Config) {
		c.Routes = []route.Route{{Name: "bad login", Method: "POST", Path: "/login", CSRF: "/login", Form: map[string]string{"password": "wrong"}}}
		c.Users = 1
	})
	o, all := pass(t, d, Stage{Window: alone, Each: 50})
	if all.Errors["status"] != 50 || o.Tokens >= refusedGiveUp {
		t.Errorf("errors %v, %d tokens", all.Errors, o.Tokens)
	}
}

func TestLoginErrors(t *testing.T) {
	cases := map[string]struct {
		change func(*Config)
		step   string
		status int
		text   string
	}{
		"password": {func(c *Config) { c.Session.Steps[0].Form["password"] = "wrong" }, "log in", 422, "answered 422"},
		"no token": {func(c *Config) { c.Session.Steps[0].CSRF = "/account" }, "token for log in", 302, "/account answered 302"},
		"no page":  {func(c *Config) { c.Session.Steps[0].CSRF = "/nowhere" }, "token for log in", 404, "answered 404"},
		"no field": {func(c *Config) {
			c.Session.Steps = append(c.Session.Steps, route.Route{Path: "/account", CSRF: "/account"})
		}, "token for step 2", 200, "neither"},
		"expected": {func(c *Config) { c.Session.Steps[0].Expect.Status = []int{200} }, "log in", 303, "answered 303"},
		"route":    {func(c *Config) { c.Routes[1].CSRF = "/nowhere" }, "token for order", 404, "answered 404"},
	}
	for name, c := range cases {
		err := calls(t, &shop{}, c.change).Login(t.Context())
		var e *LoginError
		if !errors.As(err, &e) || e.Step != c.step || e.Status != c.status || !strings.Contains(e.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := calls(t, &shop{}, nil).Login(ctx); err == nil {
		t.Error("logged in after the end")
	}
}

func TestRefusalsSayWhatTheyUsuallyMean(t *testing.T) {
	form := &plan{route: route.Route{Method: "POST", CSRF: "/login"}}
	for _, c := range []struct {
		p      *plan
		status int
		kind   string
		want   string
	}{
		{&plan{route: route.Route{Method: "POST"}}, 422, "status", "answered 422: it wants the token of a form, and csrf: of the step names no page that holds it"},
		{form, 422, "status", "answered 422 and not 302 or 303"},
		{form, 200, "status", "answered 200 and not 302 or 303: most apps show the form again when user or password is wrong"},
		{form, 302, "content", "answered 302 (content is not as expected)"},
	} {
		if got := refusal(c.p, []int{302, 303}, c.status, c.kind); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := anyOf([]int{200, 302, 303}); got != "200, 302 or 303" {
		t.Error(got)
	}
}

func TestFetch(t *testing.T) {
	d := calls(t, &shop{}, nil)
	a, err := d.Fetch(t.Context(), "/account?x=1")
	if err != nil || a.Status != 302 || a.Location != "/login" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, path := range []string{"http://elsewhere.example/x", "relative", "//host/x", "/a b", ""} {
		if _, err := d.Fetch(t.Context(), path); err == nil {
			t.Errorf("fetched %q", path)
		}
	}
}
