package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// LineFormat is the version of a history file's lines.
const LineFormat = 1

// Encode is the line as it stands in a history file, with its line end. The
// same line always gives the same bytes: keys in the order of the fields, keys
// of maps sorted, time in UTC to the second. A value that is not a number
// cannot be kept and is an error.
func (l Line) Encode() ([]byte, error) {
	l.Format = LineFormat
	l.Time = l.Time.UTC().Truncate(time.Second)
	for metric, values := range l.Values {
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("%s of %s: %v is not a number", metric, l.Benchmark, v)
			}
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, fmt.Errorf("encoding a line of %s: %w", l.Benchmark, err)
	}
	return b.Bytes(), nil
}
