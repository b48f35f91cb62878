package answer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds on a diff that is shown.
const (
	context   = 2   // lines before and after
	compared  = 200 // lines on each side that are aligned
	shown     = 24  // lines
	shownLine = 200 // characters of a line
	before    = 60  // of them before the first difference
)

// unified shows the lines from the first difference on, aligned by their
// longest common subsequence, with a little around them.
func unified(a, b []line, at int) string {
	var out []string
	for _, l := range a[max(0, at-context):at] {
		out = append(out, " "+visible(trim(l.text), 0))
	}
	left, right := window(a, at), window(b, at)
	same := 0
	for _, s := range align(left, right) {
		if s.mark == ' ' {
			same++
		} else {
			same = 0
		}
		if same > context || len(out) >= shown {
			out = append(out, "...")
			break
		}
		out = append(out, string(s.mark)+s.text)
	}
	return fmt.Sprintf("@@ line %d @@\n%s\n", max(0, at-context)+1, strings.Join(out, "\n"))
}

func window(lines []line, at int) []string {
	var out []string
	for _, l := range lines[min(at, len(lines)):min(at+compared, len(lines))] {
		out = append(out, l.text)
	}
	return out
}

// step is one line of a diff.
type step struct {
	mark byte
	text string
}

// align is the textbook dynamic programme for the longest common subsequence
// (Hunt and McIlroy 1976), over at most compared lines a side.
func align(a, b []string) []step {
	long := make([][]int, len(a)+1)
	for i := range long {
		long[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var steps []step
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			steps = append(steps, step{' ', visible(trim(a[i]), 0)})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || long[i+1][j] >= long[i][j+1]):
			steps = append(steps, step{'-', visible(trim(a[i]), difference(a[i], b, j))})
			i++
		default:
			steps = append(steps, step{'+', visible(trim(b[j]), difference(b[j], a, max(0, i-1)))})
			j++
		}
	}
	return steps
}

// difference is where text first differs from the line that it is shown
// beside; 0 when there is none.
func difference(text string, other []string, at int) int {
	if at >= len(other) {
		return 0
	}
	return commonPrefix(text, other[at])
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

func trim(s string) string { return strings.TrimSuffix(s, "\n") }

// visible escapes what a terminal could act on and cuts a long line around
// the place at.
func visible(s string, at int) string {
	var b strings.Builder
	if from := at - before; from > 0 && from < len(s) && len(s) > shownLine {
		for from < len(s) && !utf8.RuneStart(s[from]) {
			from++
		}
		s = s[from:]
		b.WriteString("...")
	}
	n := 0
	for i, r := range s {
		if n++; n > shownLine {
			b.WriteString("...")
			break
		}
		size := utf8.RuneLen(r)
		switch {
		case r == utf8.RuneError && (size < 0 || i+size > len(s) || s[i:i+size] != string(r)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\t', unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
