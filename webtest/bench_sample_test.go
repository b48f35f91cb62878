package webtest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/web"
)

const (
	again       = ", again" // ends the name of a control
	benchRounds = 10
	benchID     = "01930000-0000-7000-8000-00000000000b"
)

// shape is what a made-up benchmark does: the time of a call in the old and
// the new version, how far processes spread, and what is counted.
type shape struct {
	name     string
	kind     bench.Kind
	time     [2]float64 // seconds a call
	spread   float64    // of a process, on the logarithm
	counters map[bench.Metric][2]float64
	warms    float64 // how much slower the first block is
	macro    string
	because  *bench.Because
	budgets  []bench.Budget
}

func benchShapes() []shape {
	return []shape{
		{
			name: "Export#build_rows", kind: bench.Code, time: [2]float64{0.00412, 0.00268}, spread: 0.012, warms: 2.6,
			counters: map[bench.Metric][2]float64{bench.Objects: {18406, 10211}, bench.Statements: {3, 3}},
			macro:    "Export#build_rows was 31 % of GET /export in the last lap, so 35 % less of it is 11 % of the route, 45 ms of its 412 ms.",
			because:  &bench.Because{Source: "production log", Date: "2026-11-02", Share: 0.18, Text: "the nightly export times out"},
			budgets: []bench.Budget{
				{Text: "objects <= 12000", Value: *estimate(10211, 0, "1"), Holds: stat.Same, Why: "10211 each time"},
				{Text: "statements == 2", Value: *estimate(3, 0, "1"), Holds: stat.Worse, Why: "3 each time"},
				{Text: "time < 2.7 ms", Value: *estimate(0.00268, 0.011, "s"), Holds: stat.Undecided, Why: "the interval holds the limit"},
			},
		},
		{
			name: "GET /orders", kind: bench.Route, time: [2]float64{0.0214, 0.02145}, spread: 0.007, warms: 1.7,
			counters: map[bench.Metric][2]float64{bench.Objects: {9120, 9120}, bench.Statements: {4, 4}},
			because:  &bench.Because{Source: "lap", Date: "2026-11-20", Share: 0.33},
		},
		{name: hostile, kind: bench.Command, time: [2]float64{0.212, 0.215}, spread: 0.06, warms: 1},
	}
}

func estimate(point, half float64, unit string) *stat.Estimate {
	return &stat.Estimate{
		Point: point, Low: point * (1 - half), High: point * (1 + half), Unit: unit, Asked: 0.95, Reached: 0.95, N: benchRounds, Method: "median of processes",
	}
}

// benchSample is a made-up run of benchmarks: one better, with counters; one
// the same; one undecided, in noise, with a hostile name.
func benchSample() *bench.Result {
	r := rand.New(rand.NewPCG(3, 20261123))
	result := &bench.Result{
		Schema: bench.Schema, Seed: 7218, Margin: 0.02, GC: "natural",
		Arms: []bench.Arm{
			{Name: "main", Role: bench.Old, Revision: "4fb1d0a3c9e27765", Ruby: "ruby 3.3.6 +YJIT [x86_64-linux]", Env: map[string]string{}},
			{Name: "this tree", Role: bench.New, Revision: "9c02ee1b7a5d4e10+dirty", Ruby: "ruby 3.3.6 +YJIT [x86_64-linux]", Env: map[string]string{"RUBYOPT": "--yjit"}},
			{Name: "main" + again, Role: bench.Control, Revision: "4fb1d0a3c9e27765", Ruby: "ruby 3.3.6 +YJIT [x86_64-linux]", Env: map[string]string{}},
		},
		Doubts: []string{"4.1 % of the processors' time was taken by other guests of this host (steal): wall time spreads more than the code does."},
	}
	result.Run = benchRun()
	for _, s := range benchShapes() {
		result.Benchmarks = append(result.Benchmarks, benchmarkOf(r, s))
	}
	result.Verdict = stat.Undecided
	result.Text = "1 of 3 benchmarks is better, 1 is the same, 1 is undecided."
	return result
}

func benchRun() run.Run {
	begin := time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)
	return run.Run{
		ID: benchID, Command: "bench", App: "shop", Args: []string{"bench", "benchmarks/export.yml", "--against", "main"}, Started: begin, Ended: begin.Add(254 * time.Second),
		Status: run.Complete, Revision: "9c02ee1b7a5d4e10+dirty", Ruby: "ruby 3.3.6", Seed: 7218, Pitwall: "0.3.0", Settings: "b61f",
		Summary: "1 better, 1 the same, 1 undecided", Labels: map[string]string{"verdict": "undecided"},
		Machine: run.Machine{Fingerprint: "2f9c41d07a", Hostname: "ci-4", OS: "Debian GNU/Linux 12", Kernel: "6.1.0", Arch: "x86_64", CPU: "AMD EPYC 7763", Cores: 2, MemoryBytes: 8 << 30},
		Gems:    map[string]string{"rails": "7.2.2"}, Env: map[string]string{"RAILS_ENV": "production"}, Parts: []run.Part{{Name: "bench.json"}},
	}
}

func benchmarkOf(r *rand.Rand, s shape) bench.Benchmark {
	b := bench.Benchmark{
		Name: s.name, Kind: s.kind, File: "benchmarks/export.yml", Because: s.because, Macro: s.macro, Budgets: s.budgets, Rounds: benchRounds,
		Notes: []string{"The harness costs less than a hundredth of a call."},
	}
	values := map[bench.Metric]*[3][]float64{}
	for round := range benchRounds {
		drift := 1 + 0.03*math.Sin(float64(round)/3)
		for place, arm := range r.Perm(3) {
			u := unitOf(r, s, arm, drift)
			u.Round, u.Place = round, 3*round+place
			u.Start = int64(u.Place) * 8e9
			u.End = u.Start + 7e9
			b.Units = append(b.Units, u)
			for m, v := range u.Values {
				if values[m] == nil {
					values[m] = new([3][]float64)
				}
				values[m][arm] = append(values[m][arm], v)
			}
		}
	}
	judge(&b, values)
	b.WarmUps = []bench.Warmed{{Arm: 0, Classes: map[bench.Class]int{bench.WarmedUp: 9, bench.Flat: 1}, Took: 0.62}, {Arm: 1, Classes: map[bench.Class]int{bench.WarmedUp: 10}, Took: 0.44}}
	b.GC = []bench.Collected{
		{Arm: 0, GC: bench.GC{Mode: "natural", Share: 0.118, Minor: 214, Major: 11}},
		{Arm: 1, GC: bench.GC{Mode: "natural", Share: 0.071, Minor: 122, Major: 7}},
		{Arm: 2, GC: bench.GC{Mode: "natural", Share: 0.117, Minor: 213, Major: 11}},
	}
	if s.kind == bench.Command {
		asCommand(&b)
	}
	return b
}

// asCommand leaves of a benchmark what is known of a command: how long a process
// takes to start, nothing of its collector.
func asCommand(b *bench.Benchmark) {
	unknown := bench.GC{Share: -1, Minor: -1, Major: -1}
	for i := range b.Units {
		b.Units[i].Overhead, b.Units[i].GC = 0.0022, unknown
	}
	for i := range b.GC {
		b.GC[i].GC = unknown
	}
}

// judge compares as the real judge does, with the control's noise beside it.
func judge(b *bench.Benchmark, values map[bench.Metric]*[3][]float64) {
	change := bench.Change{Arm: 1, Verdict: stat.Same, Stopped: "the answer was clear after 10 rounds"}
	for _, trait := range bench.Traits() {
		v := values[trait.Metric]
		if v == nil {
			continue
		}
		rule := stat.Rule{Metric: string(trait.Metric), Unit: trait.Unit, Margin: 0.02}
		compare := stat.ComparePairs
		if trait.Counter {
			compare = stat.CompareCounters
			rule.Margin = 0
		}
		c := compare(rule, v[0], v[1])
		change.Comparisons = append(change.Comparisons, c)
		spread := stat.PairedRatio(v[0], v[2], 0.95)
		noise := bench.Noise{Metric: trait.Metric, Ratio: spread, Spread: math.Log(spread.High / spread.Point)}
		if !trait.Counter {
			noise.Smallest = math.Log(spread.High/spread.Point) * 1.24
		}
		b.Noise = append(b.Noise, noise)
		if trait.Metric == bench.Time {
			change.Verdict = c.Verdict
			change.Text = fmt.Sprintf("%s: time %s", c.Verdict, c.Why)
		}
	}
	if change.Verdict == stat.Better {
		change.Confirmed = &bench.Confirmation{Metric: bench.Time, Rounds: 5, Ratio: stat.PairedRatio(values[bench.Time][0][:5], values[bench.Time][1][:5], 0.95), Held: true}
	}
	if change.Verdict == stat.Undecided {
		change.Stopped = "the time for this benchmark was spent"
	}
	b.Changes = []bench.Change{change}
}

// unitOf is one process: it is slow in its first blocks, then steady.
func unitOf(r *rand.Rand, s shape, arm int, drift float64) bench.Unit {
	version := arm % 2 // the control is the old version
	steady := s.time[version] * drift * math.Exp(s.spread*r.NormFloat64())
	first := 0
	if s.warms > 1 {
		first = 8 + r.IntN(5)
	}
	u := bench.Unit{
		Benchmark: s.name, Arm: arm, Values: map[bench.Metric]float64{bench.Time: steady, bench.CPU: steady * 0.94 * math.Exp(0.003*r.NormFloat64()), bench.Memory: 121e6 * math.Exp(0.01*r.NormFloat64())},
		GC: bench.GC{Mode: "natural", Share: 0.11, Minor: 21, Major: 1}, Overhead: 41e-9, WarmUp: bench.WarmUp{Class: bench.Flat, Why: "no change point in 40 blocks"},
	}
	for m, v := range s.counters {
		u.Values[m] = v[version]
	}
	for i := range 40 {
		slow := 1.0
		if i < first {
			slow = 1 + (s.warms-1)*math.Exp(-float64(i)/4)
		}
		wall := steady * slow * math.Exp(0.015*r.NormFloat64())
		u.Blocks = append(u.Blocks, bench.Block{Calls: 12, Wall: int64(wall * 12e9), CPU: int64(wall * 11e9), GC: -1})
		if i < first {
			u.WarmUp.Took += int64(wall * 12e9)
		}
	}
	if first > 0 {
		u.WarmUp.Class, u.WarmUp.First, u.WarmUp.Points = bench.WarmedUp, first, []int{3, first}
		u.WarmUp.Why = "became faster twice, then steady"
	}
	return u
}

// offlineBench is the report of a run of benchmarks as one file.
func offlineBench(t testing.TB, result *bench.Result) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := web.WriteBench(&out, result); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
