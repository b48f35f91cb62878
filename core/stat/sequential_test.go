package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func looks(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i+1) / float64(n)
	}
	return out
}

// Reboussin, DeMets, Kim and Lan 2000, Controlled Clinical Trials 21, 190 (R:
// ldbounds) print 4.8769, 3.3569, 2.6803, 2.2898, 2.0310 and 2.4380, 2.4268,
// 2.4101, 2.3966, 2.3859. More digits by R 4.2.2, mvtnorm: the c for which
// 1-pmvnorm(-b, b, sigma=sqrt(min(t)/max(t))) is what is spent, one look after
// the other (Miwa, 1000 steps).
func TestSpendAgainstLanDeMets(t *testing.T) {
	for _, c := range []struct {
		kind  Spending
		level float64
		looks []float64
		want  []float64
	}{
		{OBrienFleming, .95, looks(5), []float64{4.87688494878, 3.35701192158, 2.68028006457, 2.28981676772, 2.03103204311}},
		{Pocock, .95, looks(5), []float64{2.43797668805, 2.42681385815, 2.41019384027, 2.39664540097, 2.38598456875}},
		{OBrienFleming, .90, []float64{.3, .4, .65, .8, 1}, []float64{3.39295135467, 2.90596202365, 2.18582968766, 1.97952177757, 1.74132839650}},
		{Pocock, .95, []float64{.1, .15, .5, .9, 1}, []float64{2.65511004797, 2.75667455649, 2.30051616228, 2.26886461051, 2.39430170089}},
		{"", 0, []float64{1}, []float64{1.959963984540}},
	} {
		for i, level := range Spend(c.kind, c.level, c.looks) {
			near(t, "boundary", normalZ(level), c.want[i], 2e-6)
		}
	}
}

// Pocock 1977, table 1, and O'Brien and Fleming 1979: constant z, and
// C·sqrt(K/k), that err in 5 of 100 cases over K looks. The recursion must find
// that in them: five looks have 4.562, 3.226, 2.634, 2.281 and 2.040. Five
// looks at 1.96 err in .142 (Armitage, McPherson and Rowe 1969, table 2).
func TestErrorOverLooksAgainstPublishedConstants(t *testing.T) {
	over := func(n int, z func(k int) float64) (p float64) {
		var w walk
		for k, at := range looks(n) {
			p += w.crosses(at, z(k+1)*math.Sqrt(at))
			w.step(at, z(k+1))
		}
		return p
	}
	for _, c := range []struct {
		looks                       int
		pocock, obrien, uncorrected float64
	}{{2, 2.178, 1.977, .083}, {3, 2.289, 2.004, .107}, {5, 2.413, 2.040, .142}, {10, 2.555, 2.087, .193}} {
		near(t, "Pocock", over(c.looks, func(int) float64 { return c.pocock }), .05, 1e-4)
		near(t, "O'Brien and Fleming", over(c.looks, func(k int) float64 { return c.obrien * math.Sqrt(float64(c.looks)/float64(k)) }), .05, 1e-4)
		near(t, "looks at 5 %", over(c.looks, func(int) float64 { return 1.959964 }), c.uncorrected, 5e-4)
	}
}

func TestSpendNeedsNoPlanAndTakesAnyLooks(t *testing.T) {
	planned := Spend(OBrienFleming, .95, []float64{.3, .5, .8, 1})
	for i, level := range Spend(OBrienFleming, .95, []float64{.3, .5}) {
		near(t, "level of a look that does not know those after it", level, planned[i], 1e-12)
	}
	odd := Spend(Pocock, .95, []float64{-1, math.NaN(), .5, .5 + 1e-9, .4, .8, 7, 7, math.Inf(1)})
	for i, level := range odd {
		if decides := i == 2 || i == 5 || i == 6; !(level > 0 && level < 1) || (level == strictest) == decides {
			t.Errorf("look %d at level %g", i, level)
		}
		if c := ComparePairs(Rule{Level: level}, []float64{10, 11, 10}, []float64{20, 21.5, 20.1}); level == strictest && c.Verdict != Undecided {
			t.Errorf("nothing to spend, but %+v", c)
		}
	}
	if early := Spend(OBrienFleming, .95, []float64{1e-9, 1}); early[0] != strictest || math.Abs(early[1]-.95) > 1e-9 {
		t.Errorf("%v", early)
	}
	if len(Spend(Pocock, .95, nil)) != 0 {
		t.Error("levels of no looks")
	}
	var last float64 // a hundred looks, close together
	for _, level := range Spend(OBrienFleming, .95, looks(100)) {
		if last != 0 && level >= last && level != strictest {
			t.Errorf("O'Brien and Fleming's level rises from %g to %g", last, level)
		}
		last = level
	}
	if z := normalZ(last); z < 2.05 || z > 2.2 {
		t.Errorf("the last of a hundred looks is at %g", z)
	}
}

// The nominal levels are the normal's, the looks use t at few pairs: from 6 to
// 20 pairs in ten looks, equal versions are called different in 6 of 100 runs
// at most; versions that differ by the margin are called the same in 6 of 100.
func TestErrorOverLooksAtFewPairs(t *testing.T) {
	pairs := []int{6, 8, 9, 11, 12, 14, 15, 17, 18, 20}
	at := make([]float64, len(pairs))
	for i, n := range pairs {
		at[i] = float64(n) / 20
	}
	const margin, noise = .03, .03
	for _, kind := range []Spending{OBrienFleming, Pocock} {
		differ, same := Spend(kind, .95, at), Spend(kind, .90, at)
		for name, draw := range map[string]func(*rand.Rand) float64{"normal": (*rand.Rand).NormFloat64, "t with 4 degrees": student4} {
			changed, equal := 0, 0
			random := rand.New(rand.NewPCG(19, 77))
			for range draws() {
				d := make([]float64, 20)
				for i := range d {
					d[i] = noise * draw(random)
				}
				changed += decided(pairs, d, func(k int, s logSpread) bool {
					e := s.ratio(differ[k], "")
					return e.Low > 1 || e.High < 1
				})
				equal += decided(pairs, d, func(k int, s logSpread) bool {
					s.mean += math.Log1p(margin)
					e := s.ratio(same[k], "")
					return e.Low > 1-margin && e.High < 1+margin
				})
			}
			for what, count := range map[string]int{"called different": changed, "called the same": equal} {
				share := float64(count) / float64(draws())
				t.Logf("%s, %s: %s in %.1f %%", kind, name, what, 100*share)
				if share > .06+slack() {
					t.Errorf("%s, %s: %s in %.1f %% of %d runs of ten looks", kind, name, what, 100*share, draws())
				}
			}
		}
	}
}

// decided is 1 when any look at the first pairs of d decides, else 0.
func decided(pairs []int, d []float64, decides func(look int, s logSpread) bool) int {
	for k, n := range pairs {
		mean, sd := moments(d[:n])
		if decides(k, logSpread{mean: mean, sd: sd, se: sd / math.Sqrt(float64(n)), nu: float64(n - 1), n: n}) {
			return 1
		}
	}
	return 0
}

func TestLevelsOfALookDecideBothWays(t *testing.T) {
	old, new := []float64{10, 10.1, 9.9, 10, 10.2, 9.8}, []float64{10.1, 10.3, 9.7, 10.1, 10.3, 9.7}
	free := ComparePairs(Rule{Margin: .02}, old, new)
	strict := ComparePairs(Rule{Margin: .02, Level: .9999, SameLevel: .9995, PlanLevel: .95}, old, new)
	if free.Verdict != Same || strict.Verdict != Undecided || strict.RatioIn.Asked != .9995 {
		t.Errorf("%+v\n%+v", free, strict)
	}
	s := logSpread{sd: .1, n: 5} // see TestPairsNeeded; (z.9999+z.8)² instead of (z.975+z.8)²
	if at95, at9999 := s.need(Rule{Margin: .05, Level: .9999, PlanLevel: .95}), s.need(Rule{Margin: .05, Level: .9999}); at95 != 33-5 || at9999 != 95-5 {
		t.Errorf("%d more pairs planned at the level of the end, %d at the look's", at95, at9999)
	}
	if c := CompareCounters(Rule{SameLevel: .99}, []float64{3}, []float64{3}); c.RatioIn.Asked != .99 {
		t.Errorf("%+v", c)
	}
}

func BenchmarkSpendTenLooks(b *testing.B) {
	at := []float64{.3, .4, .45, .55, .6, .7, .75, .85, .9, 1}
	b.ReportAllocs()
	for b.Loop() {
		Spend(OBrienFleming, .95, at)
	}
}
