package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"pitwall/core/route"
	"pitwall/probe/load/visit"
	"pitwall/probe/load/wire"
)

// user is one virtual user: logged in for the routes that say session:, and
// for each other route that needs a token a guest with a session of its own.
type user struct {
	member *visitor
	guests map[*plan]*visitor
}

func newUser(plans []*plan) *user {
	u := &user{member: &visitor{}, guests: map[*plan]*visitor{}}
	for _, p := range plans {
		if p.route.CSRF != "" && !p.route.Session {
			u.guests[p] = &visitor{guest: true}
		}
	}
	return u
}

// visitor is a cookie jar with the tokens that go with it. A guest keeps the
// cookies that its tokens came with, whatever later answers set: the pair
// stays valid, and a login that is itself measured stays a login.
type visitor struct {
	jar   visit.Jar
	guest bool

	mu     sync.Mutex
	tokens map[*plan]visit.Token
}

// visitorFor is who asks for p: nil when no cookies are needed.
func (u *user) visitorFor(p *plan) *visitor {
	if p.route.Session {
		return u.member
	}
	return u.guests[p]
}

// token is the token for p, empty when there is none yet.
func (v *visitor) token(p *plan) visit.Token {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tokens[p]
}

// hold keeps a token for p.
func (v *visitor) hold(p *plan, t visit.Token) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tokens == nil {
		v.tokens = map[*plan]visit.Token{}
	}
	v.tokens[p] = t
}

// LoginError is a login, or the fetching of a token, that did not succeed.
type LoginError struct {
	Step     string // the step's name or "token for ROUTE"
	Status   int    // 0 when there was no answer
	Location string
	Text     string
}

func (e *LoginError) Error() string {
	text := e.Step + ": " + e.Text
	if e.Location != "" {
		text += ", Location " + e.Location
	}
	return text
}

// Login does the session's steps for every virtual user and fetches the
// tokens that routes need, each once; Run does it when it has not been done.
// Errors are *LoginError or those of ctx.
func (d *Driver) Login(ctx context.Context) error {
	if d.ready {
		return nil
	}
	for _, u := range d.users {
		if d.cfg.Session != nil {
			for _, step := range d.steps {
				if err := d.step(ctx, u.member, step); err != nil {
					return fmt.Errorf("login: %w", err)
				}
			}
		}
		for _, p := range d.plans {
			if p.route.CSRF == "" {
				continue
			}
			if err := d.fetchToken(ctx, u.visitorFor(p), p, d.pageValues(p)); err != nil {
				return err
			}
		}
	}
	d.ready = true
	return nil
}

// step does one step of a login. A redirect is followed, since its target may
// set cookies too, and is good unless the step expects a status of its own.
func (d *Driver) step(ctx context.Context, v *visitor, p *plan) error {
	name := or(p.route.Name, p.route.Path)
	q := &request{visitor: v}
	q.draw(p, d.rng)
	if p.route.CSRF != "" {
		if err := d.fetchToken(ctx, v, p, q.values); err != nil {
			return err
		}
	}
	a, err := d.ask(ctx, q, 0)
	if err != nil {
		return &LoginError{Step: name, Text: err.Error()}
	}
	expect := p.route.Expect
	if len(expect.Status) == 0 {
		expect.Status = []int{200, 201, 202, 204, 301, 302, 303, 307}
	}
	if kind := examine(&expect, a.Status, []byte(a.Type), a.Bytes, a.found); kind != "" {
		return &LoginError{name, a.Status, a.Location, refusal(p, expect.Status, a.Status, kind)}
	}
	for range 5 {
		if a.Status < 300 || a.Status > 399 || a.Location == "" {
			return nil
		}
		place, ok := d.target.local(a.Location)
		if !ok {
			return nil // it leads elsewhere: not ours to ask
		}
		q := &request{visitor: v}
		q.draw(d.page(place), d.rng)
		if a, err = d.ask(ctx, q, 0); err != nil {
			return &LoginError{Step: name + ", then " + place, Text: err.Error()}
		}
	}
	return &LoginError{name, a.Status, a.Location, "redirects do not end"}
}

// refusal says what was wrong with the answer to a step of a login, and what
// that usually means.
func refusal(p *plan, expected []int, status int, kind string) string {
	switch {
	case kind != "status":
		return fmt.Sprintf("answered %d (%s is not as expected)", status, kind)
	case status == 422 && p.route.CSRF == "":
		return "answered 422: it wants the token of a form, and csrf: of the step names no page that holds it"
	case status == 200 && p.route.Method == "POST":
		return fmt.Sprintf("answered 200 and not %s: most apps show the form again when user or password is wrong", anyOf(expected))
	}
	return fmt.Sprintf("answered %d and not %s", status, anyOf(expected))
}

// anyOf is "302", or "200, 302 or 303".
func anyOf(list []int) string {
	var b strings.Builder
	for i, n := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

// local is the path of a Location on the host that is driven.
func (t target) local(location string) (string, bool) {
	if i := strings.Index(location, "://"); i >= 0 {
		rest := location[i+3:]
		host, path, _ := strings.Cut(rest, "/")
		if host != t.host && host != t.address {
			return "", false
		}
		location = "/" + path
	}
	location, _, _ = strings.Cut(location, "#")
	bad := func(c rune) bool { return c <= ' ' || c >= 0x7f }
	if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.ContainsFunc(location, bad) {
		return "", false
	}
	return location, true
}

// page is a plan for a GET of a literal path that already has the base.
func (d *Driver) page(path string) *plan {
	t := d.target
	t.base = ""
	p := newPlan(route.Route{Name: path, Path: "/"}, Own, t, "")
	p.path = route.Literal(path)
	return p
}

// maxPage bounds the page that is searched for a token.
const maxPage = 1 << 20

// pageValues draws the parameters of the page of p's token, nil when it has
// none: then a sequence loses no value.
func (d *Driver) pageValues(p *plan) map[string]string {
	if len(p.csrf.Names()) == 0 {
		return nil
	}
	values := map[string]string{}
	p.values.Draw(rand.New(rand.NewPCG(d.cfg.Seed, d.seq.Load())), values)
	return values
}

// fetchToken asks for the page of p's token, with the visitor's cookies, and
// keeps both. A guest begins anew.
func (d *Driver) fetchToken(ctx context.Context, v *visitor, p *plan, values map[string]string) error {
	d.tokens.Add(1)
	name := "token for " + or(p.route.Name, p.route.Path)
	if v.guest {
		v.jar.Clear()
	}
	place := string(p.csrf.Append(nil, values, route.InURL))
	q := &request{visitor: v}
	q.draw(d.page(place), nil)
	a, err := d.ask(ctx, q, maxPage)
	if err != nil {
		return &LoginError{Step: name, Text: err.Error()}
	}
	if a.Status < 200 || a.Status > 299 {
		return &LoginError{name, a.Status, a.Location, fmt.Sprintf("%s answered %d", place, a.Status)}
	}
	tok, ok := visit.ScanToken(a.body, string(p.path.Append(nil, values, route.InURL)))
	if !ok {
		return &LoginError{name, a.Status, "", place + " holds neither a csrf-token meta tag nor an authenticity_token field"}
	}
	v.hold(p, tok)
	return nil
}

// Fetch asks for one page as a guest without cookies and gives the answer,
// whatever its status. It counts in no window.
func (d *Driver) Fetch(ctx context.Context, path string) (route.Answer, error) {
	place, ok := d.target.local(path)
	if !ok {
		return route.Answer{}, fmt.Errorf("fetching %q: not a path of %s", path, d.target.host)
	}
	q := &request{}
	q.draw(d.page(place), nil)
	a, err := d.ask(ctx, q, 0)
	if err != nil {
		return route.Answer{}, fmt.Errorf("fetching %s: %w", place, err)
	}
	return a.Answer, nil
}

// ask sends one request of the driver's own on a connection of its own, and
// keeps up to keep bytes of the answer's body. The visitor takes its cookies.
func (d *Driver) ask(ctx context.Context, q *request, keep int) (answer, error) {
	c, err := wire.Dial(ctx, d.target.network, d.target.address, d.cfg.Timeout)
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()
	q.seq = d.seq.Add(1)
	q.build(d.cfg.ID)
	start := d.now()
	c.Expire(start, int64(d.cfg.Timeout))
	q.sign(time.Now())
	if err := c.Write(q.buf); err != nil {
		return answer{}, cause(ctx, err)
	}
	var reply wire.Reply
	want := q.plan.want
	want.Keep = max(keep, excerpt)
	if err := c.Read(want, &reply); err != nil {
		return answer{}, cause(ctx, err)
	}
	if q.visitor != nil {
		q.visitor.jar.Absorb(reply.Cookies, string(q.path), time.Now())
	}
	return answer{newAnswer(q.plan.route.Name, &reply, d.now()-start), reply.Body, reply.Found}, nil
}

// cause prefers the context's reason over the broken connection it caused.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
