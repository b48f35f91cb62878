package judge

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"pitwall/core/lap"
	"pitwall/core/series"
	"pitwall/core/stat"
)

const (
	growthBlocks  = 8    // increments that a growth rate is taken from
	growthSeconds = 40.0 // of driven time, at least
)

// memory is each process's memory at the end, and its growth while driven.
func (s *scene) memory() []lap.Memory {
	out := []lap.Memory{}
	for _, x := range s.ev.Series {
		if x.Name != "rss" {
			continue
		}
		last, ok := latest(x)
		if !ok {
			continue
		}
		pid, _ := strconv.Atoi(x.Labels["pid"])
		out = append(out, lap.Memory{
			Process: x.Labels["process"], PID: pid, RSS: last, PSS: s.pss(x.Labels["pid"]),
			GrowthPerS: s.growth(x),
		})
	}
	slices.SortStableFunc(out, func(a, b lap.Memory) int {
		return cmp.Or(cmp.Compare(b.RSS, a.RSS), cmp.Compare(a.PID, b.PID))
	})
	return out
}

// latest is the last finite value of a series in whole units.
func latest(x series.Series) (int64, bool) {
	for i := len(x.Points) - 1; i >= 0; i-- {
		if v := x.Points[i].Value; v >= 0 && v < math.MaxInt64 {
			return int64(v), true
		}
	}
	return 0, false
}

func (s *scene) pss(pid string) int64 {
	for _, x := range s.ev.Series {
		if x.Name == "pss" && x.Labels["pid"] == pid {
			if v, ok := latest(x); ok {
				return v
			}
		}
	}
	return -1
}

// growth is the mean increment over equal stretches after warm-up, with t over
// the increments: memory that wanders has wide ones. nil when the stretch is
// too short to say.
func (s *scene) growth(x series.Series) *stat.Estimate {
	points := slices.DeleteFunc(slices.Clone(x.Points), func(p series.Point) bool {
		k := s.kindAt(p.Time)
		return (k != lap.Bare && k != lap.Watched) || math.IsNaN(p.Value) || math.IsInf(p.Value, 0)
	})
	if len(points) < 2*growthBlocks {
		return nil
	}
	first, last := points[0].Time, points[len(points)-1].Time
	if float64(last-first)/1e9 < growthSeconds {
		return nil
	}
	var rates []float64
	at := points[0]
	for i := 1; i <= growthBlocks; i++ {
		p := points[(len(points)-1)*i/growthBlocks]
		if p.Time > at.Time {
			rates = append(rates, (p.Value-at.Value)/(float64(p.Time-at.Time)/1e9))
		}
		at = p
	}
	return signed(stat.Mean(rates, "bytes/s", level))
}
