package answer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MismatchError says that two versions cannot be compared, because they do
// not answer alike; or that one version does not answer alike twice, in which
// case nobody can tell whether two do.
type MismatchError struct {
	Benchmark string
	Request   string // "GET /orders?page=3"
	Old, New  string // names of the arms; the same when an arm differs from itself
	Diff      *Diff
	Itself    bool // the arm Old, asked twice, gives two answers
}

// Error is several lines: what differs, the diff, what the rules took out and
// what to do.
func (e *MismatchError) Error() string {
	var b strings.Builder
	subject := fmt.Sprintf("%s and %s answer differently", e.Old, e.New)
	if e.Itself {
		subject = fmt.Sprintf("%s does not answer alike twice, so nothing says whether two versions do", e.Old)
	}
	fmt.Fprintf(&b, "%s: %s: %s", e.Benchmark, visible(e.Request, 0), subject)
	if e.Diff == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "\n%s", e.Diff.String())
	if list := Replaced(e.Diff.Replaced); list != "" {
		fmt.Fprintf(&b, "not compared: %s\n", list)
	}
	if e.Itself {
		for _, p := range e.Diff.Suggested {
			fmt.Fprintf(&b, "if this may differ, add to the benchmark:\n  ignore: [%s]\n", quoteYAML(p))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Replaced lists what rules took out, in words: "4 csrf tokens, 2 times".
func Replaced(counts map[string]int) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		plural := "s"
		if counts[name] == 1 || name == ignored || name == "signed" {
			plural = ""
		}
		words = append(words, fmt.Sprintf("%d %s%s", counts[name], name, plural))
	}
	return strings.Join(words, ", ")
}

// quoteYAML is a single-quoted scalar.
func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
