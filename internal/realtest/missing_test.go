package realtest

import (
	"fmt"
	"testing"
)

// recorder stands in for a test, to see what it would have been told.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Fatalf(f string, a ...any) { r.say("fail: "+f, a...) }
func (r *recorder) Skipf(f string, a ...any)  { r.say("skip: "+f, a...) }

// say keeps the first message only: the real ones end the test.
func (r *recorder) say(f string, a ...any) {
	if r.said == "" {
		r.said = fmt.Sprintf(f, a...)
	}
}

func TestMissingSkipsOrFails(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for mode, want := range map[string]string{
		"":        "skip: missing wrk (package wrk)",
		"require": "fail: missing wrk (package wrk), and PITWALL_REAL=require",
	} {
		t.Setenv("PITWALL_REAL", mode)
		r := &recorder{TB: t}
		Wrk(r)
		if r.said != want {
			t.Errorf("PITWALL_REAL=%q: %q, want %q", mode, r.said, want)
		}
	}
}
