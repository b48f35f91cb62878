package syscalls

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"\x02\x00\x15\x38\x7f\x00\x00\x01" + strings.Repeat("\x00", 8):                               "127.0.0.1:5432",
		"\x0a\x00\x00\x50\x00\x00\x00\x00" + strings.Repeat("\x00", 15) + "\x01\x00\x00\x00\x00":     "[::1]:80",
		"\x0a\x00\x00\x50\x00\x00\x00\x00" + strings.Repeat("\x00", 10) + "\xff\xff\x0a\x00\x00\x01": "10.0.0.1:80",
		"\x01\x00/run/x.sock\x00junk": "unix:/run/x.sock",
		"\x01\x00\x00bus":             "unix:@bus",
		"\x01\x00":                    "unix:(unnamed)",
		"\x01\x00/\x1b[31m":           `unix:/\x1b[31m`,
		"\x10\x00":                    "netlink",
		"\x28\x00":                    "family 40",
		"\x02\x00\x15":                "",
		"\x0a\x00\x15":                "",
		"":                            "",
	} {
		if got := address([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add([]byte("\x02\x00\x15\x38\x7f\x00\x00\x01"))
	f.Add([]byte("\x01\x00/run/x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := address(b)
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\x1b") {
			t.Errorf("%q", s)
		}
	})
}
