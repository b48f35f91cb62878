// Package worthless recognises answers that make a benchmark worthless, such
// as redirects to https or a blocked host, and names the lines of pitwall.yml
// that mend them.
package worthless

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/route"
)

// The findings of this package. They are stable.
const (
	HTTPS     finding.ID = "PW-ANSWER-HTTPS"     // redirects to https
	Login     finding.ID = "PW-ANSWER-LOGIN"     // redirects to a login
	Redirect  finding.ID = "PW-ANSWER-REDIRECT"  // redirects elsewhere
	Host      finding.ID = "PW-ANSWER-HOST"      // the Host header is refused
	Throttled finding.ID = "PW-ANSWER-THROTTLED" // 429
	Secret    finding.ID = "PW-ANSWER-SECRET"    // no secret_key_base
	Broken    finding.ID = "PW-ANSWER-ERROR"     // 5xx
	Token     finding.ID = "PW-ANSWER-TOKEN"     // a request without a good CSRF token
	Assets    finding.ID = "PW-ANSWER-ASSETS"    // a page's assets are missing
	Uniform   finding.ID = "PW-ANSWER-UNIFORM"   // all routes answer the same
	Silent    finding.ID = "PW-ANSWER-NONE"      // no answers at all
)

// Evidence is what the driver saw.
type Evidence struct {
	Routes  []route.Route
	Cells   []lap.Cell     // of a window after warm-up, or of the warm-up
	Answers []route.Answer // a few of each route and status
	Assets  []route.Answer // to requests for links that Links found; nil when none was asked for
}

// share is the part of a route's answers from which on it is not measured:
// its figures would be those of something else.
const share = 0.5

// Judge names what makes the answers worthless, the whole app first: what
// spoils every route is said once, about the app, and not again of each. It
// is never nil.
func Judge(e Evidence) []finding.Finding {
	var all []spoiled
	asked := 0
	for _, r := range e.Routes {
		count := tally(e.Cells, r.Name)
		if count.offered > 0 {
			asked++
		}
		if s, ok := look(r, count, e.Answers); ok {
			all = append(all, s)
		}
	}
	out := []finding.Finding{}
	for _, kind := range causes() {
		var of []spoiled
		for _, s := range all {
			if s.cause == kind.id {
				of = append(of, s)
			}
		}
		out = append(out, kind.findings(of, asked)...)
	}
	if f, ok := uniform(e, out); ok {
		out = append(out, f)
	}
	return append(out, missing(e.Assets)...)
}

// counts is what came of one route.
type counts struct {
	offered int64
	status  map[int]int64
}

func tally(cells []lap.Cell, name string) counts {
	c := counts{status: map[int]int64{}}
	for _, cell := range cells {
		if cell.Route != name {
			continue
		}
		c.offered += cell.Offered
		for status, n := range cell.Status {
			c.status[status] += n
		}
	}
	return c
}

// spoiled is a route whose answers are not its own.
type spoiled struct {
	route  route.Route
	cause  finding.ID
	n, of  int64
	answer route.Answer // an example; of status 0 when there is none
}

// look finds the status that most of a route's requests got, if it is not one
// that the route expects, and what lies behind it.
func look(r route.Route, c counts, answers []route.Answer) (spoiled, bool) {
	s := spoiled{route: r, of: c.offered, n: c.offered}
	if c.offered == 0 {
		return s, false
	}
	for _, n := range c.status {
		s.n -= n
	}
	worst := 0
	s.cause = Silent
	for status, n := range c.status {
		if !expected(r.Expect.Status, status) && n > s.n {
			worst, s.n = status, n
		}
	}
	if float64(s.n) < share*float64(s.of) {
		return s, false
	}
	if worst == 0 {
		return s, true
	}
	s.answer = route.Answer{Route: r.Name, Status: worst, Bytes: -1} // unknown
	for _, a := range answers {
		if a.Route == r.Name && a.Status == worst {
			s.answer = a
			break
		}
	}
	s.cause = why(s.answer)
	return s, s.cause != ""
}

func expected(list []int, status int) bool {
	if len(list) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(list, status)
}

// why names what lies behind an unexpected answer; empty when it is only an
// error of the route, such as a 404.
func why(a route.Answer) finding.ID {
	text := strings.ToLower(a.Excerpt)
	switch {
	case a.Status >= 300 && a.Status <= 399 && a.Status != 304:
		return whither(a.Location)
	case a.Status == 429:
		return Throttled
	case a.Status == 403 && (strings.Contains(text, "blocked host") || a.Bytes == 0):
		return Host // Rails' host authorization answers with an empty 403 in production
	case a.Status == 400 && strings.Contains(text, "host"):
		return Host
	case strings.Contains(text, "secret_key_base"):
		return Secret
	case a.Status == 422 || strings.Contains(text, "invalidauthenticitytoken"):
		return Token
	case a.Status >= 500:
		return Broken
	}
	return ""
}

// whither says what kind of place a redirect leads to.
func whither(location string) finding.ID {
	place := strings.ToLower(location)
	if _, path, ok := strings.Cut(place, "://"); ok {
		if _, after, ok := strings.Cut(path, "/"); ok {
			path = after
		}
		for _, word := range signs() {
			if strings.Contains(path, word) {
				return Login
			}
		}
		if strings.HasPrefix(place, "https://") {
			return HTTPS
		}
		return Redirect
	}
	for _, word := range signs() {
		if strings.Contains(place, word) {
			return Login
		}
	}
	return Redirect
}

// signs are what the paths of login pages hold.
func signs() []string {
	return []string{"login", "log_in", "log-in", "signin", "sign_in", "sign-in", "session", "/auth", "sso", "oauth"}
}

// uniform finds routes that all get the same short error, which is that of
// something in front of them.
func uniform(e Evidence, known []finding.Finding) (finding.Finding, bool) {
	if len(known) > 0 || len(e.Routes) < 3 {
		return finding.Finding{}, false
	}
	var first route.Answer
	for i, r := range e.Routes {
		c := tally(e.Cells, r.Name)
		at := slices.IndexFunc(e.Answers, func(a route.Answer) bool {
			return a.Route == r.Name && a.Status >= 400 && !expected(r.Expect.Status, a.Status) && float64(c.status[a.Status]) >= share*float64(c.offered)
		})
		if c.offered == 0 || at < 0 {
			return finding.Finding{}, false
		}
		if a := e.Answers[at]; i == 0 {
			first = a
		} else if a.Status != first.Status || a.Excerpt != first.Excerpt {
			return finding.Finding{}, false
		}
	}
	return finding.Finding{
		ID: Uniform, Severity: finding.Critical, Subject: "app",
		Title:    fmt.Sprintf("every route answers %d with the same %d bytes", first.Status, first.Bytes),
		Detail:   "All routes get one answer, so something in front of them gives it: a wrong address, a path that is missing before all routes, or a maintenance page.",
		Evidence: []finding.Evidence{{Text: quote(first)}},
		Caveats:  []string{},
		Next:     []string{"pitwall.yml:\n  processes:\n    - name: web\n      address: \"http://127.0.0.1:{port:web}/PATH/BEFORE/ALL/ROUTES\""},
	}, true
}

// quote shows an answer in one line.
func quote(a route.Answer) string {
	text := fmt.Sprintf("%s: %d", a.Route, a.Status)
	if a.Location != "" {
		text += ", Location " + a.Location
	}
	if a.Type != "" {
		text += ", " + a.Type
	}
	if line := firstWords(a.Excerpt); line != "" {
		text += ": " + line
	}
	return text
}

// firstWords is the text of an answer without its tags, cut short.
func firstWords(excerpt string) string {
	var b strings.Builder
	inTag := false
	for _, c := range excerpt {
		switch {
		case c == '<':
			inTag = true
		case c == '>':
			inTag = false
			b.WriteByte(' ')
		case !inTag && c >= ' ':
			b.WriteRune(c)
		case !inTag:
			b.WriteByte(' ')
		}
	}
	words := strings.Join(strings.Fields(b.String()), " ")
	if cut := []rune(words); len(cut) > 120 {
		return string(cut[:120]) + "..."
	}
	return words
}
