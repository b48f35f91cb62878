package spec

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhereBenchmarksBelong(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"app/benchmarks/deep", "lib/benchmarks", "lib/.git", "plain"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, "app", FileName), []byte("app: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(top, "plain", ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, app, root, spec string }{
		{"app/benchmarks/deep", "", "app", "app/pitwall.yml"},
		{"lib/benchmarks", "", "lib", ""},
		{"plain", "", "plain", ""},
		{"plain", "../app/pitwall.yml", "app", "app/pitwall.yml"},
	} {
		b := &Bench{Dir: filepath.Join(top, c.dir), App: c.app}
		want := ""
		if c.spec != "" {
			want = filepath.Join(top, c.spec)
		}
		if b.AppPath() != want || b.Root() != filepath.Join(top, c.root) {
			t.Errorf("%+v: %q, %q", c, b.AppPath(), b.Root())
		}
	}
}
