package warmup

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pitwall/core/bench"
)

// blocks makes one block of 1,000 calls for each time a call, in seconds.
func blocks(seconds ...float64) []bench.Block {
	out := make([]bench.Block, len(seconds))
	for i, s := range seconds {
		out[i] = bench.Block{Calls: 1000, Wall: int64(1000 * s * 1e9), CPU: -1, GC: -1}
	}
	return out
}

// noisy gives each level n times, with a spread that is a ratio of it.
func noisy(seed uint64, spread float64, n int, levels ...float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []float64
	for _, l := range levels {
		for range n {
			out = append(out, l*math.Exp(spread*r.NormFloat64()))
		}
	}
	return out
}

// rhythm is a series with lag-one correlation -0.54 and lag-two 0.52, as
// YJIT's "lee" shows: every second block collects garbage.
func rhythm(n int) []float64 {
	r := rand.New(rand.NewPCG(7, 7))
	out := make([]float64, n)
	for i := range out {
		out[i] = 0.01 * (1 + 0.05*float64(i%2) + 0.024*r.NormFloat64())
	}
	return out
}

func TestClasses(t *testing.T) {
	const us = 1e-6
	spike := noisy(3, 0.01, 60, 50*us)
	spike[31] *= 4
	early := noisy(4, 0.01, 60, 50*us)
	for i, factor := range []float64{9, 4, 2} {
		early[i] *= factor
	}
	for _, c := range []struct {
		name        string
		seconds     []float64
		class       bench.Class
		first, slip int
	}{
		{"level", noisy(1, 0.02, 80, 50*us), bench.Flat, 0, 0},
		{"nanoseconds", noisy(1, 0.02, 80, 40e-9), bench.Flat, 0, 0},
		{"minutes", noisy(1, 0.02, 20, 90), bench.Flat, 0, 0},
		{"without any noise", noisy(1, 0, 30, 1e-3), bench.Flat, 0, 0},
		{"garbage collection in every second block", rhythm(120), bench.Flat, 0, 0},
		{"a lone collection", spike, bench.Flat, 0, 0},
		{"a lone collection beside a warm-up", slices.Concat(noisy(1, 0.01, 20, 2*us), spike), bench.Slowdown, 20, 0},
		{"three cold blocks", early, bench.WarmedUp, 3, 1},
		{"JRuby: stairs", noisy(5, 0.02, 15, 400*us, 210*us, 120*us, 60*us, 55*us, 55*us, 55*us), bench.WarmedUp, 60, 1},
		{"compiled at once", slices.Concat(noisy(6, 0.02, 10, 100*us), noisy(7, 0.02, 70, 30*us)), bench.WarmedUp, 10, 1},
		{"a step of 1 %", slices.Concat(noisy(6, 0.001, 30, 100*us), noisy(7, 0.001, 30, 99*us)), bench.Flat, 0, 0},
		{"a step of 5 % in much noise", slices.Concat(noisy(6, 0.2, 30, 100*us), noisy(7, 0.2, 30, 95*us)), bench.Flat, 0, 0},
		{"slowdown", slices.Concat(noisy(8, 0.02, 30, 30*us), noisy(9, 0.02, 50, 45*us)), bench.Slowdown, 30, 1},
		{"warm-up, then slowdown", slices.Concat(noisy(8, 0.02, 20, 90*us, 30*us), noisy(9, 0.02, 60, 45*us)), bench.Slowdown, 40, 1},
		{"many blocks", slices.Concat(noisy(8, 0.02, 700, 90*us), noisy(9, 0.02, 2300, 30*us)), bench.WarmedUp, 700, 8},
		{"changes near the end", slices.Concat(noisy(8, 0.02, 70, 30*us), noisy(9, 0.02, 10, 45*us)), bench.Unsteady, 0, 0},
		{"changes all along", noisy(10, 0.01, 10, 30*us, 45*us, 30*us, 45*us, 30*us, 45*us, 30*us, 45*us), bench.Unsteady, 0, 0},
		{"few", noisy(1, 0.01, LeastBlocks-1, 30*us), bench.Unjudged, 0, 0},
		{"none", nil, bench.Unjudged, 0, 0},
	} {
		given := blocks(c.seconds...)
		w := Classify(given)
		if w.Class != c.class || w.First < c.first-c.slip || w.First > c.first+c.slip || w.Why == "" {
			t.Errorf("%s: %+v", c.name, w)
		}
		if !slices.Equal(given, blocks(c.seconds...)) {
			t.Errorf("%s: blocks were changed", c.name)
		}
		took := int64(-1)
		if c.class != bench.Unsteady && c.class != bench.Unjudged {
			took = 0
			for _, b := range given[:w.First] {
				took += b.Wall
			}
		}
		if w.Took != took {
			t.Errorf("%s: took %d, want %d", c.name, w.Took, took)
		}
	}
}

// Many processes at one level are flat; those with a warm-up of 30 % have one.
func TestClassesOfManyProcesses(t *testing.T) {
	flat, warm := 0, 0
	for seed := range uint64(300) {
		if Classify(blocks(noisy(seed, 0.05, 60, 1e-3)...)).Class == bench.Flat {
			flat++
		}
		w := Classify(blocks(slices.Concat(noisy(seed, 0.05, 20, 1.3e-3), noisy(seed+1000, 0.05, 60, 1e-3))...))
		if w.Class == bench.WarmedUp && w.First >= 18 && w.First <= 22 {
			warm++
		}
	}
	t.Logf("flat %d, warm-up %d of 300", flat, warm)
	if flat < 297 || warm < 290 {
		t.Errorf("flat %d, warm-up %d of 300", flat, warm)
	}
}

// Times of a real machine have long tails: collections and neighbours.
func TestLongTailsAreNoLevels(t *testing.T) {
	flat := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		x := make([]float64, 100)
		for i := range x {
			x[i] = 1e-3 * (1 + 0.02*r.ExpFloat64())
			if r.IntN(20) == 0 {
				x[i] *= 1.5
			}
		}
		if Classify(blocks(x...)).Class == bench.Flat {
			flat++
		}
	}
	if flat < 190 {
		t.Errorf("%d of 200 are flat", flat)
	}
}

func TestBlocksWithoutTimes(t *testing.T) {
	given := blocks(noisy(2, 0.01, 40, 1e-3)...)
	given[0].Calls, given[7].Wall, given[8].Calls, given[9].Wall = 0, 0, -3, -1
	if w := Classify(given); w.Class != bench.Flat || w.First != 0 {
		t.Errorf("%+v", w)
	}
	if w := Classify(make([]bench.Block, 50)); w.Class != bench.Unjudged || w.Took != -1 {
		t.Errorf("%+v", w)
	}
}

func TestSteady(t *testing.T) {
	stairs := blocks(slices.Concat(noisy(5, 0.02, 15, 4e-4, 2e-4, 1e-4), noisy(6, 0.02, 200, 5e-5))...)
	asked := LeastBlocks
	for !Steady(stairs[:asked]) {
		asked++
	}
	// The first stair alone is steady as long as it lasts: 12 blocks. Nothing
	// tells it from the last.
	if asked != LeastBlocks {
		t.Errorf("stopped after %d blocks", asked)
	}
	for n, want := range map[int]bool{18: false, 26: false, 60: false, 140: false, 240: true} {
		if got := Steady(stairs[:n]); got != want {
			t.Errorf("%d blocks: %v, %+v", n, got, Classify(stairs[:n]))
		}
	}
	if Steady(nil) || Steady(stairs[:LeastBlocks-1]) {
		t.Error("too few are steady")
	}
}

func BenchmarkClassify(b *testing.B) {
	for name, n := range map[string]int{"60": 60, "200": 200, "1000": 1000} {
		given := blocks(noisy(1, 0.02, n, 1e-3)...)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Classify(given)
			}
		})
	}
}
