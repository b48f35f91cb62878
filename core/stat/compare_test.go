package stat

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVerdictRulesInTheirOrder(t *testing.T) {
	rule := Rule{Metric: "time", Unit: "s", Margin: .02}
	spread := func(factor, noise float64) (old, new []float64) {
		for i := range 8 {
			wiggle := 1 + noise*float64(i%4-1)
			old, new = append(old, 10), append(new, 10*factor*wiggle)
		}
		return old, new
	}
	for _, c := range []struct {
		name          string
		factor, noise float64
		higher        bool
		want          Verdict
	}{
		{"inside the margin, though the 95 % interval excludes 1", 1.008, .001, false, Same},
		{"far above", 1.5, .02, false, Worse},
		{"far below", .5, .02, false, Better},
		{"far above, of a throughput", 1.5, .02, true, Better},
		{"noise", 1.0, .2, false, Undecided},
		{"beyond the margin and excluding 1", 1.05, .005, false, Worse},
	} {
		old, new := spread(c.factor, c.noise)
		r := rule
		r.HigherIsBetter = c.higher
		for name, got := range map[string]Comparison{"pairs": ComparePairs(r, old, new), "groups": CompareGroups(r, old, new)} {
			if got.Verdict != c.want || got.Why == "" || got.Margin != .02 || got.RatioIn.Asked != .9 || got.Ratio.Asked != .95 {
				t.Errorf("%s by %s: %+v", c.name, name, got)
			}
			if (got.Need > 0) != (c.want == Undecided) {
				t.Errorf("%s by %s: %d pairs needed", c.name, name, got.Need)
			}
		}
	}
	old, new := spread(1.2, .08)
	if at95 := ComparePairs(rule, old, new); at95.Verdict != Worse {
		t.Errorf("%+v", at95)
	}
	rule.Level = .999999
	if strict := ComparePairs(rule, old, new); strict.Verdict != Undecided || strict.Ratio.Asked != .999999 {
		t.Errorf("the level that was passed in does not decide: %+v", strict)
	}
}

// n ~ ((z.975+z.8) s/d)²: a spread of 10 % and a margin of 5 % need
// (2.8016 x .1/ln 1.05)² = 33 pairs.
func TestPairsNeeded(t *testing.T) {
	s := logSpread{sd: .1, n: 5}
	if got := s.need(Rule{Margin: .05}); got != 33-5 {
		t.Errorf("%d more pairs", got)
	}
	if got := (logSpread{sd: 10, n: 2}).need(Rule{Margin: 1e-9}); got != mostPairs-2 {
		t.Errorf("%d more pairs", got)
	}
	if got := (logSpread{sd: .1, n: 5}).need(Rule{}); got != 0 {
		t.Errorf("no margin and no difference: %d more pairs", got)
	}
}

func TestCounters(t *testing.T) {
	rule := Rule{Metric: "statements", Unit: "1"}
	for _, c := range []struct {
		name     string
		old, new []float64
		want     Verdict
	}{
		{"equal", []float64{51, 51, 51}, []float64{51, 51}, Same},
		{"fewer", []float64{51, 51}, []float64{2, 2}, Better},
		{"one more", []float64{51}, []float64{52}, Worse},
		{"from nothing", []float64{0, 0}, []float64{3, 3}, Worse},
		{"to nothing", []float64{3, 3}, []float64{0, 0}, Better},
		{"nothing in both", []float64{0}, []float64{0}, Same},
		{"varying", []float64{100, 103, 99}, []float64{100, 102, 101}, Undecided},
		{"varying, far apart", []float64{100, 103, 99}, []float64{300, 302, 301}, Worse},
		{"unknown", nil, []float64{3}, Undecided},
	} {
		got := CompareCounters(rule, c.old, c.new)
		if got.Verdict != c.want || got.Why == "" {
			t.Errorf("%s: %+v", c.name, got)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	rule.HigherIsBetter = true
	if got := CompareCounters(rule, []float64{1}, []float64{2}); got.Verdict != Better {
		t.Errorf("%+v", got)
	}
}

func TestWhatCannotBeJudgedSaysWhy(t *testing.T) {
	for name, c := range map[string]Comparison{
		"no values":   ComparePairs(Rule{}, nil, nil),
		"one pair":    ComparePairs(Rule{}, []float64{1}, []float64{2}),
		"no pairs":    ComparePairs(Rule{}, []float64{1, 2}, []float64{2}),
		"a zero":      CompareGroups(Rule{}, []float64{1, 0}, []float64{2, 3}),
		"not numbers": CompareGroups(Rule{}, []float64{1, math.NaN()}, []float64{2, math.Inf(1)}),
		"two laps":    Unpaired("time", Estimate{}, Estimate{}, Estimate{}, "two laps"),
	} {
		if c.Verdict != Undecided || c.Why == "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := ComparePairs(Rule{}, []float64{1, 2}, []float64{2, 4}); c.Verdict != Worse || !strings.Contains(c.Why, "+100.0 %") {
		t.Errorf("exact pairs: %+v", c)
	}
}

// Whatever the values, estimates are finite and ordered, and verdicts follow
// from their intervals.
func TestAnyValuesGiveOrderedFiniteEstimates(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(.1, 10), rapid.Float64(), rapid.SampledFrom([]float64{0, -1, math.NaN(), math.Inf(1)}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(value, 0, 9).Draw(t, "a"), rapid.SliceOfN(value, 0, 9).Draw(t, "b")
		blocks := []Block{}
		for i := range min(len(a), len(b)) {
			blocks = append(blocks, Block{a[i], b[i]})
		}
		rule := Rule{Margin: .02, Level: rapid.SampledFrom([]float64{0, .95, .9999, 2}).Draw(t, "level")}
		for _, c := range []Comparison{ComparePairs(rule, a, b), CompareGroups(rule, a, b), CompareCounters(rule, a, b)} {
			if _, err := json.Marshal(c); err != nil {
				t.Fatal(err)
			}
			if c.Need < 0 || (c.Verdict == Same && c.Ratio.Reached == 0) {
				t.Fatalf("%+v", c)
			}
		}
		for _, e := range []Estimate{
			Mean(a, "s", .95), Median(a, "s", .95), Quantile(.95, b, "s", .95), HodgesLehmann(a, "s", .95), PairedRatio(a, b, .95),
			Ratio(a, b, .9), OverBlocks(blocks, "s", .95), ShareOverBlocks(blocks, 5, .95), Mean(a, "s", .9).Scaled(1e300, "x"),
			QuantileOverBlocks(.5, func(q float64) float64 { return q }, blocks, "s", .95), Wilson(int64(len(a)), 9, .95),
			Shift(a, b, "s", .95), BCa(MedianChange, a, b, "s", .95, 1), BCa(RatioOfMeans, a, b, "1", .9, 1), Fieller(Mean(a, "s", .95), Mean(b, "s", .95)),
		} {
			if _, err := json.Marshal(e); err != nil || !(e.Low <= e.Point && e.Point <= e.High) || (e.Reached == 0 && e.Low != e.High) {
				t.Fatalf("%+v: %v", e, err)
			}
		}
		for _, p := range []float64{Wilcoxon(a), MannWhitney(a, b)} {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("p %g", p)
			}
		}
	})
}
