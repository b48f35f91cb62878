package worker

import (
	"os"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// code loads a piece of Ruby.
func code(text string) Load {
	return Load{Kind: "code", Params: map[string]any{"file": "/app/bench.yml", "code": text, "code_line": 7}}
}

func start(t *testing.T, ruby ...string) *Worker {
	t.Helper()
	if len(ruby) == 0 {
		ruby = []string{realtest.Ruby(t)}
	}
	w, err := Start(t.Context(), Options{Ruby: ruby, Dir: t.TempDir(), Env: os.Environ(), Limit: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Kill)
	return w
}

func TestRealCode(t *testing.T) {
	w := start(t, os.Getenv("RB"))
	t.Logf("%+v", w.Hello())
	loaded, err := w.Load(t.Context(), code(`"a" + "b"`))
	t.Logf("%+v %s %v", loaded, loaded.Facts, err)
	counts, err := w.Count(t.Context(), Counting{})
	t.Logf("%+v %v", counts, err)
	over, err := w.Overhead(t.Context())
	t.Log(over, err)
	b, err := w.Batch(t.Context(), 100000, nil)
	t.Logf("%+v %v", b, err)
	end, err := w.Close(t.Context())
	t.Logf("%+v %v", end, err)
}
