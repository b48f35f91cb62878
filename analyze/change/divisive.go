package change

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Divisive says how E-divisive cuts a series.
type Divisive struct {
	Level   float64 // p under which a cut is one; 0 means 0.04: see the calibration test for what it gives
	Least   int     // points on either side of a cut; 0 means 3, at least 2
	Renewed int     // series drawn without a change to judge one cut by; 0 means 499
	Most    int     // cuts; 0 means 50
	Seed    uint64
}

// Cut is a point at which a series changed.
type Cut struct {
	At int     `json:"at"` // index of the first value after it
	P  float64 `json:"p"`  // of so large an energy without a change
}

// Find cuts a series until the next cut could be chance, and returns the cuts
// in order of place; never nil. This is E-divisive (Matteson and James 2014,
// JASA 109, 334), with two changes.
//
// What chance can do is not judged by permuting values, for neighbours in a
// series of benchmarks resemble each other and a permutation tears them apart.
// The series is taken as a first-order autoregression between its cuts: its
// innovations are permuted and put together again (Kreiss and Lahiri 2012,
// Handbook of Statistics 30, 3: the autoregressive bootstrap). The lag-one
// correlation is that of the residuals after the best cut, less the bias that
// the drawn series show.
//
// And the second part of a cut may end early, as in the paper (its kappa), but
// only at the ends of windows of half the stretch, a quarter and so on (Kovacs,
// Li, Bühlmann and Munk 2023, Biometrika 110, 249, seed theirs alike): a level
// that came and went is found as well, and one drawn series of n costs
// n (log n)² steps, not n². All of it: n (log n)² · Renewed · (cuts + 1).
// Values must be finite.
func (d Divisive) Find(x []float64) []Cut {
	d = d.settled()
	x, ok := standard(x)
	if !ok || len(x) < 2*d.Least {
		return []Cut{}
	}
	s := &search{Divisive: d, x: x, energy: energy{least: d.Least}, random: rand.New(rand.NewPCG(d.Seed, uint64(len(x))))}
	s.stretches = []stretch{s.look(0, len(x))}
	cuts := []Cut{}
	for len(cuts) < d.Most {
		best := s.strongest()
		if s.stretches[best].at < 0 {
			break
		}
		p := s.chance(s.stretches[best].q)
		if p > d.Level {
			break
		}
		old := s.stretches[best]
		cuts = append(cuts, Cut{old.at, p})
		s.stretches = slices.Replace(s.stretches, best, best+1, s.look(old.from, old.at), s.look(old.at, old.to))
	}
	slices.SortFunc(cuts, func(a, b Cut) int { return a.At - b.At })
	return cuts
}

func (d Divisive) settled() Divisive {
	if d.Level <= 0 || d.Level >= 1 {
		d.Level = 0.04
	}
	if d.Least == 0 {
		d.Least = 3
	}
	d.Least = max(2, d.Least)
	if d.Renewed <= 0 {
		d.Renewed = 499
	}
	if d.Most <= 0 {
		d.Most = 50
	}
	return d
}

// standard takes a series to median 0 and a mean distance from it of 1, so
// that running sums stay exact. A series whose values are all equal has no
// change to find.
func standard(x []float64) ([]float64, bool) {
	if len(x) == 0 {
		return nil, false
	}
	mid := slices.Sorted(slices.Values(x))[len(x)/2]
	out, mean := make([]float64, len(x)), 0.0
	for i, v := range x {
		out[i] = v - mid
		mean += math.Abs(out[i]) / float64(len(x))
	}
	if mean == 0 || math.IsInf(mean, 0) || math.IsNaN(mean) {
		return nil, false
	}
	for i := range out {
		out[i] /= mean
	}
	return out, true
}

// search is a series being cut.
type search struct {
	Divisive
	x         []float64
	stretches []stretch // in order, without gaps
	energy    energy
	random    *rand.Rand
}

// stretch lies between two cuts, with the best cut of its own.
type stretch struct {
	from, to int
	at       int // -1: too short
	q        float64
}

func (s *search) look(from, to int) stretch {
	c := s.energy.widest(s.x[from:to])
	if c.at >= 0 {
		c.at += from
	}
	return stretch{from, to, c.at, c.q}
}

// strongest is the index of the stretch with the strongest cut.
func (s *search) strongest() int {
	best := 0
	for i, t := range s.stretches {
		if t.q > s.stretches[best].q {
			best = i
		}
	}
	return best
}
