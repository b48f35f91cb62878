package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/core/route"
	"pitwall/core/stat"
)

func TestOrderIsBalancedAndSeeded(t *testing.T) {
	different := false
	for seed := range uint64(50) {
		for pairs := range 9 {
			order := Order(pairs, seed)
			if len(order) != 2*max(pairs, LeastPairs) {
				t.Fatalf("%d pairs give %d boots", pairs, len(order))
			}
			var position, news int
			for i, a := range order {
				if a == New {
					news++
					position += i
				} else {
					position -= i
				}
			}
			if news*2 != len(order) {
				t.Errorf("seed %d: %v is not balanced", seed, order)
			}
			if len(order)%4 == 0 && position != 0 {
				t.Errorf("seed %d: a steady drift does not cancel in %v", seed, order)
			}
			different = different || order[0] == New
		}
	}
	first := fmt.Sprint(Order(6, 7))
	if !different || first != fmt.Sprint(Order(6, 7)) || Order(4, 1)[0].String() == "" {
		t.Error("the order does not follow the seed")
	}
}

// noise is how boots differ without a cause.
type noise struct {
	boot   float64 // SD of a boot's own factor for a route
	common float64 // SD of a factor that all routes of a boot share
	drift  float64 // of the machine, from one boot to the next
}

// simulate boots a lap of twelve routes, of which work multiplies the CPU and
// time of the first in the new version.
func simulate(random *rand.Rand, pairs int, n noise, work float64) []Boot {
	boots := make([]Boot, 0, 2*pairs)
	for i, arm := range Order(pairs, random.Uint64()) {
		b := Boot{Arm: arm, Routes: map[string]Work{}}
		common := math.Exp(n.common*random.NormFloat64() + n.drift*float64(i))
		for r := range 12 {
			base := .004 * math.Pow(1.5, float64(r)) * common
			if r == 0 && arm == New {
				base *= work
			}
			draw := func() float64 { return base * math.Exp(n.boot*random.NormFloat64()) }
			b.Routes[fmt.Sprintf("route %02d", r)] = Work{3, 1500, draw(), draw(), Unknown, Unknown, 20}
		}
		boots = append(boots, b)
	}
	return boots
}

// A lap's chance of calling any untouched route changed stays under 1 %, and
// half as much work again is always found, at a boot SD of 3 %, four pairs.
func TestFamilyWiseErrorAndPower(t *testing.T) {
	for _, c := range []struct {
		name string
		n    noise
	}{
		{"independent", noise{boot: .03}},
		{"common", noise{boot: .02, common: .02}},
		{"drifting", noise{boot: .02, drift: .01}},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		draws := 100 // a fifteenth; the whole with PITWALL_CALIBRATE=1
		if os.Getenv("PITWALL_CALIBRATE") != "" {
			draws = 1500
		}
		alarms, found := 0, 0
		for range draws {
			if changed(Compare(simulate(random, 4, c.n, 1))) > 0 {
				alarms++
			}
			if r := Compare(simulate(random, 4, c.n, 1.5)).Routes[0]; r.Verdict == stat.Worse {
				found++
			}
		}
		t.Logf("%s: %d false laps and %d found of %d", c.name, alarms, found, draws)
		if share := float64(alarms) / float64(draws); share > .02 {
			t.Errorf("%s: %.4f of laps call an untouched route changed", c.name, share)
		}
		if found < draws {
			t.Errorf("%s: +50 %% work found in %d of %d", c.name, found, draws)
		}
	}
}

func changed(c lap.Comparison) (n int) {
	for _, r := range c.Routes {
		if decided(r.Verdict) {
			n++
		}
	}
	return n
}

func boots(old, new Work, others ...Work) []Boot {
	var out []Boot
	for i, arm := range Order(4, 1) {
		w := old
		if arm == New {
			w = new
		}
		b := Boot{Arm: arm, Routes: map[string]Work{"orders": jitter(w, i)}}
		for k, o := range others {
			b.Routes[fmt.Sprintf("other%d", k)] = jitter(o, i)
		}
		out = append(out, b)
	}
	return out
}

// jitter moves the times of a boot by up to 3 % in a fixed pattern.
func jitter(w Work, i int) Work {
	f := 1 + .01*float64((i*i)%7-3)
	w.CPU, w.Time, w.LoadP50, w.LoadMean = w.CPU*f, w.Time*f, w.LoadP50*f, w.LoadMean*f
	return w
}

func TestVerdictsOnOwnWork(t *testing.T) {
	base := Work{51, 40_000, .030, .060, .120, .140, 20}
	fixed := Work{2, 9_000, .008, .010, .030, .035, 20}
	for _, c := range []struct {
		name     string
		old, new Work
		want     stat.Verdict
		text     string
	}{
		{"fixed", base, fixed, stat.Better, "better: 51 statements to 2"},
		{"broken", fixed, base, stat.Worse, "worse: 2 statements to 51"},
		{"equal", base, base, stat.Same, "same: time within"},
		{"a few more objects", base, Work{51, 40_003, .030, .060, .120, .140, 20}, stat.Same, "same: time within"},
		{"an index: only time", base, Work{51, 40_000, .030, .006, .012, .014, 20}, stat.Better, "better: time"},
		{"traded", base, Work{60, 40_000, .010, .012, .030, .035, 20}, stat.Better, "but 51 statements to 60"},
		{"from nothing", Work{0, 10, .001, .001, .001, .001, 20}, Work{3, 10, .001, .001, .001, .001, 20}, stat.Worse, "0 statements to 3"},
		{"a counter alone", base, Work{52, 40_000, .030, .060, .120, .140, 20}, stat.Worse, "worse: 51 statements to 52"},
		{"unmeasured", Nothing(), Nothing(), stat.Undecided, "nothing that would decide was measured"},
	} {
		r := Compare(boots(c.old, c.new)).Routes[0]
		if r.Verdict != c.want || !strings.Contains(r.Text, c.text) {
			t.Errorf("%s: %s, %q", c.name, r.Verdict, r.Text)
		}
	}
}

func TestSharesWorkers(t *testing.T) {
	base, fixed := Work{51, 40_000, .030, .060, .120, .140, 20}, Work{2, 9_000, .008, .010, .030, .035, 20}
	out := boots(base, fixed, Work{1, 500, .002, .003, .050, .060, 20})
	for i := range out {
		if w := out[i].Routes["other0"]; out[i].Arm == New {
			w.LoadP50, w.LoadMean = w.LoadP50/4, w.LoadMean/4
			out[i].Routes["other0"] = w
		}
	}
	r := Compare(out).Routes[1]
	if len(r.Own) != 4 || len(r.Load) != 2 || decided(r.Verdict) || !strings.HasPrefix(r.Text, "shares workers with orders: p50 ") {
		t.Errorf("%+v", r)
	}
}

func TestCompareOfTooLittleIsJSON(t *testing.T) {
	for _, bs := range [][]Boot{nil, {{Arm: Old}}, {{Arm: Old, Routes: map[string]Work{"a": {}}}, {Arm: New, Routes: map[string]Work{"b": {math.NaN(), math.Inf(1), -1, 0, 0, 0, 0}}}}} {
		c := Compare(bs)
		if len(c.Refused) == 0 || changed(c) > 0 {
			t.Errorf("%+v", c)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
	}
}

// Reduce takes medians over the solo requests that ran alone and well, without
// the first one of a boot.
func TestReduce(t *testing.T) {
	queue := int64(0)
	solo := func(i int64, objects int64) request.Request {
		return request.Request{Route: "a", Status: 200, Start: 1000 + i, End: 1000 + i + 2e6, CPU: 1e6, Objects: objects, InFlight: 1, Queue: &queue,
			Statements: []request.Statement{{Count: 7, Cached: 2}}}
	}
	log := &request.Log{Requests: []request.Request{solo(3, 120), solo(2, 100), solo(0, 99_999), solo(1, 110), solo(4, 100)}}
	for i, spoil := range []func(*request.Request){
		func(r *request.Request) { r.InFlight = 2 }, func(r *request.Request) { r.Status = 500 }, func(r *request.Request) { r.Status = 404 },
		func(r *request.Request) { r.Status = 302 }, func(r *request.Request) { r.Error = "E" },
		func(r *request.Request) { r.Route = "" }, func(r *request.Request) { r.Start += 1e12; r.End += 1e12 },
	} {
		r := solo(int64(10+i), 7)
		spoil(&r)
		log.Requests = append(log.Requests, r)
	}
	h := hist.New()
	h.Record(30e6)
	h.Record(30e6)
	h.Record(90e6)
	ev := &lap.Evidence{
		Routes:   []route.Route{{Name: "a"}, {Name: "b"}},
		Windows:  []lap.Window{{Index: 0, Kind: lap.Solo, Start: 1000, End: 1e9}, {Index: 1, Kind: lap.Bare}, {Index: 2, Kind: lap.Watched}},
		Cells:    []lap.Cell{{Window: 1, Route: "a", Response: h}, {Window: 2, Route: "a", Response: h}, {Window: 1, Route: "b"}},
		Requests: log,
	}
	b := Reduce(New, ev)
	w := b.Routes["a"]
	if b.Arm != New || w.Statements != 5 || w.Objects != 100 || w.CPU != .001 || w.Time != .002 || w.Requests != 4 {
		t.Errorf("%+v", w)
	}
	if math.Abs(w.LoadP50-.030) > 1e-4 || math.Abs(w.LoadMean-.050) > 1e-9 {
		t.Errorf("%+v", w)
	}
	if b.Routes["b"] != Nothing() || len(b.Routes) != 2 || len(Reduce(Old, nil).Routes) != 0 {
		t.Errorf("%+v", b.Routes)
	}
}
