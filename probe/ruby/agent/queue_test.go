package agent

import (
	"testing"
)

func TestRequestStart(t *testing.T) {
	for in, want := range map[string]int64{
		"1570634024294":         1570634024294e6,     // Heroku, ms
		"t=1512379167.574":      1512379167574e6,     // nginx, s
		"t=1570633834463123":    1570633834463123e3,  // Apache, us
		"1570633834463123456":   1570633834463123456, // Render, ns
		"t=1700000000.123456":   1700000000123456e3,  // Pitwall
		" 1700000000 ":          1700000000e9,
		"1570634024294.5":       1570634024294500e3,
		"1700000000.1234567899": 1700000000123456789,
		"946684800":             946684800e9,
	} {
		if got, ok := requestStart(in); !ok || got != want {
			t.Errorf("%q: %d %v, want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "t=", "x", "-1700000000", "1700000000,5", "17", "946684799", "1700000000.x", "99999999999999999999", "1e9", "t=t=1700000000"} {
		if got, ok := requestStart(in); ok {
			t.Errorf("%q: %d", in, got)
		}
	}
}

func TestQueueTime(t *testing.T) {
	const now = 1700000000_000_000_000
	for _, c := range []struct {
		sent   string
		body   float64
		want   int64 // -1: unknown
		skewed bool
	}{
		{"t=1699999999.750000", 0, 250e6, false},
		{"t=1699999999.750000", 100, 150e6, false},
		{"t=1699999999.750000", 300, 0, false},
		{"t=1700000000.000900", 0, 0, false},
		{"t=1700000000.001100", 0, -1, true},
		{"nonsense", 0, -1, false},
	} {
		got, skewed := queueTime(now, c.sent, c.body)
		if skewed != c.skewed || (got == nil) != (c.want < 0) || got != nil && *got != c.want {
			t.Errorf("%+v: %v %v", c, got, skewed)
		}
	}
}

func FuzzRequestStart(f *testing.F) {
	f.Add("t=1512379167.574")
	f.Fuzz(func(t *testing.T, s string) {
		if ns, ok := requestStart(s); ok && ns < year2000*1e9 {
			t.Errorf("%q: %d", s, ns)
		}
	})
}

func TestLocalAndAllowed(t *testing.T) {
	s := &Server{options: Options{Allow: []string{"db.example", "Cache.example:6379", "*.internal", "10.0.0.5"}}}
	for address, want := range map[string][2]bool{
		"/var/run/postgresql": {true, false}, "localhost:5432": {true, false}, "127.0.0.9": {true, false}, "::1": {true, false}, "[::1]:80": {true, false},
		"app.localhost": {true, false}, "::ffff:127.0.0.1": {true, false}, "db.example:5432": {false, true}, "DB.example": {false, true},
		"cache.example:6379": {false, true}, "cache.example:6380": {false, false}, "x.internal": {false, true}, "internal": {false, false},
		"10.0.0.5": {false, true}, "10.0.0.50": {false, false}, "localhost.evil.example": {false, false}, "": {false, false},
	} {
		if l, a := local(address), s.allowed(address); l != want[0] || a != want[1] {
			t.Errorf("%q: local %v, allowed %v, want %v", address, l, a, want)
		}
	}
}
