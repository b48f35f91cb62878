// Package hist holds latency histograms that all merge: one fixed geometry,
// 1 µs to 1 h with three significant digits.
package hist

import (
	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	low    = 1_000             // ns
	high   = 3_600_000_000_000 // ns
	digits = 3
)

// Histogram counts durations in nanoseconds. What is shorter than 1 µs or
// longer than 1 h is counted apart.
type Histogram struct {
	h     *hdr.Histogram
	under int64
	over  int64
}

// New returns an empty histogram.
func New() *Histogram { return &Histogram{h: hdr.New(low, high, digits)} }
