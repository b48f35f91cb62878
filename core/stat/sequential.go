package stat

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Spending is how the chance of an error is dealt out over the looks at data
// that still grow.
type Spending string

const (
	// OBrienFleming spends almost nothing early, so that the last look decides
	// nearly as one look alone would.
	OBrienFleming Spending = "obrien-fleming"
	// Pocock spends about alike at each look: it stops earlier where the
	// difference is large, and finds less in the end.
	Pocock Spending = "pocock"
)

// strictest is the highest level Spend asks for: the interval of a look at
// which nothing may be spent is then as good as endless, but finite.
const strictest = 1 - 1e-12

// panelPoints is how many points a panel of the quadrature has.
const panelPoints = 20

// closest is how much of the data must come between two looks, at least.
const closest = 1e-4

// Spend returns for each look the confidence level at which an ordinary
// interval decides there, so that a difference that is none is found at any
// look with a chance of 1-level in all. fractions say when the looks are: the
// pairs there are over the pairs at which measuring ends at the latest,
// rising, above 0, up to 1. The level of a look depends on the looks before it
// only, so looks need not be planned (Lan and DeMets 1983, Biometrika 70,
// 659). A last look that the data did not choose (time is up) may be given as
// 1, which spends what is left. Looks out of order, or closer than 1/10,000,
// get a level that decides nothing. An unknown kind spends as OBrienFleming.
//
// For "same", which is two one-sided tests at 5 % each, level is 0.90.
//
// The levels come from the normal distribution; a look at few pairs uses
// Student's t at the same level (the significance-level approach: Pocock 1977,
// Biometrika 64, 191; Jennison and Turnbull, Group Sequential Methods, 2000,
// section 3.8).
func Spend(kind Spending, level float64, fractions []float64) []float64 {
	if level <= 0 || level >= 1 {
		level = 0.95
	}
	out := make([]float64, len(fractions))
	var walk walk
	var spent float64
	for i, t := range fractions {
		t = math.Min(t, 1)
		total := spentBy(kind, 1-level, t)
		if !(t-walk.at >= closest) || !(total > spent) {
			out[i] = strictest
			continue
		}
		c := walk.boundary(t, total-spent)
		walk.step(t, c)
		spent = total
		out[i] = math.Min(strictest, math.Erf(c/math.Sqrt2))
	}
	return out
}

// spentBy is the two-sided chance spent when the share t of the data is there:
// alpha/2 a side by Lan and DeMets 1983, alpha*_1 (O'Brien and
// Fleming's shape) and alpha*_2 (Pocock's).
func spentBy(kind Spending, alpha, t float64) float64 {
	if !(t > 0) {
		return 0
	}
	if kind == Pocock {
		return alpha * math.Log1p((math.E-1)*t)
	}
	z := -distuv.UnitNormal.Quantile(alpha / 4)
	return 4 * distuv.UnitNormal.CDF(-z/math.Sqrt(t))
}

// walk is the sum of the data so far, scaled to variance 1 in the end, where
// no look has decided yet: its density at the points s > 0 (it is even), with
// the weights of the quadrature already in it. The zero walk starts at 0.
type walk struct {
	at      float64 // share of the data at the last look
	s, mass []float64
}

// crosses is the chance that a walk that no look has decided is beyond ±limit
// at the share t (Armitage, McPherson and Rowe 1969, JRSS A 132, 235; Jennison
// and Turnbull, chapter 19).
func (w walk) crosses(t, limit float64) float64 {
	if w.at == 0 {
		return math.Erfc(limit / math.Sqrt(2*t))
	}
	scale := 1 / math.Sqrt(2*(t-w.at))
	var p float64
	for i, s := range w.s {
		p += w.mass[i] * (math.Erfc((limit-s)*scale) + math.Erfc((limit+s)*scale))
	}
	return p
}

// boundary is the z beyond which a look at the share t spends just spend.
func (w walk) boundary(t, spend float64) float64 {
	root := math.Sqrt(t)
	low, high := 0.0, 9.0
	for range 60 {
		middle := (low + high) / 2
		if w.crosses(t, middle*root) > spend {
			low = middle
		} else {
			high = middle
		}
		if high-low < 1e-9 {
			break
		}
	}
	return (low + high) / 2
}

// step moves the walk to the share t and drops what is beyond ±z there. The
// density is integrated by Gauss and Legendre's rule in panels that are short
// beside the kernel of one step. The rule has 20 points: gonum 0.17's table for
// 26 sums to 0.989.
func (w *walk) step(t, z float64) {
	limit := math.Min(z, 8) * math.Sqrt(t)
	width := math.Sqrt(t - w.at)
	panels := int(limit/(6*width)) + 1
	s, weights := make([]float64, panels*panelPoints), make([]float64, panels*panelPoints)
	for p := range panels {
		from, to := p*panelPoints, (p+1)*panelPoints
		quad.Legendre{}.FixedLocations(s[from:to], weights[from:to], limit*float64(p)/float64(panels), limit*float64(p+1)/float64(panels))
	}
	for i, x := range s {
		weights[i] *= w.density(x, width)
	}
	*w = walk{at: t, s: s, mass: weights}
}

// density is that of the walk at x, one step of the given standard deviation
// later: the recursion of Armitage, McPherson and Rowe 1969.
func (w walk) density(x, width float64) float64 {
	kernel := func(d float64) float64 {
		d /= width
		return math.Exp(-d*d/2) / (width * math.Sqrt(2*math.Pi))
	}
	if w.at == 0 {
		return kernel(x)
	}
	var f float64
	for i, s := range w.s {
		f += w.mass[i] * (kernel(x-s) + kernel(x+s))
	}
	return f
}
