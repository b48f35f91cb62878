package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The bounds on a JSON body that is compared by its structure.
const (
	maxDepth  = 200
	maxIndent = 20
)

// layOut writes JSON with sorted keys and one value a line, so that it can be
// matched like text; false when it is not JSON or nested too deep.
func layOut(body []byte) ([]line, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if !shallow(body) {
		return nil, false
	}
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false // more than one value
	}
	w := &writer{}
	w.value(v, "", "", -1, 0)
	return w.lines, true
}

// shallow says whether lists and objects are nested no deeper than maxDepth.
func shallow(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return false
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return true
}

type writer struct{ lines []line }

// value writes v, which stands under key ("" or "[3]" or ".name") of the line
// parent.
func (w *writer) value(v any, label, key string, parent int32, depth int) {
	indent := strings.Repeat(" ", min(depth, maxIndent)) + label
	put := func(text string) { w.lines = append(w.lines, line{indent + text + "\n", parent, key}) }
	switch v := v.(type) {
	case map[string]any:
		put("{")
		self := int32(len(w.lines) - 1)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.value(v[name], quoteJSON(name)+": ", "."+name, self, depth+1)
		}
	case []any:
		put("[")
		self := int32(len(w.lines) - 1)
		for i, item := range v {
			w.value(item, "", "["+strconv.Itoa(i)+"]", self, depth+1)
		}
	case json.Number:
		put(number(v))
	default:
		put(quoteJSON(v))
	}
}

// number writes numbers that are equal alike: 1.0 and 1, 1e2 and 100. Those
// that a float64 does not hold exactly stay as they came.
func number(n json.Number) string {
	text := n.String()
	if len(text) > 15 {
		return text
	}
	f, err := n.Float64()
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// quoteJSON writes text, true, false or null.
func quoteJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil { // these always encode
		return "?"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// path of a line: "$.items[3].price".
func (n Normal) path(at int) string {
	if !n.structed || at >= len(n.lines) {
		return ""
	}
	var keys []string
	for i := int32(at); i >= 0 && len(keys) <= maxDepth; i = n.lines[i].parent {
		keys = append(keys, n.lines[i].key)
	}
	slices.Reverse(keys)
	return "$" + strings.Join(keys, "")
}
