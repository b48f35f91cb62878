package realtest

import "testing"

func TestRealToolsAreFound(t *testing.T) {
	for name, find := range map[string]func(testing.TB) string{
		"ruby": Ruby, "jruby": JRuby, "puma": Puma, "sidekiq": Sidekiq, "postgres": Postgres, "redis": Redis,
		"chromium": Chromium, "nginx": Nginx, "wrk": Wrk, "strace": Strace, "valgrind": Valgrind, "hyperfine": Hyperfine,
		"rails": func(t testing.TB) string { Rails(t); return "loads" },
	} {
		t.Run(name, func(t *testing.T) {
			if path := find(t); path == "" {
				t.Error("no path")
			}
		})
	}
}
