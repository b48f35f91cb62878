package bench

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"

	"pitwall/core/spec"
	"pitwall/drive/boot"
)

// Apps holds an app in every version of a run: its description where the
// version lies, and its services once something asks for them. Each version
// has services of its own for the whole run, since two versions may want two
// schemas. It may be shared by all benchmarks of a file.
type Apps struct {
	Spec       *spec.Spec
	Versions   []Version
	Supervisor []string     // our own binary with the hidden word that becomes the supervisor
	Say        func(string) // progress; nil says nothing

	mu      sync.Mutex
	running map[int]*boot.App
}

// app describes the app of an arm. Directories that pitwall.yml names start
// at the version's own.
func (a *Apps) app(arm int) *spec.Spec {
	s := *a.Spec
	s.Dir = a.Versions[arm].Dir
	return &s
}

func (a *Apps) say(format string, args ...any) {
	if a.Say != nil {
		a.Say(fmt.Sprintf(format, args...))
	}
}

// options of a boot of an arm; what env sets is laid under what the version
// sets.
func (a *Apps) options(arm int, env map[string]string) boot.Options {
	all := maps.Clone(env)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, a.Versions[arm].Env)
	name := a.Versions[arm].Name
	return boot.Options{Supervisor: a.Supervisor, Env: all, Say: func(text string) { a.say("%s: %s", name, text) }}
}

// services starts the services of an arm, unless they run.
func (a *Apps) services(ctx context.Context, arm int) (*boot.App, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if app := a.running[arm]; app != nil {
		return app, app.Dead()
	}
	o := a.options(arm, nil)
	o.Processes = []string{}
	app, err := boot.Start(ctx, a.app(arm), o)
	if err != nil {
		return nil, err
	}
	if a.running == nil {
		a.running = map[int]*boot.App{}
	}
	a.running[arm] = app
	return app, nil
}

// Close stops all services. It may be called twice.
func (a *Apps) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all sync.WaitGroup
	for _, app := range a.running {
		all.Go(app.Stop)
	}
	all.Wait()
	a.running = nil
}

// base is the path before every route's, without a slash at its end.
func base(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}

// padding makes the environment n bytes longer.
func padding(n int) map[string]string {
	if n <= 0 {
		return nil
	}
	return map[string]string{"PITWALL_PAD": strings.Repeat("x", n)}
}
