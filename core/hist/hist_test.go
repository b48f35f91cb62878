package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"math"
	"slices"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// durations draws from all scales, with the edges of the range among them.
func durations() *rapid.Generator[[]int64] {
	return rapid.SliceOfN(rapid.OneOf(
		rapid.Int64Range(0, 2*low),
		rapid.Int64Range(low, 10_000_000),
		rapid.Int64Range(low, high),
		rapid.SampledFrom([]int64{0, low - 1, low, low + 1, 1 << 20, 1<<20 - 1, 1<<21 - 1, 1 << 21, high - 1, high, high + 1, high * 100}),
	), 0, 200)
}

func fill(values []int64) *Histogram {
	h := New()
	for _, v := range values {
		h.Record(v)
	}
	return h
}

// same compares all that can be seen of two histograms.
func same(a, b *Histogram) bool {
	return a.Count() == b.Count() && a.Under() == b.Under() && a.Over() == b.Over() && a.Sum() == b.Sum() &&
		a.Min() == b.Min() && a.Max() == b.Max() && slices.Equal(slices.Collect(a.Buckets()), slices.Collect(b.Buckets()))
}

func TestQuantileBoundsSortedSample(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := durations().Filter(func(v []int64) bool { return len(v) > 0 }).Draw(t, "values")
		q := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 0.5, 0.95, 0.99, 1})).Draw(t, "q")
		h := fill(values)
		slices.Sort(values)
		want := values[max(1, int(math.Ceil(q*float64(len(values)))))-1]
		lo, hi := h.Quantile(q)
		if want < lo || want > hi {
			t.Fatalf("quantile %v is %d, bounds %d to %d", q, want, lo, hi)
		}
		if lo >= low && hi <= high && float64(hi-lo) > math.Max(1<<unit, float64(lo)/1000) {
			t.Fatalf("bounds %d to %d are wider than three digits", lo, hi)
		}
	})
}

func TestExactFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := durations().Draw(t, "values")
		h := fill(values)
		sum, under, over := int64(0), int64(0), int64(0)
		for _, v := range values {
			sum += v
			if v < low {
				under++
			}
			if v > high {
				over++
			}
		}
		if h.Count() != int64(len(values)) || h.Sum() != sum || h.Under() != under || h.Over() != over {
			t.Fatalf("count %d sum %d under %d over %d of %v", h.Count(), h.Sum(), h.Under(), h.Over(), values)
		}
		if len(values) > 0 && (h.Min() != slices.Min(values) || h.Max() != slices.Max(values)) {
			t.Fatalf("min %d max %d of %v", h.Min(), h.Max(), values)
		}
		at := rapid.Int64Range(0, high).Draw(t, "at")
		above := int64(0)
		for _, v := range values {
			if v > top(at) {
				above++
			}
		}
		if at > low && at < high && h.CountAbove(at) < above {
			t.Fatalf("%d above %d, want at least %d", h.CountAbove(at), at, above)
		}
	})
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := durations().Draw(t, "a"), durations().Draw(t, "b"), durations().Draw(t, "c")
		whole := fill(slices.Concat(a, b, c))
		left := fill(a)
		left.Merge(fill(b))
		left.Merge(fill(c))
		tail := fill(b)
		tail.Merge(fill(c))
		right := fill(a)
		right.Merge(tail)
		turned := fill(c)
		turned.Merge(fill(a))
		turned.Merge(fill(b))
		turned.Merge(New())
		turned.Merge(nil)
		for name, h := range map[string]*Histogram{"(a b) c": left, "a (b c)": right, "c a b": turned} {
			if !same(h, whole) {
				t.Fatalf("%s differs from all at once", name)
			}
		}
	})
}

func TestEncodingsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := fill(durations().Draw(t, "values"))
		text, err := h.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		binary, err := h.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var fromText, fromBinary Histogram
		if err := fromText.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		if err := fromBinary.UnmarshalBinary(binary); err != nil {
			t.Fatal(err)
		}
		if !same(h, &fromText) || !same(h, &fromBinary) {
			t.Fatal("a decoded histogram differs")
		}
	})
}

// HdrHistogram's own decoder and dense histogram are the oracle for the
// encoding and for the geometry.
func TestInterchange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := durations().Draw(t, "values")
		h := fill(values)
		want := hdr.New(low, high, digits)
		for _, v := range values {
			if v >= low && v <= high {
				if err := want.RecordValue(v); err != nil {
					t.Fatal(err)
				}
			}
		}
		text, err := h.HDR()
		if err != nil {
			t.Fatal(err)
		}
		got, err := hdr.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equals(want) {
			t.Fatal("HdrHistogram reads another histogram")
		}
		theirs, err := h.h.EncodeV2()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := inflated(t, text), inflated(t, string(theirs)); a != b {
			t.Fatalf("encoded as %x, by HdrHistogram as %x", a, b)
		}
		v := rapid.Int64Range(low, high).Draw(t, "v")
		one := hdr.New(low, high, digits)
		_ = one.RecordValue(v)
		if one.Max() != top(one.Min()) || top(v) != one.Max() {
			t.Fatalf("top of %d is %d and %d, want %d", v, top(v), top(one.Min()), one.Max())
		}
	})
}

// inflated is what an encoding holds once it is decompressed.
func inflated(t *rapid.T, text string) string {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(raw[8:]))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every bucket occupied is more than one stored block; a huge count is more
// than a common varint.
func TestFullAndHuge(t *testing.T) {
	full := New()
	for v := int64(low); v <= high; v = top(v) + 1 {
		for range v % 100 {
			full.Record(v)
		}
	}
	huge := New()
	huge.Record(5_000_000)
	if err := huge.h.RecordValues(5_000_000, largestCount+1); err != nil {
		t.Fatal(err)
	}
	huge.sum = math.MaxInt64
	for name, h := range map[string]*Histogram{"full": full, "huge": huge} {
		b, err := h.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Histogram
		if err := got.UnmarshalBinary(b); err != nil || !same(h, &got) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestEmptyAndNegative(t *testing.T) {
	h := New()
	lo, hi := h.Quantile(0.5)
	if lo != -1 || hi != -1 || h.Min() != -1 || h.Max() != -1 || !math.IsNaN(h.Mean()) || h.CountAbove(0) != 0 {
		t.Errorf("empty: quantile %d %d min %d max %d mean %v", lo, hi, h.Min(), h.Max(), h.Mean())
	}
	h.Record(-5)
	if h.Under() != 1 || h.Min() != 0 || h.Sum() != 0 {
		t.Errorf("negative: under %d min %d sum %d", h.Under(), h.Min(), h.Sum())
	}
	if (*Histogram)(nil).Count() != 0 || (*Histogram)(nil).Clone() != nil {
		t.Error("nil is not empty")
	}
	c := h.Clone()
	c.Record(2_000_000)
	if h.Count() != 1 || c.Count() != 2 {
		t.Error("a clone shares its counts")
	}
}

func TestSumSaturates(t *testing.T) {
	h := New()
	for range 3 {
		h.Record(math.MaxInt64 / 2)
		h.Record(math.MaxInt64)
	}
	if h.Sum() != math.MaxInt64 || h.Over() != 6 {
		t.Errorf("sum %d over %d", h.Sum(), h.Over())
	}
	b, err := h.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := new(Histogram).UnmarshalBinary(b); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	h := New()
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		h.Record(1_000_000 + i*7919%20_000_000)
	}
}

func BenchmarkMarshal(b *testing.B) {
	h := New()
	for i := range int64(200) {
		h.Record(1_000_000 + i*7919%20_000_000)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.MarshalBinary(); err != nil {
			b.Fatal(err)
		}
	}
}
