package warmup

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pitwall/core/hist"
	"pitwall/core/lap"
)

const second = int64(1e9)

// cells makes one block for each level: route "fast" at the level in ms and
// route "slow" at twenty times it, asked in a changing mix.
func cells(rng *rand.Rand, noise float64, levels ...float64) []lap.Cell {
	var out []lap.Cell
	for b, level := range levels {
		for i, name := range []string{"fast", "slow"} {
			c := lap.Cell{Start: 5*second + int64(b)*second, Length: second, Route: name, Service: hist.New()}
			for range 5 + rng.IntN(40) {
				ms := level * []float64{1, 20}[i] * math.Exp(noise*rng.NormFloat64())
				c.Service.Record(int64(ms * 1e6))
				c.Done++
			}
			out = append(out, c)
		}
	}
	return out
}

// curve is a start-up: high at first, falling with a time constant in blocks.
func curve(n int, extra, tau float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 10 * (1 + extra*math.Exp(-float64(i)/tau))
	}
	return y
}

func flat(n int) []float64 { return curve(n, 0, 1) }

func TestDecayingCurve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	v := Judge(cells(rng, 0, curve(60, 4, 5)...))
	if !v.Steady {
		t.Fatalf("never steady: %+v", v)
	}
	// Without noise the rule waits until six blocks fall by at most 2 %:
	// 4 exp(-(b-5)/5) - 4 exp(-b/5) <= 0.02, so b is at least 29.
	if blocks := v.TookNS / second; blocks < 28 || blocks > 33 {
		t.Errorf("steady after %d blocks, want 28 to 33", blocks)
	}
}

func TestFlatIsSteadyAtOnce(t *testing.T) {
	steady := 0
	for seed := range uint64(500) {
		v := Judge(cells(rand.New(rand.NewPCG(seed, 2)), 0.3, flat(Blocks)...))
		if v.Steady {
			steady++
			if v.TookNS != Blocks*second {
				t.Fatalf("took %d", v.TookNS)
			}
		}
	}
	// Kendall's test alone lets 94 % pass; steps are rarer than that.
	if steady < 450 {
		t.Errorf("%d of 500 flat series were steady at once", steady)
	}
}

func TestNeverSteady(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	rising := make([]float64, 40)
	for i := range rising {
		rising[i] = 10 * math.Pow(1.03, float64(i))
	}
	v := Judge(cells(rng, 0.01, rising...))
	if v.Steady || v.TookNS != 0 || v.Change < 0.1 || !strings.Contains(v.Why, "still changing: +") {
		t.Errorf("rising by 3 %% a block: %+v", v)
	}
}

func TestStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	v := Judge(cells(rng, 0.01, 20, 20.1, 20, 10, 10.1, 10))
	if v.Steady || !strings.Contains(v.Why, "step of -") {
		t.Errorf("a fall by half: %+v", v)
	}
	v = Judge(cells(rng, 0.01, 20, 20.1, 20, 10, 10.1, 10, 10.1, 10, 10.05, 10))
	if !v.Steady || v.TookNS < 8*second {
		t.Errorf("after the fall: %+v", v)
	}
}

func TestMixPlaysNoPart(t *testing.T) {
	var all []lap.Cell
	for b := range Blocks {
		for name, level := range map[string]int64{"fast": 1, "slow": 100} {
			c := lap.Cell{Start: int64(b), Length: 1, Route: name, Service: hist.New()}
			for range map[string]int{"fast": 1 + b*20, "slow": 101 - b*20}[name] {
				c.Service.Record(level * 1e6)
				c.Done++
			}
			all = append(all, c)
		}
	}
	if v := Judge(all); !v.Steady || math.Abs(v.Change) > 1e-9 {
		t.Errorf("only the mix changed: %+v", v)
	}
}

func TestTooLittle(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	if v := Judge(nil); v.Steady || v.Why == "" {
		t.Errorf("nothing: %+v", v)
	}
	if v := Judge(cells(rng, 0, flat(Blocks-1)...)); v.Steady {
		t.Errorf("too few blocks: %+v", v)
	}
	silent := cells(rng, 0, flat(Blocks)...)
	for i := range silent {
		if silent[i].Start == 7*second {
			silent[i].Done, silent[i].Service = 0, hist.New()
		}
	}
	if v := Judge(silent); v.Steady || !strings.Contains(v.Why, "no answers") {
		t.Errorf("a silent block: %+v", v)
	}
	shuffled := cells(rng, 0.1, flat(20)...)
	want := Judge(shuffled)
	slices.Reverse(shuffled)
	if got := Judge(shuffled); got != want {
		t.Errorf("order of cells matters: %+v and %+v", got, want)
	}
}

// The number of orders of six values with |S| >= 11, counted, is what the
// table says: 40 of 720.
func TestKendallTable(t *testing.T) {
	all, extreme := 0, 0
	var permute func(head, rest []float64)
	permute = func(head, rest []float64) {
		if len(rest) == 0 {
			all++
			if s := kendall(head); s >= trend || s <= -trend {
				extreme++
			}
			return
		}
		for i, v := range rest {
			permute(append(slices.Clone(head), v), slices.Concat(rest[:i], rest[i+1:]))
		}
	}
	permute(nil, []float64{1, 2, 3, 4, 5, 6})
	if all != 720 || extreme != 40 {
		t.Errorf("%d of %d orders, want 40 of 720", extreme, all)
	}
}

func TestTheilSen(t *testing.T) {
	if got := theilSen([]float64{1, 3, 5, 7, 100, 11}); math.Abs(got-2) > 1e-12 {
		t.Errorf("slope %v, want 2 despite the outlier", got)
	}
}
