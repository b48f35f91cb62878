package unit

import (
	"math"
	"testing"
)

// below is the value one ulp below v: what a formatter shows there must not
// look larger than its unit allows ("1000 ms").
func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }

type row struct {
	in   float64
	want string
}

func checkRows(t *testing.T, name string, format func(float64) string, rows []row) {
	t.Helper()
	for _, r := range rows {
		if got := format(r.in); got != r.want {
			t.Errorf("%s(%v) = %q, want %q", name, r.in, got, r.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	checkRows(t, "Seconds", Seconds, []row{
		{0, "0 s"}, {5e-10, "0.500 ns"}, {41.23e-3, "41.2 ms"}, {1.5, "1.50 s"}, {-0.25, "-250 ms"},
		{below(1e-6), "1.00 µs"}, {1e-6, "1.00 µs"},
		{below(1e-3), "1.00 ms"}, {below(1), "1.00 s"}, {1, "1.00 s"}, {0.9994, "999 ms"},
		{below(0.9995), "999 ms"}, {below(10), "10.0 s"}, {below(59.95), "59.9 s"}, {59.95, "1 min"}, {below(60), "1 min"},
		{125, "2 min 5 s"}, {below(3599.5), "59 min 59 s"}, {3599.5, "1 h"}, {3660, "1 h 1 min"},
		{below(86370), "23 h 59 min"}, {86370, "1 d"}, {90000, "1 d 1 h"}, {-90, "-1 min 30 s"},
		{math.NaN(), "unknown"}, {math.Inf(1), "∞"}, {math.Inf(-1), "-∞"}, {1e300, "1.00e+300 s"},
	})
	if got := Nanos(1_500_000); got != "1.50 ms" {
		t.Errorf("Nanos = %q", got)
	}
}

func TestBytes(t *testing.T) {
	checkRows(t, "Bytes", Bytes, []row{
		{0, "0 B"}, {512, "512 B"}, {999, "999 B"}, {1023, "1023 B"}, {below(1023.5), "1023 B"}, {1023.5, "1.00 KiB"}, {1024, "1.00 KiB"}, {1 << 20, "1.00 MiB"},
		{below(1 << 20), "1.00 MiB"}, {1000 << 10, "0.977 MiB"}, {1.5 * (1 << 30), "1.50 GiB"}, {-2048, "-2.00 KiB"},
		{below(1 << 40), "1.00 TiB"}, {math.NaN(), "unknown"},
	})
}

func TestCount(t *testing.T) {
	checkRows(t, "Count", Count, []row{
		{0, "0"}, {51, "51"}, {2.5, "2.5"}, {0.125, "0.125"}, {below(1000), "1,000"}, {999.4, "999"}, {below(999.5), "999"}, {999.5, "1,000"},
		{12345, "12,345"}, {below(999_999.5), "999,999"}, {999_999.5, "1.00 M"}, {1.234e6, "1.23 M"}, {below(1e9), "1.00 G"}, {-51, "-51"}, {-12345, "-12,345"},
	})
}

func TestRate(t *testing.T) {
	checkRows(t, "Rate", Rate, []row{
		{0, "0/s"}, {0.5, "0.500/s"}, {below(0.995), "0.995/s"}, {1, "1/s"}, {58.31, "58.3/s"}, {12345, "12,345/s"},
	})
}

func TestPercent(t *testing.T) {
	checkRows(t, "Percent", Percent, []row{
		{0, "0 %"}, {0.413, "41 %"}, {0.0123, "1.2 %"}, {0.0994, "9.9 %"}, {below(0.0995), "10 %"}, {0.0995, "10 %"}, {1, "100 %"}, {0.0001, "0.0 %"}, {-0.05, "-5.0 %"},
	})
	checkRows(t, "Change", Change, []row{
		{1, "±0 %"}, {1.12, "+12 %"}, {0.5, "-50 %"}, {1.015, "+1.5 %"}, {below(1), "±0 %"}, {math.NaN(), "unknown"},
	})
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		point, low, high float64
		unit, want       string
	}{
		{0.0412, 0.0381, 0.0444, "s", "41.2 ms [38.1, 44.4]"},
		{0.95, 0.9, 1.1, "s", "950 ms [900 ms, 1.10 s]"},
		{51, 51, 51, "1", "51 [51, 51]"},
		{3 << 20, 2 << 20, 4 << 20, "bytes", "3.00 MiB [2.00, 4.00]"},
		{0.41, 0.39, 0.44, "ratio", "41 % [39, 44]"},
		{58.3, 57, 60, "1/s", "58.3/s [57/s, 60/s]"},
		{5, 4, 6, "parsecs", "5 parsecs [4, 6]"},
	} {
		if got := Interval(c.point, c.low, c.high, c.unit); got != c.want {
			t.Errorf("Interval(%v, %v, %v, %q) = %q, want %q", c.point, c.low, c.high, c.unit, got, c.want)
		}
	}
}
