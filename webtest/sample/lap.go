package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/run"
	"pitwall/core/stat"
)

const start = int64(8_412_000_000_000) // CLOCK_MONOTONIC of the first window

func lapOf(r *rand.Rand) *lap.Result {
	whole := newBuilder()
	frames := parse(request)
	var routes []lap.Route
	var all []float64
	var server float64
	for _, s := range shapes() {
		server += s.rate * s.mean
	}
	for _, s := range shapes() {
		own := newBuilder()
		fill(r, own, s, frames, s.rate*s.mean)
		fill(r, whole, s, frames, s.rate*s.mean)
		values := latencies(r, s)
		all = append(all, values...)
		routes = append(routes, routeOf(s, server, values, own.tree))
	}
	whole.add(append(slices.Clone(frames[:2]), profile.Frame{Name: "(garbage collection)", Kind: profile.Synthetic}), 5.2e8)
	slices.SortStableFunc(routes, func(a, b lap.Route) int { return cmp.Compare(b.Share.Point, a.Share.Point) })
	return &lap.Result{
		Schema: lap.Schema, Run: runOf(), App: "shop",
		Headline:  headline(),
		Sustained: estimate(64.2, 0.03, "1/s", 12), OfferedPerS: 31,
		Latency: latencyOf(all, 0.04), Queue: estimate(0.00131, 0.12, "s", 5200),
		Routes: routes, Overhead: overhead(), Capacity: capacity(), Memory: memory(),
		Flame: whole.tree, Top: topOf(whole.tree), States: states(),
		Series: seriesOf(r), Windows: windows(), Setup: setup(), Boot: boot(),
		Findings:   findings(routes),
		Lost:       []string{"watched window 6: 41 of 9,980 samples were torn and could not be repaired", "pss of worker 1 from 88 s for 7 s: the process did not answer in time"},
		Doubts:     []string{"The driver ran on the two cores that it measured: sustained throughput is a lower bound.", "POST /checkout: 66 requests in bare windows, its p99 is left out."},
		Comparison: comparison(),
	}
}

func estimate(point, half float64, unit string, n int) *stat.Estimate {
	return &stat.Estimate{
		Point: point, Low: point * (1 - half), High: point * (1 + half*1.1), Unit: unit,
		Asked: 0.95, Reached: 0.95, N: n, Method: "bootstrap over 1 s blocks",
	}
}

// latencies draws a route's response times, with the stalls of a real app.
func latencies(r *rand.Rand, s shape) []float64 {
	values := make([]float64, int(s.rate*50))
	for i := range values {
		v := s.mean * math.Exp(r.NormFloat64()*s.spread-s.spread*s.spread/2)
		if r.Float64() < 0.03 {
			v += r.ExpFloat64() * 0.06
		}
		values[i] = v
	}
	return values
}

func latencyOf(values []float64, half float64) lap.Latency {
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }
	l := lap.Latency{
		Count: int64(len(sorted)), Max: sorted[len(sorted)-1],
		P50: estimate(at(0.5), half, "s", len(sorted)), P95: estimate(at(0.95), half*1.8, "s", len(sorted)),
		Buckets: buckets(sorted),
	}
	if len(sorted) >= 1000 {
		l.P99 = estimate(at(0.99), half*3, "s", len(sorted))
	}
	return l
}

// buckets are 24 to a decade.
func buckets(sorted []float64) []lap.Bucket {
	out := []lap.Bucket{}
	for _, v := range sorted {
		k := math.Floor(math.Log10(v) * 24)
		low := math.Pow(10, k/24)
		if n := len(out); n > 0 && math.Abs(out[n-1].Low-low) < low*1e-9 {
			out[n-1].Count++
			continue
		}
		out = append(out, lap.Bucket{Low: low, High: math.Pow(10, (k+1)/24), Count: 1})
	}
	return out
}

func routeOf(s shape, server float64, values []float64, tree *profile.Tree) lap.Route {
	n := int64(len(values))
	route := lap.Route{
		Name: s.name, Method: s.method, Path: s.path, Action: s.action,
		Requests: n, Errors: s.errors, ErrorKinds: map[string]int64{},
		RatePerS: s.rate, Mean: estimate(s.mean, 0.05, "s", int(n)), Share: estimate(s.rate*s.mean/server, 0.07, "1", 50),
		Latency: latencyOf(values, 0.06), Split: []lap.Slice{}, Own: ownOf(s), Statements: []lap.Statement{},
		Flame: tree, Top: topOf(tree), Samples: tree.Nodes[0].Total / 1e7,
	}
	if s.errors > 0 {
		route.ErrorKinds["status"], route.ErrorKinds["timeout"] = s.errors-1, 1
	}
	for name, share := range s.split {
		route.Split = append(route.Split, lap.Slice{Name: name, Share: estimate(share, 0.08, "1", 500), Mean: share * s.mean})
	}
	slices.SortFunc(route.Split, func(a, b lap.Slice) int { return cmp.Or(cmp.Compare(b.Mean, a.Mean), strings.Compare(a.Name, b.Name)) })
	for _, q := range s.sql {
		route.Statements = append(route.Statements, lap.Statement{
			SQL: q.text, Line: q.line, Count: q.count, Cached: q.cached, Mean: q.each, Total: q.each * q.count, Rows: q.rows, Plan: q.plan,
		})
	}
	if s.cause != "" {
		route.Cause = &lap.Cause{
			Kind: lap.CauseKind(s.cause), Title: s.title, Finding: finding.ID(s.finding),
			Regained: estimate(s.mean*s.regained, 0.11, "s", 500), Capacity: estimate(s.rate*s.mean*s.regained/server, 0.14, "1", 50),
		}
	}
	return route
}

func ownOf(s shape) *lap.Own {
	if s.name == "GET /rates" {
		return nil
	}
	exact := func(v float64) *stat.Estimate {
		return &stat.Estimate{Point: v, Low: v, High: v, Unit: "1", Asked: 0.95, Reached: 0.95, N: 30, Method: "all 30 agree"}
	}
	return &lap.Own{
		Requests: 30, Time: estimate(s.mean*0.72, 0.03, "s", 30), CPU: estimate(s.mean*(s.split["cpu"]), 0.03, "s", 30),
		GC: estimate(s.mean*s.split["gc"]*0.7, 0.2, "s", 30), Statements: exact(s.statements), Objects: estimate(s.objects, 0.004, "1", 30),
		SQL: estimate(s.mean*s.split["sql"]*0.8, 0.04, "s", 30),
	}
}

// fill puts a route's stacks into a tree, with small leaves of middlewares.
func fill(r *rand.Rand, b *builder, s shape, frames []profile.Frame, seconds float64) {
	total := 0.0
	for _, k := range s.stacks {
		total += k.weight
	}
	rest := 1 - s.split["gc"] - s.split["gvl_wait"] - 0.08
	for _, k := range s.stacks {
		stack := append(slices.Clone(frames), parse(k.text)...)
		ns := seconds * 50e9 * rest * k.weight / total
		b.add(stack, int64(ns*0.8))
		for cut := len(stack) - 1; cut > len(frames); cut-- {
			b.add(stack[:cut], int64(ns*0.2/float64(len(stack)-len(frames))*(0.4+r.Float64())))
		}
	}
	action := append(slices.Clone(frames), parse(s.stacks[0].text)[0])
	b.add(append(slices.Clone(action), parse(gcStack)...), int64(seconds*50e9*s.split["gc"]))
	b.add(append(slices.Clone(action), parse(gvlStack)...), int64(seconds*50e9*s.split["gvl_wait"]))
	for i := 2; i < len(frames); i++ {
		b.add(frames[:i], int64(seconds*50e9*0.004*r.Float64()))
	}
}

// topOf is the table of a tree: a frame counts once on a path.
func topOf(tree *profile.Tree) []lap.TopFrame {
	self := make([]int64, len(tree.Frames))
	total := make([]int64, len(tree.Frames))
	for i, node := range tree.Nodes[1:] {
		self[node.Frame] += node.Self
		if !above(tree, node.Parent, node.Frame) {
			total[node.Frame] += tree.Nodes[i+1].Total
		}
	}
	var top []lap.TopFrame
	all := float64(tree.Nodes[0].Total)
	for i, frame := range tree.Frames {
		top = append(top, lap.TopFrame{Frame: frame, Self: share(float64(self[i]) / all), Total: share(float64(total[i]) / all)})
	}
	slices.SortStableFunc(top, func(a, b lap.TopFrame) int { return cmp.Compare(b.Self.Point, a.Self.Point) })
	return top[:min(len(top), 25)]
}

func above(tree *profile.Tree, at, frame int32) bool {
	for ; at > 0; at = tree.Nodes[at].Parent {
		if tree.Nodes[at].Frame == frame {
			return true
		}
	}
	return false
}

func share(p float64) *stat.Estimate {
	half := 1.96 * math.Sqrt(p*(1-p)/4000)
	return &stat.Estimate{Point: p, Low: max(0, p-half), High: min(1, p+half), Unit: "1", Asked: 0.95, Reached: 0.95, N: 4000, Method: "Wilson"}
}

func runOf() run.Run {
	begun := time.Date(2026, 11, 23, 14, 5, 12, 0, time.UTC)
	return run.Run{
		ID: "0199c0de-5b1e-7c3a-9d42-6f1f0a9b7e21", Format: 1, Command: "lap", Args: []string{"--against", "SHOP_FIX=n_plus_one"}, App: "shop",
		Labels: map[string]string{"branch": "main"}, Started: begun, Ended: begun.Add(153 * time.Second), Status: run.Complete,
		Machine:  run.Machine{Fingerprint: "b41c9e07", Hostname: "bench-1", OS: "Debian GNU/Linux 12", Kernel: "6.1.0-28-amd64", Arch: "amd64", CPU: "AMD EPYC 7B13", Cores: 2, MemoryBytes: 24 << 30, Container: "docker"},
		Settings: "9f2c61d0aa41", Revision: "4e1d0c2f9a77+dirty", Ruby: "3.1.7", Gems: map[string]string{"rails": "6.1.7.10", "puma": "5.6.5", "pg": "1.4.5", "sidekiq": "6.4.1"},
		Env: map[string]string{"RAILS_ENV": "production", "RUBYOPT": "", "MALLOC_ARENA_MAX": "2"}, Seed: 20261123, Pitwall: "0.1.0", Summary: "64 req/s sustained, p95 152 ms; N+1 in GET /orders",
		Parts: []run.Part{}, Dropped: []string{},
	}
}
