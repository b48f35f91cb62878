package exec

import (
	"errors"
	"strings"
	"testing"
)

func TestReadCachegrind(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int64
		bad  string
	}{
		"cachegrind":    {"desc: I1 cache:\ncmd: true\nevents: Ir\nfl=/x: y\n3 5\nsummary: 136423\n", 136423, ""},
		"with caches":   {"events: Ir I1mr ILmr Dr\nsummary: 500 3 2 1\n", 500, ""},
		"callgrind":     {"version: 1\nevents: Dr Ir\nsummary: 7 900\ntotals: 7 900\n", 900, ""},
		"cut off":       {"events: Ir\nfn=main\n1 2\n", 0, "it has no summary"},
		"no Ir":         {"events: Dw\nsummary: 5\n", 0, "no column Ir"},
		"summary first": {"summary: 5\nevents: Ir\n", 0, "no column Ir"},
		"no number":     {"events: Ir\nsummary: lots\n", 0, `"lots" is no count`},
		"negative":      {"events: Ir\nsummary: -5\n", 0, `"-5" is no count`},
		"two summaries": {"events: Ir\nsummary: 5\nsummary: 6\n", 0, `"6" is no count`},
		"empty":         {"", 0, "no summary"},
	} {
		got, err := ReadCachegrind(strings.NewReader(c.text))
		if got != c.want || (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: %d %v", name, got, err)
		}
	}
	if _, err := ReadCachegrind(strings.NewReader("events: Ir\n" + strings.Repeat("x", mostLine+1))); err == nil {
		t.Error("a line without end was read")
	}
}

func FuzzReadCachegrind(f *testing.F) {
	f.Add("events: Ir\nsummary: 5\n")
	f.Add("events: Ir Dr\ntotals: 9223372036854775808 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ReadCachegrind(strings.NewReader(text)); n < 0 || err != nil && n != 0 {
			t.Errorf("%d %v", n, err)
		}
	})
}

// A call costs 357 instructions and the start-up 1 million.
func TestSlope(t *testing.T) {
	got, err := Slope(1000, func(calls int64) (int64, error) { return 1_000_000 + 357*calls, nil })
	if err != nil || got != 357 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := Slope(10, func(int64) (int64, error) { return 5, nil }); err == nil {
		t.Error("calls that cost nothing have a slope")
	}
	if _, err := Slope(0, nil); err == nil {
		t.Error("no calls have a slope")
	}
	broken := errors.New("broken")
	if _, err := Slope(1, func(calls int64) (int64, error) {
		if calls == 2 {
			return 0, broken
		}
		return 1, nil
	}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestUnknownWay(t *testing.T) {
	var no *CounterError
	if err := Available("abacus"); !errors.As(err, &no) || no.How != "abacus" {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := Available(Valgrind); !errors.As(err, &no) || no.Advice == "" {
		t.Errorf("%v", err)
	}
}
