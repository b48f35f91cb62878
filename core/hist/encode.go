package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// format is the version of both encodings.
const format = 1

// largest bounds an encoded histogram: every bucket of the geometry with a
// nine-byte count that does not compress, in base64.
const largest = 1 << 19

// figures is what HDR's own encoding does not carry.
type figures struct {
	Format int    `json:"format"`
	HDR    string `json:"hdr"` // V2 compressed, base64: a cell of an HdrHistogram log
	Under  int64  `json:"under"`
	Over   int64  `json:"over"`
	Sum    int64  `json:"sum_ns"`
	Min    int64  `json:"min_ns"` // 0 when empty
	Max    int64  `json:"max_ns"`
}

// MarshalJSON writes HDR's encoding with what that does not carry beside it.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	text, err := h.HDR()
	if err != nil {
		return nil, fmt.Errorf("encoding histogram: %w", err)
	}
	return json.Marshal(figures{format, text, h.under, h.over, h.sum, h.min, h.max})
}

// UnmarshalJSON reads what MarshalJSON wrote. The input may be hostile: its
// size, geometry and sums are checked, and h is unchanged after an error.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	if len(b) > largest {
		return fmt.Errorf("decoding histogram: %d bytes, at most %d are allowed", len(b), largest)
	}
	var f figures
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("decoding histogram: %w", err)
	}
	return h.restore(f)
}

// MarshalBinary writes a version byte, the exact figures as varints and HDR's
// encoding without base64.
func (h *Histogram) MarshalBinary() ([]byte, error) {
	text, err := h.HDR()
	if err != nil {
		return nil, fmt.Errorf("encoding histogram: %w", err)
	}
	out := []byte{format}
	for _, v := range []int64{h.under, h.over, h.sum, h.min, h.max} {
		out = binary.AppendUvarint(out, uint64(v))
	}
	return base64.StdEncoding.AppendDecode(out, []byte(text))
}

// UnmarshalBinary reads what MarshalBinary wrote, with the same checks as
// UnmarshalJSON.
func (h *Histogram) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || len(b) > largest {
		return fmt.Errorf("decoding histogram: %d bytes, want 1 to %d", len(b), largest)
	}
	f := figures{Format: int(b[0])}
	b = b[1:]
	for _, field := range []*int64{&f.Under, &f.Over, &f.Sum, &f.Min, &f.Max} {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt64 {
			return errors.New("decoding histogram: broken varint")
		}
		*field, b = int64(v), b[n:]
	}
	f.HDR = base64.StdEncoding.EncodeToString(b)
	return h.restore(f)
}

// restore takes decoded figures if they agree with each other.
func (h *Histogram) restore(f figures) error {
	if f.Format != format {
		return fmt.Errorf("decoding histogram: format %d, this version reads %d", f.Format, format)
	}
	if err := checkGeometry(f.HDR); err != nil {
		return fmt.Errorf("decoding histogram: %w", err)
	}
	packed, err := hdr.DecodePacked([]byte(f.HDR))
	if err != nil {
		return fmt.Errorf("decoding histogram: %w", err)
	}
	got := Histogram{h: packed, under: f.Under, over: f.Over, sum: f.Sum, min: f.Min, max: f.Max}
	if err := got.check(); err != nil {
		return fmt.Errorf("decoding histogram: %w", err)
	}
	*h = got
	return nil
}

// checkGeometry refuses another geometry than ours before anything of its
// size is allocated. The header is HdrHistogram's: a cookie and the
// compressed length, then inside the compressed data cookie, payload length,
// index offset, digits, lowest and highest value.
func checkGeometry(text string) error {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	if len(raw) < 8 {
		return io.ErrUnexpectedEOF
	}
	z, err := zlib.NewReader(bytes.NewReader(raw[8:]))
	if err != nil {
		return err
	}
	defer z.Close()
	head := make([]byte, 32)
	if _, err := io.ReadFull(z, head); err != nil {
		return err
	}
	d, l, u := binary.BigEndian.Uint32(head[12:]), binary.BigEndian.Uint64(head[16:]), binary.BigEndian.Uint64(head[24:])
	if d != digits || l != low || u != high {
		return fmt.Errorf("geometry %d to %d with %d digits, want %d to %d with %d", l, u, d, low, int64(high), digits)
	}
	return nil
}

// check says whether counts, extremes and sum can belong together.
func (h *Histogram) check() error {
	n := int64(0)
	for _, c := range []int64{h.under, h.over} {
		if c < 0 || n > math.MaxInt64-c {
			return errors.New("counts out of range")
		}
		n += c
	}
	first, last := int64(-1), int64(-1) // lowest values of the outer buckets
	for value, c := range h.h.ForEachBucket {
		if c < 0 || n > math.MaxInt64-c {
			return errors.New("counts out of range")
		}
		n += c
		if last = value; first < 0 {
			first = value
		}
	}
	if first >= 0 && (top(first) < low || last > high) {
		return errors.New("counts outside the range")
	}
	if n == 0 {
		if h.sum != 0 || h.min != 0 || h.max != 0 {
			return errors.New("an empty histogram with a sum")
		}
		return nil
	}
	return h.checkExact(first, last, n)
}

// checkExact compares the exact figures with the occupied buckets; first and
// last are -1 when nothing lies within the range.
func (h *Histogram) checkExact(first, last, n int64) error {
	least, most := [2]int64{first, top(first)}, [2]int64{last, top(last)}
	if first < 0 {
		least, most = [2]int64{high + 1, math.MaxInt64}, [2]int64{0, low - 1}
	}
	if h.under > 0 {
		least = [2]int64{0, low - 1}
	}
	if h.over > 0 {
		most = [2]int64{high + 1, math.MaxInt64}
	}
	if h.min < least[0] || h.min > least[1] || h.max < most[0] || h.max > most[1] || h.min > h.max {
		return errors.New("extremes outside the counted range")
	}
	sum := float64(h.sum) * (1 + 1e-9)
	if lowest := float64(h.min) * float64(n); sum < min(lowest, math.MaxInt64) || float64(h.sum) > float64(h.max)*float64(n)*(1+1e-9) {
		return errors.New("sum outside what the counts allow")
	}
	return nil
}
