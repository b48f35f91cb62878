// Package sketch draws a first pitwall.yml from what an app's directory
// shows: its framework, its server, its routes. It runs nothing and guesses
// little; what it is not sure of it writes as a comment.
package sketch

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"pitwall/core/spec"
)

// Kind is what an app is built on.
type Kind string

const (
	Rails Kind = "Rails"
	Rack  Kind = "Rack"
	HTTP  Kind = "HTTP" // anything that speaks it
)

// App is what was seen of an app.
type App struct {
	Kind       Kind
	Name       string  // for app:
	Command    string  // of the web process; empty when it could not be told
	Address    string  // fixed; empty when the command takes its port from {port:web} or PORT
	Jobs       string  // command that works jobs off; empty when none was seen
	Health     string  // path that tells readiness; "/" when none was seen
	Routes     []Route // in the order of the file
	Database   string  // production's name; empty when unknown
	HasSecret  bool    // a master key or a committed secret is there
	ForcesSSL  bool
	SeenRoutes bool // config/routes.rb was read
}

// Route is a suggestion.
type Route struct {
	Path string
	Sure bool   // a plain GET without a login; others become comments
	Why  string // why not sure
}

// maxFile bounds each file that is read.
const maxFile = 1 << 20

// Look reads an app's directory; name is used where the app does not name
// itself. An app that is neither Rails nor Rack has no command: Look cannot
// tell how it is started.
func Look(dir fs.FS, name string) App {
	d := directory{dir}
	a := App{Kind: HTTP, Name: identity(name), Health: "/"}
	application := d.text("config/application.rb")
	switch {
	case strings.Contains(application, "Rails::Application"):
		a.Kind = Rails
		d.rails(&a, application)
	case d.has("config.ru"):
		a.Kind = Rack
	default:
		return a
	}
	a.Command, a.Jobs = d.commands()
	if len(a.Routes) == 0 {
		a.Routes = []Route{{Path: "/", Sure: true}}
	}
	return a
}

type directory struct{ fs fs.FS }

func (d directory) has(name string) bool {
	info, err := fs.Stat(d.fs, name)
	return err == nil && info.Mode().IsRegular()
}

// text is a file's text; empty when there is none, or when it is too large
// to be what its name says.
func (d directory) text(name string) string {
	info, err := fs.Stat(d.fs, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return ""
	}
	b, err := fs.ReadFile(d.fs, name)
	if err != nil {
		return ""
	}
	return string(b)
}

var (
	moduleLine   = regexp.MustCompile(`(?m)^\s*module\s+([A-Z]\w*)`)
	sslLine      = regexp.MustCompile(`(?m)^\s*config\.force_ssl\s*=\s*true`)
	portSetting  = regexp.MustCompile(`ENV(\.fetch\(|\[)\s*["']PORT["']`)
	notInName    = regexp.MustCompile(`[^a-z0-9_-]+`)
	databaseName = regexp.MustCompile(`^\s+database:\s*["']?([A-Za-z0-9_]+)["']?\s*$`)
)

// identity makes a name fit for app:.
func identity(name string) string {
	name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if name == "" {
		return "app"
	}
	return name
}

func (d directory) rails(a *App, application string) {
	if m := moduleLine.FindStringSubmatch(application); m != nil {
		a.Name = identity(snake(m[1]))
	}
	a.HasSecret = d.has("config/master.key") || d.has("config/secrets.yml")
	a.ForcesSSL = sslLine.MatchString(d.text("config/environments/production.rb"))
	a.Database = productionDatabase(d.text("config/database.yml"))
	if text := d.text("config/routes.rb"); text != "" {
		a.SeenRoutes = true
		a.Routes, a.Health = routes(text)
	}
}

// snake turns CamelCase into snake_case.
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' && !(s[i-1] >= 'A' && s[i-1] <= 'Z') {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// productionDatabase is the plain name under "production:" in database.yml.
func productionDatabase(text string) string {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && line[0] != ' ' && line[0] != '#' {
			inside = strings.HasPrefix(line, "production:")
		}
		if m := databaseName.FindStringSubmatch(line); inside && m != nil {
			return m[1]
		}
	}
	return ""
}

// commands are how to start the web process and the one that works jobs off.
func (d directory) commands() (web, jobs string) {
	prefix := ""
	if d.has("Gemfile") {
		prefix = "bundle exec "
	}
	web, jobs = procfile(d.text("Procfile"))
	if web == "" {
		web = prefix + d.server()
	}
	if jobs == "" && (d.has("config/sidekiq.yml") || strings.Contains(d.text("Gemfile"), "sidekiq")) {
		jobs = prefix + "sidekiq"
	}
	return web, jobs
}

func (d directory) server() string {
	const bind = " -b tcp://127.0.0.1:{port:web}"
	if config := d.text("config/puma.rb"); config != "" {
		if portSetting.MatchString(config) {
			return "puma -C config/puma.rb"
		}
		return "puma -C config/puma.rb" + bind
	}
	for _, name := range []string{"config/unicorn.rb", "config/unicorn.conf.rb"} {
		if d.has(name) {
			return "unicorn -c " + name + " -l 127.0.0.1:{port:web}"
		}
	}
	return "puma" + bind
}

var (
	procfileLine = regexp.MustCompile(`(?m)^([A-Za-z0-9_-]+):\s*(\S.*?)\s*$`)
	portVariable = regexp.MustCompile(`\$\{PORT(?::?-\d+)?\}|\$PORT\b`)
)

// procfile takes the commands that need no shell: "web", and the first that
// is named after jobs.
func procfile(text string) (web, jobs string) {
	for _, m := range procfileLine.FindAllStringSubmatch(text, -1) {
		command := portVariable.ReplaceAllString(m[2], "{port:web}")
		if _, err := spec.Words(command); err != nil {
			continue
		}
		if _, err := spec.Expand(command, spec.Vars{Ports: map[string]int{"web": 1}}); err != nil {
			continue
		}
		switch name := path.Base(m[1]); {
		case name == "web" && web == "":
			web = command
		case jobs == "" && (name == "worker" || name == "jobs" || name == "sidekiq"):
			jobs = strings.ReplaceAll(command, "{port:web}", "0")
		}
	}
	return web, jobs
}
