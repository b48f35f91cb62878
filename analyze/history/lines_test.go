package history

import (
	"reflect"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/run"
)

func TestLines(t *testing.T) {
	started := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	unit := func(arm int, v float64, discarded string) bench.Unit {
		return bench.Unit{Arm: arm, Values: map[bench.Metric]float64{bench.Time: v, bench.Objects: 120}, Discarded: discarded, Ruby: "ruby 3.1.2"}
	}
	r := &bench.Result{
		Run:  run.Run{ID: "id", Started: started, Revision: "old", Machine: run.Machine{Fingerprint: "m", CPU: "Xeon"}, Env: map[string]string{"A": "1"}},
		Arms: []bench.Arm{{Role: bench.Old, Revision: "abc"}, {Role: bench.Control, Revision: "abc"}, {Role: bench.New, Revision: "def", Env: map[string]string{"B": "2"}}},
		Benchmarks: []bench.Benchmark{
			{Name: "a", File: "f", Units: []bench.Unit{unit(0, 1, ""), unit(2, 2, ""), unit(1, 3, ""), unit(2, 4, "busy"), unit(2, 5, "")}},
			{Name: "b", File: "f", Refused: "it sleeps", Units: []bench.Unit{unit(2, 1, "")}},
			{Name: "c", File: "f"},
		},
	}
	want := []bench.Line{{
		Format: 1, Time: started, Revision: "def", Run: "id", Benchmark: "a", File: "f", Machine: "m", CPU: "Xeon", Ruby: "ruby 3.1.2",
		Env: map[string]string{"A": "1", "B": "2"}, Values: map[bench.Metric][]float64{bench.Time: {2, 5}, bench.Objects: {120, 120, 120}},
	}}
	if got := Lines(r); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	r.Arms = r.Arms[:1]
	if got := Lines(r); len(got) != 1 || got[0].Revision != "abc" || got[0].Values[bench.Time][0] != 1 {
		t.Errorf("one arm: %+v", got)
	}
	if got := Lines(&bench.Result{}); got == nil || len(got) != 0 {
		t.Errorf("nothing: %+v", got)
	}
	if r.Run.Env["B"] != "" {
		t.Error("the run was changed")
	}
}
