package bench

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/probe/ruby/worker"
)

func TestNewCodeRefuses(t *testing.T) {
	versions := []Version{{Name: "this tree"}}
	for _, c := range []struct {
		b        spec.Benchmark
		versions []Version
		pace     Pace
	}{
		{spec.Benchmark{Name: "a"}, versions, Pace{}},
		{spec.Benchmark{Name: "a", Code: "1"}, nil, Pace{}},
		{spec.Benchmark{Name: "a", Code: "1"}, versions, Pace{GC: "never"}},
	} {
		if _, err := NewCode(&spec.Bench{}, c.b, c.versions, c.pace); err == nil {
			t.Errorf("%+v is no error", c)
		}
	}
}

func TestCodePaths(t *testing.T) {
	here := Version{Dir: "/src/app", Ruby: []string{"ruby"}}
	old := Version{Dir: "/tmp/rev/tree/app"}
	c := &Code{file: &spec.Bench{File: "benchmarks/a.yml", Dir: "/src/app/benchmarks", Ruby: "bundle exec ruby"}, versions: []Version{old, here}}
	if got := c.path(old); got != "/tmp/rev/tree/app/benchmarks/a.yml" {
		t.Error(got)
	}
	if got := c.path(here); got != "/src/app/benchmarks/a.yml" {
		t.Error(got)
	}
	c.file.Dir = "/elsewhere"
	if got := c.path(old); got != filepath.Join("/elsewhere", "a.yml") {
		t.Error(got)
	}
	if got := old.ruby(c.file); !slices.Equal(got, []string{"bundle", "exec", "ruby"}) {
		t.Error(got)
	}
	err := old.shorten(&worker.RaisedError{Stage: "body", Class: "E", Message: "m", Where: "/tmp/rev/tree/app/lib/a.rb:3", Backtrace: []string{"/tmp/rev/tree/app/lib/a.rb:3:in `x'"}})
	var raised *worker.RaisedError
	if !errors.As(err, &raised) || raised.Where != "lib/a.rb:3" || raised.Backtrace[0] != "lib/a.rb:3:in `x'" {
		t.Errorf("%+v", raised)
	}
}

func TestOverlay(t *testing.T) {
	got := overlay([]string{"A=1", "B=2", "A=3", "AB=4"}, map[string]string{"A": "5", "C": ""})
	if want := []string{"B=2", "AB=4", "A=5", "C="}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVary(t *testing.T) {
	for n, want := range map[int64][]int64{1: {1, 1, 1, 1}, 15: {15, 15, 15, 15}, 16: {16, 17, 15, 16}, 1000: {1000, 1062, 938, 1000}} {
		var got []int64
		for turn := range 4 {
			got = append(got, vary(n, turn))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}

// timedBlocks are blocks of 10 calls of 1 µs, of CPU 800 ns, of which 100 ns are
// collection.
func timedBlocks(blocks int) *one {
	o := &one{unit: core.Unit{Values: map[core.Metric]float64{}, Overhead: 20e-9, GC: core.GC{Share: -1, Minor: -1, Major: -1}}}
	for range blocks {
		o.keep(worker.Batch{Calls: 10, Wall: 10_000, CPU: 8_000, GC: 1_000, Minor: 2, Major: 1})
	}
	return o
}

func near(a, b float64) bool { return a-b < 1e-15 && b-a < 1e-15 }

func TestReduce(t *testing.T) {
	o := timedBlocks(4)
	o.blocks[0].Wall, o.blocks[0].CPU, o.unit.WarmUp.First = 99_000, 99_000, 1
	o.blocks[3].Wall = 1_000_000 // an outlier moves no median
	if err := o.reduce(); err != nil {
		t.Fatal(err)
	}
	v := o.unit.Values
	if !near(v[core.Time], 980e-9) || !near(v[core.CPU], 780e-9) || v[core.Collections] != 0.3 || o.unit.GC.Share != 0.125 || o.unit.GC.Minor != 6 || o.unit.GC.Major != 3 {
		t.Errorf("%v, %+v", v, o.unit.GC)
	}
}

func TestReduceKeepsTheUnknown(t *testing.T) {
	o := timedBlocks(4)
	o.unit.Overhead = -1
	o.blocks[2].CPU, o.minor[1] = -1, -1
	if err := o.reduce(); err != nil {
		t.Fatal(err)
	}
	if _, ok := o.unit.Value(core.CPU); ok {
		t.Error("CPU is known")
	}
	if _, ok := o.unit.Value(core.Collections); ok || o.unit.GC.Share != -1 || o.unit.GC.Minor != -1 || o.unit.GC.Major != 4 {
		t.Errorf("%v, %+v", o.unit.Values, o.unit.GC)
	}
	if !near(o.unit.Values[core.Time], 1e-6) {
		t.Error(o.unit.Values)
	}
}

// What is left after the loop's cost must be ten times that cost, five times
// once it was accepted. The quickest block decides, by CPU time: 800 ns here.
func TestReduceRefusesWhatIsNotAboveTheLoop(t *testing.T) {
	for _, c := range []struct {
		overhead float64
		accepted bool
		fine     bool
	}{
		{20e-9, false, true}, {72e-9, false, true}, {73e-9, false, false}, {1e-6, false, false},
		{73e-9, true, true}, {132e-9, true, true}, {134e-9, true, false},
	} {
		o := timedBlocks(4)
		o.blocks[0].CPU, o.blocks[1].CPU = 80_000, -1
		o.unit.Overhead, o.pace.accepted = c.overhead, c.accepted
		var refused *worker.RefusedError
		if err := o.reduce(); (err == nil) != c.fine || !c.fine && !errors.As(err, &refused) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
