package history

import (
	"fmt"
	"math"

	"pitwall/analyze/change"
	"pitwall/core/stat"
)

const (
	level    = 0.95
	sure     = 0.005 // p of a change that may stop a build
	restless = 4     // a counter that changes at more than one step in so many is a measurement
	fewest   = 6     // points in which a measurement can have a change point
)

// count finds the changes of a counter that is the same in each process: every
// step is one, without statistics. A counter that steps all the time, such as
// one that depends on the order of a hash, is none: then it says false.
func (s *Series) count() bool {
	var at []int
	for i := 1; i < len(s.Points); i++ {
		if s.Points[i].Value.Point != s.Points[i-1].Value.Point {
			at = append(at, i)
		}
	}
	if len(at) > 3 && restless*len(at) > len(s.Points) {
		s.Notes = append(s.Notes, fmt.Sprintf("it changes at %d of %d steps, so it is judged as a measurement", len(at), len(s.Points)-1))
		return false
	}
	for _, i := range at {
		old, new := s.Points[i-1].Value.Point, s.Points[i].Value.Point
		c := s.change(i)
		c.Counted, c.Sure, c.Earliest, c.Latest, c.Verdict = true, true, i, i, stat.Worse
		if new < old {
			c.Verdict = stat.Better
		}
		c.Ratio = noRatio()
		if !math.IsInf(new/old, 0) {
			c.Ratio = stat.Estimate{Point: new / old, Low: new / old, High: new / old, Unit: "1", Asked: level, Reached: 1, N: 2, Method: "count"}
		}
		s.Changes = append(s.Changes, c)
	}
	return true
}

// measure finds the changes of a measurement.
func (s *Series) measure() {
	y, logs := s.levels()
	if len(y) < fewest {
		s.Notes = append(s.Notes, fmt.Sprintf("%d points; a change point of a measurement needs %d", len(y), fewest))
	}
	cuts := change.Divisive{Seed: 1}.Find(y)
	from := []int{0}
	for _, c := range cuts {
		from = append(from, c.At)
	}
	from = append(from, len(y))
	inflated := inflation(y, from)
	for k, cut := range cuts {
		old, new := y[from[k]:from[k+1]], y[from[k+1]:from[k+2]]
		c := s.change(cut.At)
		c.P, c.Sure = cut.P, cut.P <= sure
		c.Earliest, c.Latest = around(y[from[k]:from[k+2]], len(old), inflated)
		c.Earliest, c.Latest = c.Earliest+from[k], c.Latest+from[k]
		by := shift(old, new, inflated)
		switch {
		case by.Low > 0:
			c.Verdict = stat.Worse
		case by.High < 0:
			c.Verdict = stat.Better
		}
		c.Ratio = ratio(by, mean(old), logs)
		s.Changes = append(s.Changes, c)
	}
}

// levels are the points' values, as logarithms where all are positive: noise
// of times is multiplicative, and a difference of logarithms is a ratio.
func (s *Series) levels() (y []float64, logs bool) {
	logs = true
	for _, p := range s.Points {
		y = append(y, p.Value.Point)
		logs = logs && p.Value.Point > 0
	}
	if logs {
		for i := range y {
			y[i] = math.Log(y[i])
		}
	}
	return y, logs
}

// change begins a change point: where it is.
func (s *Series) change(at int) Change {
	p := s.Points[at]
	return Change{At: at, Good: s.Points[at-1].Revision, Bad: p.Revision, Time: p.Time, Verdict: stat.Undecided, Points: len(s.Points) - at}
}

// Newest is the newest change point of the series when it lies within its last
// points, so that it has as many points or fewer since; nil when there is none.
func (s *Series) Newest(within int) *Change {
	if n := len(s.Changes); n > 0 && s.Changes[n-1].Points <= within {
		return &s.Changes[n-1]
	}
	return nil
}
