package stat

import (
	"math"
)

// LeastRepeats is how many earlier values a noise is estimated from, at least.
const LeastRepeats = 3

// RatioInNoise is the ratio of two single values, with the interval that the
// noise of repeats of the same quantity gives it: if ln X has standard
// deviation s, ln of a ratio of two such has s*sqrt(2), and s comes from the
// repeats with n-1 degrees of freedom. With fewer than LeastRepeats positive
// repeats the interval is unknown.
func RatioInNoise(old, new float64, repeats []float64, level float64) Estimate {
	ratio := new / old
	var logs []float64
	for _, v := range repeats {
		if v > 0 && finite(v) {
			logs = append(logs, math.Log(v))
		}
	}
	n := len(logs)
	if n < LeastRepeats || !(ratio > 0) {
		return None(ratio, "1", level, n, "too few laps to know how much they differ by themselves")
	}
	var mean, ss float64
	for _, v := range logs {
		mean += v / float64(n)
	}
	for _, v := range logs {
		ss += (v - mean) * (v - mean)
	}
	h := studentT(level, float64(n-1)) * math.Sqrt(2*ss/float64(n-1))
	return interval(ratio, ratio*math.Exp(-h), ratio*math.Exp(h), "1", level, n, "noise between laps")
}
