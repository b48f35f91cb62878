package pairs

import (
	"testing"
	"time"

	"pitwall/analyze/bench"
	"pitwall/core/spec"
	"pitwall/drive/lap"
)

func TestDurationAndItsParts(t *testing.T) {
	for _, c := range []struct {
		name             string
		o                Options
		each, pilot, all time.Duration
	}{
		{"by default", Options{}, DefaultBoot, 18 * time.Second, 9*10*time.Second + 18*time.Second + 8*32*time.Second},
		{"more boots", Options{Boots: 6}, DefaultBoot, 18 * time.Second, 13*10*time.Second + 18*time.Second + 12*32*time.Second},
		{"too few boots", Options{Boots: 1}, DefaultBoot, 18 * time.Second, 9*10*time.Second + 18*time.Second + 8*32*time.Second},
		{"a budget", Options{Time: 178 * time.Second}, 20 * time.Second, 18 * time.Second, 9*10*time.Second + 178*time.Second},
		{"a small budget", Options{Time: 40 * time.Second}, 4 * time.Second, 8 * time.Second, 9*10*time.Second + 40*time.Second},
		{"less than anything takes", Options{Time: 10 * time.Second}, 4 * time.Second, 2 * time.Second, 9*10*time.Second + 2*time.Second + 8*4*time.Second},
		{"a given rate needs no pilot", Options{Time: 80 * time.Second, Lap: lap.Options{Rate: 5}}, 10 * time.Second, 0, 8*10*time.Second + 80*time.Second},
	} {
		if c.o.each() != c.each || c.o.pilot() != c.pilot || c.o.Duration(10*time.Second) != c.all {
			t.Errorf("%s: each %s, pilot %s, in all %s; want %s, %s, %s", c.name, c.o.each(), c.o.pilot(), c.o.Duration(10*time.Second), c.each, c.pilot, c.all)
		}
	}
}

// Every boot draws its own requests, samples nothing, stores nothing, and says
// no more than how far it is.
func TestOptionsOfABoot(t *testing.T) {
	var heard []lap.Event
	old, changed := &spec.Spec{App: "old"}, &spec.Spec{App: "new"}
	o := Options{Old: Version{Name: "main", Spec: old}, New: Version{Name: "A=1", Spec: changed, Env: map[string]string{"A": "1"}},
		Lap: lap.Options{Seed: 40, Hz: 100, Sink: func(e lap.Event) { heard = append(heard, e) }}}
	one := o.options(o.version(bench.New), "boot 3/8", 2)
	if one.Spec != changed || one.Env["A"] != "1" || one.Seed != 42 || one.Hz != 0 || one.Journal != nil {
		t.Errorf("%+v", one)
	}
	if v := o.version(bench.Old); v.Spec != old || v.Env != nil {
		t.Errorf("%+v", v)
	}
	one.Sink(lap.Event{Stage: "boot", Text: "starting web"})
	one.Sink(lap.Event{Stage: "warm-up", Total: time.Second})
	if len(heard) != 1 || heard[0].Stage != "boot 3/8, warm-up" {
		t.Errorf("%+v", heard)
	}
	if o.Lap.Hz != 100 || o.Lap.Seed != 40 {
		t.Error("what the boots share was changed")
	}
}
