package worthless

import (
	"fmt"
	"strings"

	"pitwall/core/finding"
)

// cause is one way for answers to be worthless.
type cause struct {
	id     finding.ID
	does   string                 // "redirects to https", of a route
	detail string                 // why it matters
	mend   func(spoiled) []string // what to write or type
}

// causes are all of them, the most certain first.
func causes() []cause {
	return []cause{
		{HTTPS, "redirects to https", "The app wants TLS, which ends at a proxy that is not here. What would be measured is the redirect.", header("X-Forwarded-Proto", "https")},
		{Host, "refuses the Host header", "The app answers only to the hosts it knows (Rails: config.hosts). What would be measured is the refusal.", header("Host", "YOUR.APP.EXAMPLE")},
		{Login, "redirects to the login", "The page is for those who are logged in. What would be measured is the redirect.", login},
		{Redirect, "redirects elsewhere", "What would be measured is the redirect, not the page.", redirected},
		{Throttled, "is throttled (429)", "Something counts requests by address and refuses the rest, as Rack::Attack does. What would be measured is the refusal.", throttled},
		{Secret, "fails for want of a secret key", "Rails in production does not answer without secret_key_base.", environment("SECRET_KEY_BASE: \"only-for-measuring-0123456789abcdef0123456789abcdef\"")},
		{Token, "refuses the request's token (422)", "A form needs its authenticity token, or values that the app accepts.", tokens},
		{Broken, "fails (5xx)", "The route does not work here. What would be measured is the error page.", logs},
		{Silent, "gives no answer", "Requests ended without an answer: the app closed the connection, refused it, or took too long.", logs},
	}
}

// findings says it once of the app when all routes suffer from it, else of
// each route.
func (c cause) findings(of []spoiled, asked int) []finding.Finding {
	if len(of) == 0 {
		return nil
	}
	if len(of) == asked && asked > 1 {
		f := c.finding(of[0], "app", "every route "+c.does)
		for _, s := range of[1:] {
			f.Evidence = append(f.Evidence, evidence(s))
		}
		return []finding.Finding{f}
	}
	var out []finding.Finding
	for _, s := range of {
		out = append(out, c.finding(s, s.route.Name, s.route.Name+" "+c.does))
	}
	return out
}

func (c cause) finding(s spoiled, subject, title string) finding.Finding {
	return finding.Finding{
		ID: c.id, Severity: finding.Critical, Subject: subject, Title: title, Detail: c.detail,
		Evidence: []finding.Evidence{evidence(s)}, Caveats: []string{}, Next: c.mend(s),
	}
}

func evidence(s spoiled) finding.Evidence {
	text := fmt.Sprintf("%d of %d requests", s.n, s.of)
	if s.answer.Status > 0 {
		return finding.Evidence{Text: text + ", " + quote(s.answer)}
	}
	return finding.Evidence{Text: s.route.Name + ": " + text + " without an answer"}
}

// lines puts lines of YAML under the spoiled route.
func lines(s spoiled, yaml ...string) string {
	return "pitwall.yml:\n  routes:\n    - name: " + s.route.Name + "\n      " + strings.Join(yaml, "\n      ")
}

func header(name, value string) func(spoiled) []string {
	return func(s spoiled) []string {
		return []string{lines(s, "headers: {"+name+": "+value+"}")}
	}
}

func environment(line string) func(spoiled) []string {
	return func(spoiled) []string {
		return []string{"pitwall.yml:\n  processes:\n    - name: web\n      env:\n        " + line}
	}
}

func login(s spoiled) []string {
	place := s.answer.Location
	if _, rest, ok := strings.Cut(place, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		place = "/" + path
	}
	if place, _, _ = strings.Cut(place, "?"); place == "" {
		place = "/login"
	}
	if s.route.Session {
		return []string{"check the login in session: of pitwall.yml: its cookies do not open " + s.route.Path}
	}
	return []string{
		"pitwall.yml:\n  session:\n    steps:\n      - method: POST\n        path: " + place + "\n        csrf: " + place +
			"\n        form: {email: user@example.com, password: secret}\n        expect: {status: [302, 303]}",
		lines(s, "session: true"),
	}
}

func redirected(s spoiled) []string {
	return []string{
		lines(s, fmt.Sprintf("expect: {status: [%d]}   # if the redirect is the answer, as after a form", s.answer.Status)),
		lines(s, "path: THE PLACE IT LEADS TO   # "+s.answer.Location),
	}
}

func throttled(s spoiled) []string {
	return append(environment("RACK_ATTACK: \"off\"   # or whatever switch the app's throttle has; let 127.0.0.1 through")(s),
		lines(s, "headers: {X-Forwarded-For: 203.0.113.7}   # when the throttle trusts it"))
}

func tokens(s spoiled) []string {
	if s.route.CSRF != "" {
		return []string{"the token was fetched from " + s.route.CSRF + ": check the form's values, and what the app logs"}
	}
	return []string{lines(s, "csrf: /PAGE/WITH/THE/FORM")}
}

func logs(s spoiled) []string {
	return []string{"curl -i the route's address (" + s.route.Verb() + " " + s.route.Path + ") and read what the app logs"}
}
