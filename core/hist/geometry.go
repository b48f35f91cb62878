package hist

import "math/bits"

// The geometry of HdrHistogram for a lowest value of 1 µs and three digits:
// units of 2^9 ns (the largest power of two that is not above 1 µs), and 2048
// linear buckets below 2^11 units, half as many in each doubling above.
const (
	unit      = 9
	precision = 11
)

// index is the place of the bucket that starts at value.
func index(value int64) int64 {
	width := max(unit, bits.Len64(uint64(value))-precision)
	return int64(width-unit)<<(precision-1) + value>>width
}

// top is the largest value in the bucket that starts at value.
func top(value int64) int64 {
	width := max(unit, bits.Len64(uint64(value))-precision)
	return value | (1<<width - 1)
}
