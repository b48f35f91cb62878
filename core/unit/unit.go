// Package unit formats quantities for people. Values inside Pitwall are in
// base units (seconds, bytes, plain numbers, ratios); they are scaled only
// here, at the moment of printing, to three significant digits.
package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scale is one step of a unit: values from its threshold upwards are shown
// divided by Div with its name.
type scale struct {
	div  float64
	name string
}

// Seconds formats a duration in seconds: "41.2 ms", "1.50 s", "2 min 5 s".
func Seconds(s float64) string {
	if bad := special(s); bad != "" {
		return bad
	}
	if math.Abs(s) >= 59.95 {
		return sign(s) + clock(math.Abs(s))
	}
	return scaled(s, []scale{{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}})
}

// clock writes from a minute upwards: minutes and seconds, hours and minutes,
// days and hours.
func clock(s float64) string {
	switch n := int64(math.Round(s)); {
	case s >= 1e15:
		return fmt.Sprintf("%.2e s", s)
	case n < 3600:
		return pair(n, 60, "min", "s")
	case int64(math.Round(s/60)) < 24*60:
		return pair(int64(math.Round(s/60)), 60, "h", "min")
	}
	return pair(int64(math.Round(s/3600)), 24, "d", "h")
}

func pair(n, div int64, big, small string) string {
	if n%div == 0 {
		return fmt.Sprintf("%d %s", n/div, big)
	}
	return fmt.Sprintf("%d %s %d %s", n/div, big, n%div, small)
}

// Nanos is Seconds for nanoseconds.
func Nanos(ns int64) string { return Seconds(float64(ns) / 1e9) }

// Bytes formats a size in powers of 1024: "512 B", "1.50 MiB".
func Bytes(n float64) string {
	if bad := special(n); bad != "" {
		return bad
	}
	if math.Abs(n) < 1023.5 {
		return trim(n, 0) + " B"
	}
	return scaled(n, []scale{{1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1 << 40, "TiB"}, {1 << 50, "PiB"}})
}

// Count formats a number of things: "51", "2.5", "12,345", "1.23 M".
func Count(n float64) string {
	if bad := special(n); bad != "" {
		return bad
	}
	switch a := math.Abs(n); {
	case a < 999.5:
		return short(n)
	case a < 999_999.5:
		return thousands(int64(math.Round(n)))
	}
	return scaled(n, []scale{{1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"}})
}

// Rate formats events per second: "58.3/s", "0.50/s", "12,345/s".
func Rate(perS float64) string {
	if bad := special(perS); bad != "" {
		return bad
	}
	if a := math.Abs(perS); a > 0 && a < 0.995 {
		return significant(perS) + "/s"
	}
	return Count(perS) + "/s"
}

// Percent formats a ratio: 0.413 is "41 %", 0.0123 is "1.2 %".
func Percent(ratio float64) string {
	if bad := special(ratio); bad != "" {
		return bad
	}
	return percentDigits(ratio*100) + " %"
}

// Change formats a ratio of new over old as what changed: 1.12 is "+12 %",
// 0.5 is "-50 %", 1 is "±0 %".
func Change(ratio float64) string {
	if bad := special(ratio); bad != "" {
		return bad
	}
	s := percentDigits((ratio - 1) * 100)
	switch {
	case strings.Trim(s, "-0.") == "":
		return "±0 %"
	case s[0] != '-':
		s = "+" + s
	}
	return s + " %"
}

func percentDigits(p float64) string {
	if a := math.Abs(p); a < 9.95 && a != 0 {
		return trim(p, 1)
	}
	return trim(p, 0)
}

// special is the text of what is no finite number, else empty. An unknown
// value is NaN.
func special(v float64) string {
	switch {
	case math.IsNaN(v):
		return "unknown"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	}
	return ""
}

// scaled picks the largest scale at which the rounded figure is at least 1,
// so that no value prints as "1000 ms".
func scaled(v float64, scales []scale) string {
	pick := scales[0]
	for _, s := range scales[1:] {
		if round3(math.Abs(v)/pick.div) < 1000 && round3(math.Abs(v)/s.div) < 1 {
			break
		}
		pick = s
	}
	if v == 0 {
		return "0 " + scales[len(scales)-1].name
	}
	return significant(v/pick.div) + " " + pick.name
}

// round3 rounds to three significant digits.
func round3(v float64) float64 {
	if v == 0 {
		return 0
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	return f
}

// significant prints three significant digits without an exponent.
func significant(v float64) string {
	a := round3(math.Abs(v))
	switch {
	case a >= 100:
		return trim(v, 0)
	case a >= 10:
		return trim(v, 1)
	case a >= 1:
		return trim(v, 2)
	case a >= 0.1:
		return trim(v, 3)
	case a >= 0.01:
		return trim(v, 4)
	case a >= 0.001:
		return trim(v, 5)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// short is three significant digits without trailing zeros.
func short(v float64) string {
	s := significant(v)
	if strings.Contains(s, ".") && !strings.Contains(s, "e") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func trim(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

func sign(v float64) string {
	if v < 0 {
		return "-"
	}
	return ""
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	minus := ""
	if s[0] == '-' {
		minus, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return minus + s
}
