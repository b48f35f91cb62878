package hist

import (
	"encoding/json"
	"strings"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// encoded is the HDR text of one value in a geometry of choice.
func encoded(t testing.TB, low, high int64, digits int, value int64) string {
	h := hdr.New(low, high, digits)
	if err := h.RecordValue(value); err != nil {
		t.Fatal(err)
	}
	text, err := h.EncodeV2()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDecodeRefuses(t *testing.T) {
	ours := encoded(t, low, high, digits, 5_000_000)
	good := figures{format, ours, 0, 0, 5_000_000, 5_000_000, 5_000_000}
	cases := map[string]struct {
		change func(*figures)
		want   string
	}{
		"format":    {func(f *figures) { f.Format = 9 }, "format 9"},
		"geometry":  {func(f *figures) { f.HDR = encoded(t, 1, 1<<62, 5, 5_000_000) }, "geometry"},
		"base64":    {func(f *figures) { f.HDR = "%%%" }, "base64"},
		"short":     {func(f *figures) { f.HDR = "AAAA" }, "EOF"},
		"not zlib":  {func(f *figures) { f.HDR = strings.Repeat("A", 80) }, "zlib"},
		"negative":  {func(f *figures) { f.Under = -1 }, "counts"},
		"overflow":  {func(f *figures) { f.Under, f.Over = 1<<62, 1<<62 }, "counts"},
		"extremes":  {func(f *figures) { f.Max = 9_000_000 }, "extremes"},
		"order":     {func(f *figures) { f.Min, f.Max = f.Max+100, f.Max-100 }, "extremes"},
		"sum":       {func(f *figures) { f.Sum = 1 }, "sum"},
		"large sum": {func(f *figures) { f.Sum = 1 << 50 }, "sum"},
		"too low":   {func(f *figures) { f.HDR = encoded(t, low, high, digits, 3) }, "outside the range"},
	}
	check := func(f figures) error {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return new(Histogram).UnmarshalJSON(b)
	}
	if err := check(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		f := good
		c.change(&f)
		if err := check(f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
		}
	}
}

func FuzzUnmarshalBinary(f *testing.F) {
	for _, values := range [][]int64{{}, {1}, {5_000_000}, {1, 2_000, 3_000_000_000, high * 2}} {
		b, err := fill(values).MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := New()
		if h.UnmarshalBinary(b) != nil {
			if h.Count() != 0 {
				t.Fatal("changed by a failed decode")
			}
			return
		}
		last := int64(-1)
		for b := range h.Buckets() {
			if b.Low <= last || b.High < b.Low || b.Count <= 0 {
				t.Fatalf("bucket %+v after %d", b, last)
			}
			last = b.High
		}
		again, err := h.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var twin Histogram
		if err := twin.UnmarshalBinary(again); err != nil || !same(h, &twin) {
			t.Fatalf("not the same again: %v", err)
		}
	})
}
