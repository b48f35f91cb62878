// Package stat holds samples, estimates and comparisons: what a measurement
// is, how sure it is, and what may be said of two of them.
package stat

// Sample is a set of measured values of one quantity.
type Sample struct {
	Values   []float64 `json:"values"` // in measured order
	Unit     string    `json:"unit"`   // "s", "bytes", "1", "1/s"
	Warnings []string  `json:"warnings,omitempty"`
}

// Estimate is a value with its interval. Low and High are ±Inf-free: an
// interval that the sample is too small for is marked by Reached 0, and Low
// and High are then equal to Point.
type Estimate struct {
	Point   float64 `json:"point"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Unit    string  `json:"unit"`
	Asked   float64 `json:"asked_level"`   // 0.95
	Reached float64 `json:"reached_level"` // 0 when there is no interval
	N       int     `json:"n"`
	Method  string  `json:"method"`
}

// Verdict is what may be said of a comparison.
type Verdict string

const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Same      Verdict = "same"
	Undecided Verdict = "undecided"
)

// Comparison is a measured change. Only this package builds one, so that the
// verdict always follows from the interval.
type Comparison struct {
	Metric  string   `json:"metric"` // "time", "statements", "objects", "cpu"
	Old     Estimate `json:"old"`
	New     Estimate `json:"new"`
	Ratio   Estimate `json:"ratio"`    // new over old, at the level that decides better or worse
	RatioIn Estimate `json:"ratio_90"` // new over old, at the level that decides same
	Margin  float64  `json:"margin"`   // 0.02: same means wholly inside ±2 %
	Verdict Verdict  `json:"verdict"`
	Need    int      `json:"pairs_needed"` // more pairs that would probably decide; 0 when decided or unknown
	Why     string   `json:"why"`          // one sentence
}
