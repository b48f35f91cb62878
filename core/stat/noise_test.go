package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Repeats 1, e, e^2 have a log standard deviation of 1; the t quantile at 2
// degrees of freedom is 4.302653 (any table of Student's t).
func TestRatioInNoiseByHand(t *testing.T) {
	e := RatioInNoise(2, 3, []float64{1, math.E, math.E * math.E}, .95)
	want := 1.5 * math.Exp(4.302653*math.Sqrt2)
	if math.Abs(e.Point-1.5) > 1e-12 || math.Abs(e.High/want-1) > 1e-5 || math.Abs(e.Low*want/(1.5*1.5)-1) > 1e-5 || e.N != 3 {
		t.Errorf("%+v, want 1.5 and up to %v", e, want)
	}
	if e := RatioInNoise(2, 3, []float64{1, 2, 0, math.NaN()}, .95); e.Reached != 0 {
		t.Errorf("an interval from two repeats: %+v", e)
	}
	if e := RatioInNoise(0, 3, []float64{1, 2, 3}, .95); e.Reached != 0 {
		t.Errorf("an interval around nothing: %+v", e)
	}
}

// Where nothing changed, the interval covers 1 as often as it says.
func TestRatioInNoiseCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() float64 { return 50 * math.Exp(.2*random.NormFloat64()) }
	covered := 0
	const draws = 4000
	for range draws {
		e := RatioInNoise(draw(), draw(), []float64{draw(), draw(), draw(), draw(), draw()}, .95)
		if e.Low <= 1 && 1 <= e.High {
			covered++
		}
	}
	if share := float64(covered) / draws; share < .93 || share > .97 {
		t.Errorf("covers 1 in %.3f of draws, should in .95", share)
	}
}
