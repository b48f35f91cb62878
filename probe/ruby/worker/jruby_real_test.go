package worker

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// JRuby has no count of objects, no GC.disable, its own JIT and a wrapper
// script before it: what cannot be known is unknown there.
func TestRealJRuby(t *testing.T) {
	w := start(t, Options{Ruby: []string{realtest.JRuby(t)}, Limit: time.Minute})
	if h := w.Hello(); h.Engine != "jruby" || h.JIT != "jvm" || !strings.HasPrefix(h.Ruby, "jruby ") {
		t.Errorf("%+v", h)
	}
	again(t, w, map[string]any{"file": file, "code": `rows.map(&:to_s)`, "code_line": 7, "setup": "rows = Array.new(100) { |i| i }"})
	got, err := w.Count(t.Context(), Counting{})
	if err != nil || got.Objects != -1 || got.Bytes < 100*24 || got.Bytes > 1<<20 || got.Calls != 15 || got.Digest == "" {
		t.Errorf("%+v, %v", got, err)
	}
	b, err := w.Batch(t.Context(), 2000, nil)
	if err != nil || b.Calls != 2000 || b.Wall <= 0 || b.CPU <= 0 || b.GC < 0 || b.Minor < 0 || b.Major < 0 {
		t.Errorf("%+v, %v", b, err)
	}
	if over, err := w.Overhead(t.Context()); err != nil || over <= 0 || over > 1e-4 {
		t.Errorf("overhead %v, %v", over, err)
	}

	var refused *RefusedError
	again(t, w, code("sleep 0.01"))
	if _, err := w.Count(t.Context(), Counting{}); !errors.As(err, &refused) || refused.Where != file+":7" {
		t.Errorf("%v", err)
	}
	var raised *RaisedError
	again(t, w, code("1\nnil.frobnicate"))
	if _, err := w.Count(t.Context(), Counting{}); !errors.As(err, &raised) || raised.Class != "NoMethodError" || raised.Where != file+":8" {
		t.Errorf("%v, %+v", err, raised)
	}
	var syntax *SyntaxError
	if _, err := w.Load(t.Context(), Load{Kind: "code", Params: code("1 +\n]")}); !errors.As(err, &syntax) || syntax.Where != file+":8" {
		t.Errorf("%v", err)
	}
	badSyntax(t, w)
	nextEnds(t, w)
	end, err := w.Close(t.Context())
	if err != nil || end.Peak < 50<<20 || alive(w.Hello().PID) {
		t.Errorf("%+v, %v", end, err)
	}
}

func TestRealJRubyReadsRubyForm(t *testing.T) {
	got, err := Read(t.Context(), Options{Ruby: []string{realtest.JRuby(t)}, Env: os.Environ()}, "testdata/map.rb")
	if err != nil || len(got.Benchmarks) != 5 || got.Benchmarks[1].CodeLine != 10 {
		t.Errorf("%+v, %v", got, err)
	}
}
