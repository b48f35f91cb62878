// Package hist holds latency histograms that all merge: one fixed geometry,
// 1 µs to 1 h with three significant digits, whatever was measured. Storage
// is sparse, so a histogram that holds little is small.
package hist

import (
	"iter"
	"math"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	low    = 1_000             // ns
	high   = 3_600_000_000_000 // ns
	digits = 3
)

// Histogram counts durations in nanoseconds. What is shorter than 1 µs or
// longer than 1 h is counted apart, and still takes part in Count, Sum, Min,
// Max and Quantile. Make one with New. It is not safe for concurrent use.
type Histogram struct {
	h     *hdr.PackedHistogram
	under int64
	over  int64
	sum   int64 // exact; stays at the largest int64 once it gets there
	min   int64 // exact; 0 while empty
	max   int64
}

// Bucket is a range of durations, both ends inclusive, and how many fell in
// it.
type Bucket struct {
	Low, High int64 // ns
	Count     int64
}

// New returns an empty histogram, of about 300 bytes.
func New() *Histogram { return &Histogram{h: hdr.NewPacked(low, high, digits)} }

// Record counts one duration. A negative one cannot be: it counts as 0, under
// the range.
func (h *Histogram) Record(ns int64) {
	ns = max(ns, 0)
	h.note(ns, ns, ns)
	switch {
	case ns < low:
		h.under++
	case ns > high:
		h.over++
	default:
		if h.h.RecordValue(ns) != nil { // only a count past int64, which time does not allow
			h.over++
		}
	}
}

// note takes a smallest, a largest and a sum into the exact figures. It runs
// before the counts change.
func (h *Histogram) note(least, most, sum int64) {
	if h.Count() == 0 || least < h.min {
		h.min = least
	}
	h.max = max(h.max, most)
	if h.sum += sum; h.sum < 0 {
		h.sum = math.MaxInt64
	}
}

// Merge adds the counts of other, which stays as it is; nil adds nothing.
func (h *Histogram) Merge(other *Histogram) {
	if other == nil || other.Count() == 0 {
		return
	}
	h.note(other.min, other.max, other.sum)
	h.h.Merge(other.h)
	h.under += other.under
	h.over += other.over
}

// Clone returns an independent copy; nil of nil.
func (h *Histogram) Clone() *Histogram {
	if h == nil {
		return nil
	}
	c := *h
	c.h = h.h.Clone()
	return &c
}

// Count is the number of recorded durations, under and over the range
// included; 0 for nil.
func (h *Histogram) Count() int64 {
	if h == nil {
		return 0
	}
	return h.h.TotalCount() + h.under + h.over
}

// Under is the number of durations shorter than 1 µs.
func (h *Histogram) Under() int64 { return h.under }

// Over is the number of durations longer than 1 h.
func (h *Histogram) Over() int64 { return h.over }

// Sum is the exact sum in nanoseconds. It stays at the largest int64 (292
// years) once it gets there.
func (h *Histogram) Sum() int64 { return h.sum }

// Mean is the exact mean in nanoseconds, NaN when empty.
func (h *Histogram) Mean() float64 {
	if n := h.Count(); n > 0 {
		return float64(h.sum) / float64(n)
	}
	return math.NaN()
}

// Min is the exact shortest duration, -1 when empty.
func (h *Histogram) Min() int64 {
	if h.Count() == 0 {
		return -1
	}
	return h.min
}

// Max is the exact longest duration, -1 when empty.
func (h *Histogram) Max() int64 {
	if h.Count() == 0 {
		return -1
	}
	return h.max
}

// Quantile bounds the quantile q: the smallest recorded value whose
// cumulative count is at least ceil(q n) lies between low and high, both
// inclusive (the inverse empirical distribution, definition 1 of Hyndman and
// Fan, The American Statistician 50, 1996). q below 0 or above 1 is taken as
// 0 or 1. Both are -1 when the histogram is empty.
func (h *Histogram) Quantile(q float64) (low, high int64) {
	n := h.Count()
	if n == 0 {
		return -1, -1
	}
	rank := max(1, min(n, int64(math.Ceil(q*float64(n)))))
	seen := int64(0)
	for b := range h.Buckets() {
		if seen += b.Count; seen >= rank {
			return b.Low, b.High
		}
	}
	return h.max, h.max
}

// CountAbove is how many durations were longer than ns, as far as the buckets
// can tell: those in the bucket of ns itself count only when ns lies below
// that bucket's smallest value.
func (h *Histogram) CountAbove(ns int64) int64 {
	above := int64(0)
	for b := range h.Buckets() {
		if b.Low > ns {
			above += b.Count
		}
	}
	return above
}

// Buckets yields the occupied buckets in rising order, what is under and over
// the range included as one bucket each. The first and the last are narrowed
// to the exact Min and Max.
func (h *Histogram) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		if h.Count() == 0 {
			return
		}
		if h.under > 0 && !yield(Bucket{h.min, min(low-1, h.max), h.under}) {
			return
		}
		for value, count := range h.h.ForEachBucket {
			b := Bucket{max(value, low, h.min), min(top(value), high, h.max), count}
			if !yield(b) {
				return
			}
		}
		if h.over > 0 {
			yield(Bucket{max(high+1, h.min), h.max, h.over})
		}
	}
}
