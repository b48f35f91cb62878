package cli

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// leastWidth is the narrowest terminal that lines are wrapped for: below it
// the hanging indent would leave no room.
const leastWidth = 60

// wrapped breaks lines at spaces where w is a terminal. What goes to a file or
// a program keeps its lines whole.
func wrapped(w io.Writer) io.Writer {
	if n := width(w); IsTerminal(w) && n >= leastWidth {
		return &wrapper{out: w, columns: n}
	}
	return w
}

// wrapper breaks each line that is longer than columns at a space; what
// follows hangs under the line's text.
type wrapper struct {
	out     io.Writer
	columns int
	rest    []byte // of a line whose end has not come
}

// Write passes whole lines on. Text after the last line end waits for it.
func (w *wrapper) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 {
			return len(b), nil
		}
		line := strings.TrimRight(string(w.rest[:end]), " ")
		w.rest = w.rest[end+1:]
		if _, err := io.WriteString(w.out, wrapLine(line, w.columns)+"\n"); err != nil {
			return 0, err
		}
	}
}

// wrapLine keeps words whole: a path or a statement's name longer than a line
// is left to the terminal.
func wrapLine(line string, columns int) string {
	if columnsOf(line) <= columns {
		return line
	}
	hang := hangingIndent(line)
	var b strings.Builder
	at, body := 0, false // columns written on this line; whether a word is on it
	for i, word := range strings.SplitAfter(line, " ") {
		n := columnsOf(strings.TrimRight(word, " "))
		if body && i > 0 && at+n > columns && n <= columns-hang {
			b.WriteString("\n" + strings.Repeat(" ", hang))
			at = hang
		}
		b.WriteString(word)
		at += columnsOf(word)
		body = body || n > 0
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// hangingIndent is where a line's text begins: after its margin, and in a row
// of a table or a finding after the last gap of two spaces or more near the
// start.
func hangingIndent(line string) int {
	plain := withoutStyles(line)
	margin := len(plain) - len(strings.TrimLeft(plain, " "))
	hang := min(margin, leastWidth/2)
	for _, mark := range []string{"critical ", "warning  ", "advice   ", "note     "} {
		if strings.HasPrefix(plain, mark) {
			return len(mark)
		}
	}
	if i := strings.LastIndex(plain, "  "); i > margin && i < leastWidth-10 {
		hang = i + 2
	}
	return hang
}

func columnsOf(s string) int { return utf8.RuneCountInString(withoutStyles(s)) }

// withoutStyles leaves out what Paint adds.
func withoutStyles(s string) string {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return s
		}
		end := strings.IndexByte(s[i:], 'm')
		if end < 0 {
			return s
		}
		s = s[:i] + s[i+end+1:]
	}
}
