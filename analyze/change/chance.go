package change

import (
	"math"
	"math/bits"
)

const (
	piloted = 4000 // points in the drawn series that say how much too low the correlation is,
	rounds  = 2    // each time
	plenty  = 199  // drawn series that are enough when none of them has the energy
	share   = 20   // points of a part, on average, whose mean is taken out to measure it
)

// most is the largest lag-one correlation that series are drawn with: beyond
// it a level that changed and one that wanders cannot be told apart.
const most = 0.9

// chance is the p of an energy q: the share of series without a further change
// whose best cut has as much. Each is drawn with a correlation of its own,
// since the true one is known to about sqrt((1-rho²)/n) only (Bartlett 1946,
// Suppl. J. R. Stat. Soc. 8, 27): taken for certain, short series would raise
// false alarms. It stops early when p is clearly on one side of Level.
func (s *search) chance(q float64) float64 {
	rho := s.correlation()
	unsure := math.Sqrt((1 - rho*rho) / float64(len(s.x)))
	drawn, innovations := make([]float64, len(s.x)), make([]float64, len(s.x))
	over := 0
	for k := 1; k <= s.Renewed; k++ {
		r := clamp(rho + unsure*s.random.NormFloat64())
		s.renew(innovations, r)
		s.draw(drawn, innovations, r)
		if s.strength(drawn) >= q {
			over++
			if float64(over+1)/float64(s.Renewed+1) > s.Level {
				return float64(over+1) / float64(k+1)
			}
		}
		if k == plenty && over == 0 {
			return 1 / float64(k+1)
		}
	}
	return float64(over+1) / float64(s.Renewed+1)
}

// strength is the energy of the best cut of a drawn series, within the
// stretches of the real one.
func (s *search) strength(x []float64) float64 {
	best := math.Inf(-1)
	for _, t := range s.stretches {
		best = max(best, s.energy.widest(x[t.from:t.to]).q)
	}
	return best
}

// correlation is the lag-one correlation of the series, free of its bias:
// taking out levels takes out some of the correlation too. How much is seen on
// series drawn with what is assumed, twice (indirect inference; Gourieroux,
// Renault and Touzi 2000, in Simulation-Based Inference in Econometrics).
func (s *search) correlation() float64 {
	measured, pilots := s.lag(s.x), min(40, max(10, piloted/len(s.x)))
	rho := clamp(measured)
	innovations, drawn := make([]float64, len(s.x)), make([]float64, len(s.x))
	for range rounds {
		s.renew(innovations, rho)
		sum := 0.0
		for range pilots {
			s.draw(drawn, innovations, rho)
			sum += s.lag(drawn)
		}
		rho = clamp(rho + measured - sum/float64(pilots))
	}
	return rho
}

func clamp(rho float64) float64 { return min(most, max(0, rho)) }

// lag is the lag-one correlation of x within the stretches, each cut further
// and further: changes that are still to be found must not pass for
// correlation.
func (s *search) lag(x []float64) float64 {
	product, square := 0.0, 0.0
	for _, t := range s.stretches {
		p, q := s.products(x[t.from:t.to], max(1, bits.Len(uint((t.to-t.from)/share))-1))
		product, square = product+p, square+q
	}
	if square == 0 {
		return 0
	}
	return product / square
}

// products are the sums of neighbours' products and of squares, each value
// less the mean of its part, after as many as 2 to the depth less one cuts.
func (s *search) products(x []float64, depth int) (product, square float64) {
	if depth > 0 {
		if c := s.energy.widest(x); c.at >= 0 {
			p, q := s.products(x[:c.at], depth-1)
			product, square = s.products(x[c.at:], depth-1)
			return product + p, square + q
		}
	}
	m := mean(x)
	for i, v := range x {
		square += (v - m) * (v - m)
		if i > 0 {
			product += (v - m) * (x[i-1] - m)
		}
	}
	return product, square
}

// renew computes the innovations, what is new in each value: what the one
// before it does not say. The first of a stretch has no one before it.
func (s *search) renew(to []float64, rho float64) {
	for _, t := range s.stretches {
		part, out := s.x[t.from:t.to], to[t.from:t.to]
		m := mean(part)
		for i, v := range part {
			out[i] = v - m
			if i > 0 {
				out[i] -= rho * (part[i-1] - m)
			}
		}
		out[0] *= math.Sqrt(1 - rho*rho)
	}
}

// draw permutes innovations within each stretch and puts a series together.
func (s *search) draw(to, innovations []float64, rho float64) {
	for _, t := range s.stretches {
		part, from := to[t.from:t.to], innovations[t.from:t.to]
		for i := range part { // inside-out shuffle
			j := s.random.IntN(i + 1)
			part[i] = part[j]
			part[j] = from[i]
		}
		if rho == 0 {
			continue
		}
		part[0] /= math.Sqrt(1 - rho*rho)
		for i := 1; i < len(part); i++ {
			part[i] += rho * part[i-1]
		}
	}
}

func mean(x []float64) float64 {
	m := 0.0
	for i, v := range x {
		m += (v - m) / float64(i+1)
	}
	return m
}
