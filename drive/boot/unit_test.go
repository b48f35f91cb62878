package boot

import (
	"slices"
	"testing"

	"pitwall/core/spec"
)

// An app that a package installed is described from elsewhere.
func TestDirectoryOfUnit(t *testing.T) {
	a := &App{Spec: &spec.Spec{Dir: "/srv/bench"}, Dir: t.TempDir()}
	for dir, want := range map[string]string{"": "/srv/bench", "app": "/srv/bench/app", "/usr/share/app": "/usr/share/app"} {
		u, err := a.unit("web", "puma", dir, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if u.Dir != want {
			t.Errorf("dir %q: %s, want %s", dir, u.Dir, want)
		}
		if !slices.Contains(u.Env, "PWD="+want) {
			t.Errorf("dir %q: its PWD is not %s", dir, want)
		}
	}
}
