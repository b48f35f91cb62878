package bench

import (
	"cmp"
	"math"
	"slices"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/request"
)

// Arm is one of the two versions of a comparison of whole apps.
type Arm int

const (
	Old Arm = iota // what is compared against
	New
)

// String is the arm's name.
func (a Arm) String() string {
	if a == New {
		return "new"
	}
	return "old"
}

// Order says in which order to boot two versions: each pairs times, at least
// LeastPairs.
func Order(pairs int, seed uint64) []Arm {
	pairs = max(pairs, LeastPairs)
	out := make([]Arm, 0, 2*pairs)
	for round := range pairs {
		for _, arm := range Turns(2, round, seed) {
			out = append(out, Arm(arm))
		}
	}
	return out
}

// Unknown marks a figure of Work that was not measured.
const Unknown = -1

// Boot is one boot of one version, each route reduced to one number a metric:
// requests of one boot share its memory layout and its luck, so the boot is
// the statistical unit.
type Boot struct {
	Arm    Arm
	Routes map[string]Work // by route name
}

// Work is what one route did in one boot. Unknown (-1) is not measured.
type Work struct {
	Statements float64 // a request, one in flight
	Objects    float64 // allocated in a request, one in flight
	CPU        float64 // seconds of a request, one in flight
	Time       float64 // seconds of a request, one in flight
	LoadP50    float64 // seconds, response under the offered rate
	LoadMean   float64 // seconds
	Requests   int     // with one in flight
}

// Nothing is the work of a route that was not measured.
func Nothing() Work { return Work{Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, 0} }

// Reduce takes one boot's evidence to its numbers: medians over the requests
// of the solo windows that ran alone and without error, and the median and
// mean response of the bare windows. The first request of a route in a boot
// compiles and caches, so it is left out where there are others.
func Reduce(arm Arm, ev *lap.Evidence) Boot {
	b := Boot{Arm: arm, Routes: map[string]Work{}}
	if ev == nil {
		return b
	}
	for _, r := range ev.Routes {
		b.Routes[r.Name] = Nothing()
	}
	for name, rs := range soloRequests(ev) {
		w, ok := b.Routes[name]
		if !ok {
			continue
		}
		b.Routes[name] = w.own(rs, ev.Requests.Fingerprints)
	}
	for name, load := range loads(ev) {
		if w, ok := b.Routes[name]; ok {
			w.LoadP50, w.LoadMean = load.p50, load.mean
			b.Routes[name] = w
		}
	}
	return b
}

// soloRequests are the good requests that ran alone in a solo window, by
// route, in order of their start.
func soloRequests(ev *lap.Evidence) map[string][]request.Request {
	out := map[string][]request.Request{}
	if ev.Requests == nil {
		return out
	}
	expected := map[string][]int{}
	for _, r := range ev.Routes {
		expected[r.Name] = r.Expect.Status
	}
	for _, r := range ev.Requests.Requests {
		if r.Route == "" || r.Error != "" || !good(r.Status, expected[r.Route]) || !r.Alone() || !inKind(ev.Windows, lap.Solo, r.Start) {
			continue
		}
		out[r.Route] = append(out[r.Route], r)
	}
	for name, rs := range out {
		slices.SortStableFunc(rs, func(a, b request.Request) int { return cmp.Compare(a.Start, b.Start) })
		if len(rs) > 1 {
			out[name] = rs[1:]
		}
	}
	return out
}

// good says whether a status is what the route expects: a version that answers
// 404 at once is no better for it. An unknown status (0) is not held against it.
func good(status int, expected []int) bool {
	if len(expected) == 0 {
		return status == 0 || status >= 200 && status < 300
	}
	return status == 0 || slices.Contains(expected, status)
}

func inKind(windows []lap.Window, kind lap.Kind, t int64) bool {
	return slices.ContainsFunc(windows, func(w lap.Window) bool { return w.Kind == kind && t >= w.Start && t < w.End })
}

func (w Work) own(rs []request.Request, prints []string) Work {
	w.Requests = len(rs)
	w.Statements = medianOf(rs, func(r request.Request) float64 { return float64(r.Sent(prints)) })
	w.Objects = medianOf(rs, func(r request.Request) float64 { return float64(r.Objects) })
	w.CPU = medianOf(rs, func(r request.Request) float64 { return seconds(r.CPU) })
	w.Time = medianOf(rs, func(r request.Request) float64 { return seconds(r.End - r.Start) })
	return w
}

// medianOf is the lower median of the known values; the lower, so that a
// counter stays a value that was counted. Unknown when there is none.
func medianOf(rs []request.Request, value func(request.Request) float64) float64 {
	var v []float64
	for _, r := range rs {
		if x := value(r); x >= 0 {
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return Unknown
	}
	slices.Sort(v)
	return v[(len(v)-1)/2]
}

func seconds(ns int64) float64 {
	if ns < 0 {
		return Unknown
	}
	return float64(ns) / 1e9
}

type load struct{ p50, mean float64 }

// loads are median and mean response by route over the bare windows.
func loads(ev *lap.Evidence) map[string]load {
	bare := map[int]bool{}
	for _, w := range ev.Windows {
		bare[w.Index] = w.Kind == lap.Bare
	}
	merged := map[string]*hist.Histogram{}
	for _, c := range ev.Cells {
		if !bare[c.Window] || c.Response == nil {
			continue
		}
		if merged[c.Route] == nil {
			merged[c.Route] = hist.New()
		}
		merged[c.Route].Merge(c.Response)
	}
	out := map[string]load{}
	for name, h := range merged {
		low, high := h.Quantile(0.5)
		if mean := h.Mean(); !math.IsNaN(mean) {
			out[name] = load{p50: float64(low+high) / 2e9, mean: mean / 1e9}
		}
	}
	return out
}
