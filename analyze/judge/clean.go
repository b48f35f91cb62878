package judge

import (
	"maps"
	"math"
	"slices"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/series"
	"pitwall/core/stat"
)

// cleanSeries copies series with no nil slices and no value that JSON cannot
// carry: a point that is not a number becomes a gap.
func cleanSeries(in []series.Series) []series.Series {
	out := make([]series.Series, 0, len(in))
	for _, x := range in {
		x.Labels = maps.Clone(x.Labels)
		if x.Labels == nil {
			x.Labels = map[string]string{}
		}
		points := make([]series.Point, 0, len(x.Points))
		x.Gaps = append([]series.Gap{}, x.Gaps...)
		for _, p := range x.Points {
			if !finite(p.Value) {
				x.Gaps = append(x.Gaps, series.Gap{Start: p.Time, End: p.Time, Why: "not a number"})
				continue
			}
			points = append(points, p)
		}
		x.Points = points
		out = append(out, x)
	}
	return out
}

func cleanWindows(in []lap.Window) []lap.Window {
	out := append([]lap.Window{}, in...)
	for i := range out {
		if !finite(out[i].Rate) {
			out[i].Rate = 0
		}
	}
	return out
}

func cleanSetup(in lap.Setup) lap.Setup {
	out := lap.Setup{Facts: maps.Clone(in.Facts), Hosts: append([]lap.Host{}, in.Hosts...), Rows: maps.Clone(in.Rows)}
	if out.Facts == nil {
		out.Facts = map[string]string{}
	}
	if out.Rows == nil {
		out.Rows = map[string]int64{}
	}
	return out
}

func cleanFinding(f finding.Finding) finding.Finding {
	f.Evidence = append([]finding.Evidence{}, f.Evidence...)
	f.Caveats = append([]string{}, f.Caveats...)
	f.Next = append([]string{}, f.Next...)
	if e := f.Estimate; e != nil && !slices.ContainsFunc([]float64{e.Point, e.Low, e.High, e.Asked, e.Reached}, func(v float64) bool { return !finite(v) }) {
		f.Estimate = cloneEstimate(e)
	} else {
		f.Estimate = nil
	}
	return f
}

func cloneEstimate(e *stat.Estimate) *stat.Estimate {
	c := *e
	return &c
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
