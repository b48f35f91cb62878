package unit

import "testing"

// Three significant digits, of counts below one too.
func TestSmallCounts(t *testing.T) {
	for v, want := range map[float64]string{0.00931: "0.00931", 0.0285: "0.0285", 0.5: "0.5", 0.999: "0.999", 0.001: "0.001"} {
		if got := Count(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
