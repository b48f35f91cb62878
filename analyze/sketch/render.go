package sketch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Render writes the app as a pitwall.yml with comments. It holds by the
// rules of core/spec as long as the command does.
func Render(a App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What Pitwall needs to know of this app. Every key: docs/pitwall-yml.md\n")
	fmt.Fprintf(&b, "app: %s                # the identity: laps compare only where it is equal\n", text(a.Name))
	b.WriteString(services)
	b.WriteString("processes:\n")
	web(&b, a)
	jobs(&b, a)
	if a.Kind == Rails {
		b.WriteString(session)
	}
	list(&b, a)
	fmt.Fprintf(&b, "\n# traffic:\n#   rate_per_s: 40            # arrivals in production: then a lap says how many processes they need\n")
	b.WriteString("\n# allow: [search.internal:9200]   # hosts the app may talk to, beside loopback\n")
	database := "a_copy"
	if a.Database != "" {
		database = a.Database + "_copy"
	}
	fmt.Fprintf(&b, "\n# Routes with \"writes: true\" are driven only where the database is named here: a copy that you can lose.\n# disposable: [%s]\n", database)
	return b.String()
}

const services = `
# Databases and the like that should be started for a lap and stopped after it. What runs already on this machine needs
# nothing here.
# services:
#   - name: redis
#     command: redis-server --port {port:redis} --save ''
#     port: auto
#     ready: {tcp: "127.0.0.1:{port:redis}"}

`

const session = `
# A login, for routes with "session: true":
# session:
#   steps:
#     - name: login
#       method: POST
#       path: /login
#       csrf: /login            # the page that holds the form with the token
#       form: {email: someone@example.com, password: secret}
#       expect: {status: [302, 303]}
`

func web(b *strings.Builder, a App) {
	fmt.Fprintf(b, "  - name: web\n    command: %s   # no shell runs it\n", text(a.Command))
	if a.Address != "" {
		fmt.Fprintf(b, "    address: %s\n", text(a.Address))
	} else {
		b.WriteString("    port: auto                # a free one at each start, given as PORT\n")
	}
	if a.Kind != HTTP {
		b.WriteString("    env:\n      RACK_ENV: production\n")
	}
	if a.Kind == Rails {
		b.WriteString("      RAILS_ENV: production\n      RAILS_LOG_TO_STDOUT: \"1\"\n      RAILS_SERVE_STATIC_FILES: \"1\"\n")
		if !a.HasSecret {
			b.WriteString("      SECRET_KEY_BASE: for-measuring-only-0123456789abcdef0123456789abcdef\n")
		}
		b.WriteString("      # WEB_CONCURRENCY: 2     # workers and threads as in production\n      # RAILS_MAX_THREADS: 3\n      # DATABASE_URL: postgresql:///shop_benchmark\n")
	}
	if a.ForcesSSL {
		b.WriteString("      # config.force_ssl is on: every request over http gets a redirect. Make it depend on a variable and\n      # switch it off here.\n")
	}
	fmt.Fprintf(b, "    ready:\n      http: %s                # any answer below 500\n", text(a.Health))
}

func jobs(b *strings.Builder, a App) {
	if a.Jobs == "" {
		return
	}
	fmt.Fprintf(b, "  # - name: jobs              # without it jobs are queued and not done\n  #   command: %s\n", text(a.Jobs))
	if a.Kind == Rails {
		b.WriteString("  #   env: {RAILS_ENV: production}\n")
	}
}

// list writes the routes: those that are sure, and the others as comments.
func list(b *strings.Builder, a App) {
	b.WriteString("\n# What to ask, and how often: weights are relative, 1 when absent. Templates take parameters:\n" +
		"#   - name: order\n#     path: /orders/{id}\n#     params: {id: {range: [1, 1000]}}\nroutes:\n")
	sure := 0
	for _, r := range a.Routes {
		if r.Sure {
			sure++
			fmt.Fprintf(b, "  - name: %s\n    path: %s\n", text(routeName(r.Path)), text(r.Path))
		}
	}
	if sure == 0 {
		b.WriteString("  - name: home\n    path: /\n")
	}
	for _, r := range a.Routes {
		if !r.Sure {
			fmt.Fprintf(b, "  # - name: %s               # %s\n  #   path: %s\n", text(routeName(r.Path)), r.Why, text(r.Path))
		}
	}
	b.WriteString("# routes_from: log/production.log   # weights from a Rails, nginx or Apache log instead\n")
}

func routeName(path string) string {
	if path == "/" {
		return "home"
	}
	return strings.Trim(path, "/")
}

var plain = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./=@{}+,-]*(:[A-Za-z0-9_./={}+,-]+)*( [A-Za-z0-9_./=@{}+,-]+(:[A-Za-z0-9_./={}+,-]+)*)*$`)

// text writes a YAML scalar: plain where that is safe, else in the double
// quotes that JSON and YAML share.
func text(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if plain.MatchString(s) {
			return s
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}
