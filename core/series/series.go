// Package series holds labelled time series with explicit gaps.
package series

// Series is one quantity over time. A missing measurement is a gap, never a
// zero.
type Series struct {
	Name   string            `json:"name"` // "rss", "listen_queue", "puma_backlog"
	Unit   string            `json:"unit"` // "bytes", "1", "1/s", "s", "ratio"
	Labels map[string]string `json:"labels"`
	Points []Point           `json:"points"` // ascending in Time
	Gaps   []Gap             `json:"gaps"`
}

// Point is a value at a time (CLOCK_MONOTONIC ns).
type Point struct {
	Time  int64   `json:"t_ns"`
	Value float64 `json:"v"`
}

// Gap is a stretch without a measurement, and why.
type Gap struct {
	Start int64  `json:"start_ns"`
	End   int64  `json:"end_ns"`
	Why   string `json:"why"`
}
