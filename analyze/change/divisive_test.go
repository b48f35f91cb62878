package change

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// energyOf is the statistic from its definition.
func energyOf(x []float64, at int) float64 {
	within := func(y []float64) float64 {
		sum := 0.0
		for i := range y {
			for j := range i {
				sum += math.Abs(y[i] - y[j])
			}
		}
		return sum / float64(len(y)*(len(y)-1)/2)
	}
	between := 0.0
	for _, v := range x[:at] {
		for _, w := range x[at:] {
			between += math.Abs(v - w)
		}
	}
	a, b := float64(at), float64(len(x)-at)
	return a * b / (a + b) * (2*between/(a*b) - within(x[:at]) - within(x[at:]))
}

func TestEnergyByDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	e := energy{least: 3}
	for range 200 {
		x := make([]float64, 6+random.IntN(60))
		for i := range x {
			x[i] = random.NormFloat64()
			if random.IntN(2) == 0 {
				x[i] = math.Round(2 * x[i]) // ties
			}
		}
		want := cut{-1, math.Inf(-1)}
		for at := 3; at <= len(x)-3; at++ {
			if q := energyOf(x, at); q > want.q+1e-12 {
				want = cut{at, q}
			}
		}
		if got := e.best(x); math.Abs(got.q-want.q) > 1e-9 || math.Abs(energyOf(x, got.at)-want.q) > 1e-9 {
			t.Fatalf("%v: %+v, want %+v", x, got, want)
		}
	}
}

// R 4.2.2 with ecp 3.1.6 (James and Matteson 2014, J. Stat. Softw. 62, 7):
// the example of its section 4.1, set.seed(250), in spreads.txt,
//
//	e.divisive(matrix(x), R=499, alpha=1)   # min.size=30
//
// cuts at its 201 and 108, which count from 1, with p 0.002 each, and its
// splitPoint gives the energies. It tries every end of the second part; so
// does this test.
func TestEnergyAgainstECP(t *testing.T) {
	x := series(t, "spreads.txt")
	e := energy{least: 30}
	for _, c := range []struct {
		to   int
		want cut
	}{
		{300, cut{200, 101.844823974762}},
		{200, cut{107, 27.4631537624965}},
	} {
		got := cut{-1, 0}
		for end := 60; end <= c.to; end++ {
			if one := e.best(x[:end]); one.q > got.q {
				got = one
			}
		}
		if got.at != c.want.at || math.Abs(got.q-c.want.q) > 1e-9*c.want.q {
			t.Errorf("first %d: %+v, want %+v", c.to, got, c.want)
		}
	}
	got := places(Divisive{Least: 30}.Find(x))
	if len(got) != 2 || abs(got[0]-107) > 5 || got[1] != 200 {
		t.Errorf("cuts at %v, ecp's at 107 and 200", got)
	}
}

func places(cuts []Cut) []int {
	at := []int{}
	for _, c := range cuts {
		at = append(at, c.At)
	}
	return at
}

// drawn is stationary: variance 1, lag-one correlation rho.
func drawn(r *rand.Rand, n int, rho float64) []float64 {
	x := make([]float64, n)
	x[0] = r.NormFloat64()
	for i := 1; i < n; i++ {
		x[i] = rho*x[i-1] + math.Sqrt(1-rho*rho)*r.NormFloat64()
	}
	return x
}

// whole says whether all of a calibration runs.
func whole() bool { return os.Getenv("PITWALL_CALIBRATE") != "" }

// trials is how many series a calibration draws: a twentieth of the whole, which
// PITWALL_CALIBRATE=1 runs.
func trials(all int) int {
	if whole() {
		return all
	}
	return all / 20
}

// The bar is one in twenty stationary series of 100 points.
func TestFalseChanges(t *testing.T) {
	for _, c := range []struct {
		rho  float64
		n    int
		all  int
		most float64
	}{{0, 100, 2000, .05}, {.5, 100, 2000, .05}, {.5, 200, 1000, .05}, {0, 30, 1000, .05}, {.5, 30, 1000, .08}, {.8, 100, 1000, .12}} {
		if c.n != 100 && !whole() || c.rho > .5 && !whole() { // the bar is held each time
			continue
		}
		random, found, n := rand.New(rand.NewPCG(5, 6)), 0, trials(c.all)
		for range n {
			if len(Divisive{}.Find(drawn(random, c.n, c.rho))) > 0 {
				found++
			}
		}
		rate := float64(found) / float64(n)
		t.Logf("%d points, correlation %v: %.2f %% of %d", c.n, c.rho, 100*rate, n)
		if slack := 3 * math.Sqrt(c.most/float64(n)); rate > c.most+slack || whole() && rate > c.most {
			t.Errorf("%d points, correlation %v: %.2f %% of %d series got a change point", c.n, c.rho, 100*rate, n)
		}
	}
}

// The delay from a shift at point 80 of a growing series until it is found,
// within four points of its place.
func TestDelay(t *testing.T) {
	for _, c := range []struct {
		shift, rho float64
		most       int // median
	}{{2, 0, 5}, {3, 0, 4}, {1, 0, 20}, {5, 0, 3}, {2, .5, 20}, {3, .5, 9}} {
		if !whole() && (c.shift != 2 || c.rho != 0) {
			continue
		}
		random, delays := rand.New(rand.NewPCG(7, 8)), []int{}
		for range trials(400) {
			x := drawn(random, 110, c.rho)
			for i := 80; i < len(x); i++ {
				x[i] += c.shift
			}
			delay := 1
			for ; 80+delay <= len(x); delay++ {
				if slices.ContainsFunc(Divisive{}.Find(x[:80+delay]), func(c Cut) bool { return c.At >= 76 && c.At <= 84 }) {
					break
				}
			}
			delays = append(delays, delay)
		}
		slices.Sort(delays)
		median, p90 := delays[len(delays)/2], delays[len(delays)*9/10]
		t.Logf("shift of %v SD, correlation %v: median %d points, 90 %% within %d", c.shift, c.rho, median, p90)
		if median > c.most {
			t.Errorf("shift of %v SD, correlation %v: found after %d points on the median", c.shift, c.rho, median)
		}
	}
}

func TestSeveralChanges(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	x := drawn(random, 240, 0)
	for i := range x {
		switch {
		case i >= 180:
			x[i] += 9
		case i >= 120: // back where it was
		case i >= 60:
			x[i] += 4
		}
	}
	cuts := Divisive{}.Find(x)
	if got := places(cuts); len(got) != 3 || abs(got[0]-60) > 1 || abs(got[1]-120) > 1 || got[2] != 180 {
		t.Errorf("cuts at %v, want near 60, 120 and 180", got)
	}
	for _, c := range cuts {
		if c.P <= 0 || c.P > 0.04 {
			t.Errorf("p of %+v", c)
		}
	}
	if again := (Divisive{}).Find(x); !slices.Equal(again, cuts) {
		t.Errorf("again: %v and %v", again, cuts)
	}
	if few := (Divisive{Most: 1}).Find(x); len(few) != 1 {
		t.Errorf("at most one: %v", few)
	}
}

func abs(n int) int { return max(n, -n) }

// A level that came and went is two changes.
func TestThereAndBack(t *testing.T) {
	random, found := rand.New(rand.NewPCG(1, 1)), 0
	for range 10 {
		x := drawn(random, 120, 0)
		for i := 50; i < 70; i++ {
			x[i] += 3
		}
		if got := places(Divisive{}.Find(x)); len(got) == 2 && abs(got[0]-50) <= 3 && abs(got[1]-70) <= 3 {
			found++
		}
	}
	if found < 8 {
		t.Errorf("found in %d of 10", found)
	}
}

// An outlier is no change of level.
func TestLonePoints(t *testing.T) {
	random, found := rand.New(rand.NewPCG(3, 4)), 0
	for range 50 {
		x := drawn(random, 60, 0)
		x[10+random.IntN(40)] += 30
		if len(Divisive{}.Find(x)) > 0 {
			found++
		}
	}
	if found > 3 {
		t.Errorf("%d of 50 series with a lone point were cut", found)
	}
}

func TestDivisiveOfLittle(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {1, 2, 3, 4, 5}, {7, 7, 7, 7, 7, 7, 7, 7}, {math.NaN(), 1, 2, 3, 4, 5, 6}, {math.Inf(1), 1, 2, 3, 4, 5, 6}, {1e308, -1e308, 1e308, -1e308, 1e308, -1e308, 1e308}} {
		if got := (Divisive{}).Find(x); got == nil || len(got) != 0 {
			t.Errorf("%v: %v", x, got)
		}
	}
}

func BenchmarkDivisive(b *testing.B) {
	still := drawn(rand.New(rand.NewPCG(1, 2)), 1000, .3)
	moved := slices.Clone(still)
	for i := range moved {
		moved[i] += 5 * float64(i/200)
	}
	for name, x := range map[string][]float64{"still": still, "moved": moved} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Divisive{}.Find(x)
			}
		})
	}
}
