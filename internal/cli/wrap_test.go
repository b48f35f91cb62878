package cli

import (
	"strings"
	"testing"
)

func TestWrapLine(t *testing.T) {
	const columns = 60
	tests := []struct{ name, line, want string }{
		{"short", "  a line", "  a line"},
		{"sentence", "Mend track first: it would give back up to 97.3 ms a request and more.", "Mend track first: it would give back up to 97.3 ms a request\nand more."},
		{"row", "   14 %   547 ms   1.46 s       0  track: No index on tracking_events", "   14 %   547 ms   1.46 s       0  track: No index on\n                                   tracking_events"},
		{"finding", "\x1b[33mwarning \x1b[0m track: No index on tracking_events (tracking): 1.00 M rows", "\x1b[33mwarning \x1b[0m track: No index on tracking_events (tracking): 1.00\n         M rows"},
		{"long word", "see " + strings.Repeat("/path", 20), "see " + strings.Repeat("/path", 20)},
		{"multibyte", strings.Repeat("é", columns), strings.Repeat("é", columns)},
	}
	for _, test := range tests {
		if got := wrapLine(test.line, columns); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func TestWrapperKeepsLinesThatComeInPieces(t *testing.T) {
	var out strings.Builder
	w := &wrapper{out: &out, columns: 60}
	for _, piece := range []string{"one", " two\nthr", "ee\n"} {
		if _, err := w.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "one two\nthree\n" {
		t.Errorf("wrote %q", got)
	}
}

func TestNotWrappedOffATerminal(t *testing.T) {
	var out strings.Builder
	if w := wrapped(&out); w != &out {
		t.Errorf("wraps for a %T", w)
	}
}
