package unit

import "strings"

// Value formats v in one of the units that Pitwall's values carry: "s",
// "ns", "bytes", "1" (a count), "1/s", "ratio". Any other unit is written
// behind the number as it is.
func Value(v float64, unit string) string {
	switch unit {
	case "s":
		return Seconds(v)
	case "ns":
		return Seconds(v / 1e9)
	case "bytes":
		return Bytes(v)
	case "1", "":
		return Count(v)
	case "1/s":
		return Rate(v)
	case "ratio":
		return Percent(v)
	}
	return Count(v) + " " + unit
}

// Interval formats an estimate with its bounds, "41.2 ms [38.1, 44.4]". The
// unit is repeated inside only where the bounds are scaled differently.
func Interval(point, low, high float64, unit string) string {
	p, l, h := Value(point, unit), Value(low, unit), Value(high, unit)
	if name := tail(p); name != "" && tail(l) == name && tail(h) == name {
		l, h = strings.TrimSuffix(l, name), strings.TrimSuffix(h, name)
	}
	return p + " [" + l + ", " + h + "]"
}

// tail is the unit's name with the space before it; empty when there is none
// or when the text is of several parts ("2 min 5 s").
func tail(s string) string {
	number, name, found := strings.Cut(s, " ")
	if !found || number == "" || strings.Contains(name, " ") {
		return ""
	}
	return " " + name
}
