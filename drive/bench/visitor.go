package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"pitwall/analyze/answer"
	"pitwall/core/route"
	"pitwall/probe/load/visit"
)

// asker asks an app one request outside any timing.
type asker interface {
	ask(ctx context.Context, q request) (reply, error)
}

// reply is what came, with the cookies that came with it.
type reply struct {
	answer.Answer
	cookies [][]byte
}

// visitor asks as one user: with cookies, and the token that goes with them.
type visitor struct {
	jar   visit.Jar
	token visit.Token
}

func (v *visitor) sign(q *request) {
	if line := strings.TrimSuffix(string(v.jar.Append(nil, []byte(q.Target))), "\r\n"); line != "" {
		q.Headers["Cookie"] = strings.TrimPrefix(line, "Cookie: ")
	}
}

// follow asks and takes the cookies that come.
func (v *visitor) follow(ctx context.Context, a asker, q request) (reply, error) {
	r, err := a.ask(ctx, q)
	if err != nil {
		return r, fmt.Errorf("%s: %w", q, err)
	}
	v.take(r, q)
	return r, nil
}

// take keeps the cookies that came with the answer to q.
func (v *visitor) take(r reply, q request) { v.jar.Absorb(r.cookies, q.Target, time.Now()) }

// LoginError is a login, or the fetching of a token, that did not succeed.
type LoginError struct {
	Step   string // "log in", or "token for ROUTE"
	Status int
	Text   string
}

func (e *LoginError) Error() string { return e.Step + ": " + e.Text }

// logIn does the steps of a session.
func (v *visitor) logIn(ctx context.Context, a asker, s *route.Session, base, salt string, random *rand.Rand) error {
	if s == nil {
		return errors.New("the route says session:, but pitwall.yml has no session: with login steps")
	}
	for i, step := range s.Steps {
		if step.Name == "" {
			step.Name = fmt.Sprintf("step %d", i+1)
		}
		if len(step.Expect.Status) == 0 {
			step.Expect.Status = []int{200, 201, 202, 204, 301, 302, 303, 307}
		}
		if err := v.step(ctx, a, newMaker(step, base, salt), random); err != nil {
			return fmt.Errorf("login: %w", err)
		}
		v.token = visit.Token{}
	}
	return nil
}

// step does one step of a login. A redirect is followed, since its target may
// set cookies too.
func (v *visitor) step(ctx context.Context, a asker, m *maker, random *rand.Rand) error {
	values := m.draw(random)
	if err := v.fetchToken(ctx, a, m, values); err != nil {
		return err
	}
	r, err := v.follow(ctx, a, m.request(values, v))
	if err != nil {
		return err
	}
	if text := unexpected(m.route.Expect, r.Answer); text != "" {
		return &LoginError{Step: m.route.Name, Status: r.Status, Text: text}
	}
	for range 5 {
		place, ok := local(r.Location)
		if r.Status < 300 || r.Status > 399 || !ok {
			return nil
		}
		if r, err = v.follow(ctx, a, get(place, v)); err != nil {
			return err
		}
	}
	return &LoginError{Step: m.route.Name, Status: r.Status, Text: "redirects do not end"}
}

// fetchToken asks for the page of the route's token, when it has one.
func (v *visitor) fetchToken(ctx context.Context, a asker, m *maker, values map[string]string) error {
	if m.route.CSRF == "" {
		return nil
	}
	page := m.page(values, v)
	r, err := v.follow(ctx, a, page)
	if err != nil {
		return err
	}
	name := "token for " + m.route.Name
	if r.Status < 200 || r.Status > 299 {
		return &LoginError{name, r.Status, fmt.Sprintf("%s answered %d", page.Target, r.Status)}
	}
	token, ok := visit.ScanToken(r.Body, string(m.path.Append(nil, values, route.InURL)))
	if !ok {
		return &LoginError{name, r.Status, page.Target + " holds neither a csrf-token meta tag nor an authenticity_token field"}
	}
	v.token = token
	return nil
}

// local is the path of a redirect that stays with the app.
func local(location string) (string, bool) {
	u, err := url.Parse(location)
	if err != nil || location == "" || u.Host != "" && u.Hostname() != host || !strings.HasPrefix(u.Path, "/") {
		return "", false
	}
	return u.RequestURI(), true
}

// unexpected says what of an answer is not as the route expects; empty when
// it is good.
func unexpected(e route.Expect, a answer.Answer) string {
	switch good := expected(e, a.Status); {
	case !good && a.Status >= 300 && a.Status <= 399:
		return fmt.Sprintf("answered %d, a redirect to %s, and not %s", a.Status, a.Location, statuses(e.Status))
	case !good:
		return fmt.Sprintf("answered %d and not %s", a.Status, statuses(e.Status))
	case !strings.HasPrefix(strings.ToLower(a.Type), strings.ToLower(e.ContentType)):
		return fmt.Sprintf("answered with the type %q and not %s", a.Type, e.ContentType)
	case a.Bytes < e.MinBytes:
		return fmt.Sprintf("answered %d bytes, which is less than min_bytes %d", a.Bytes, e.MinBytes)
	case !strings.Contains(string(a.Body), e.Contains):
		return fmt.Sprintf("the answer does not contain %q", e.Contains)
	}
	return ""
}

// expected says whether a status is as the route expects.
func expected(e route.Expect, status int) bool {
	return len(e.Status) == 0 && status >= 200 && status <= 299 || slices.Contains(e.Status, status)
}

// statuses is "200 to 299", "303", or "200 or 303".
func statuses(list []int) string {
	if len(list) == 0 {
		return "200 to 299"
	}
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, " or ")
}
