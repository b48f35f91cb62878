package agent

import (
	"math"
	"strconv"
	"strings"
)

// Values from the year 2000 on tell the units apart: as seconds they are
// above 946,684,800, as milliseconds above a thousand times that, and so on.
// Source: judoscale-ruby, request_metrics.rb.
const year2000 = 946_684_800

// requestStart reads X-Request-Start in any of the forms seen: with or
// without "t=", in seconds with a fraction (nginx, Pitwall), milliseconds
// (Heroku), microseconds (Apache) or nanoseconds (Render). The answer is in
// nanoseconds after 1970, exact; ok is false when it is none of them.
func requestStart(value string) (ns int64, ok bool) {
	value = strings.TrimPrefix(strings.TrimSpace(value), "t=")
	whole, fraction, _ := strings.Cut(value, ".")
	if !digits(whole) || len(whole) > 19 || fraction != "" && !digits(fraction) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, false
	}
	unit := int64(0)
	for u, low := int64(1), int64(year2000)*1e9; u <= 1e9; u, low = u*1000, low/1000 {
		if n >= low {
			unit = u
			break
		}
	}
	if unit == 0 || n > math.MaxInt64/unit-1 {
		return 0, false
	}
	// The fraction, cut at the nanosecond.
	part := int64(0)
	for i, scale := 0, unit/10; i < len(fraction) && scale > 0; i, scale = i+1, scale/10 {
		part += int64(fraction[i]-'0') * scale
	}
	return n*unit + part, true
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// The clocks of two hosts, or two reads of one, may differ by this much
// before a negative wait is called skew.
const skewAllowed = 1e6

// queueTime is the wait between sending and the first agent line at wall (ns
// after 1970), less the time in which Puma waited for the body. nil means
// unknown; skewed says that the clocks disagree.
func queueTime(wall int64, sent string, bodyWaitMS float64) (wait *int64, skewed bool) {
	at, ok := requestStart(sent)
	if !ok || wall <= 0 {
		return nil, false
	}
	d := wall - at
	if d < -skewAllowed {
		return nil, true
	}
	if bodyWaitMS > 0 && bodyWaitMS < 1e9 {
		d -= int64(bodyWaitMS * 1e6)
	}
	d = max(d, 0)
	return &d, false
}
