package boot

import (
	"fmt"
	"strings"

	"pitwall/drive/supervise"
)

const (
	shownLines  = 12
	shownFrames = 2 // of each backtrace
)

// tail is what a unit said last. Ruby says why it died first and where after
// it, in a hundred lines, of which the first few are kept.
func tail(path string) []string {
	lines := condense(supervise.Tail(path, 1000))
	return lines[max(0, len(lines)-shownLines):]
}

// condense cuts backtraces short.
func condense(lines []string) []string {
	out := []string{}
	frames := 0
	more := func() {
		if frames > shownFrames {
			out = append(out, fmt.Sprintf("\t... and %d more", frames-shownFrames))
		}
		frames = 0
	}
	for _, line := range lines {
		if text := strings.TrimLeft(line, " \t"); len(text) < len(line) && strings.HasPrefix(text, "from ") {
			if frames++; frames <= shownFrames {
				out = append(out, line)
			}
			continue
		}
		more()
		out = append(out, line)
	}
	more()
	return out
}
