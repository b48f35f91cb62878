package hist

import (
	"encoding/base64"
	"encoding/binary"
	"hash/adler32"
	"math"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The cookies of HdrHistogram's V2 encoding, with the bits that say that
// counts are ZigZag LEB128.
const (
	cookie           = uint32(hdr.V2EncodingCookieBase) | 0x10
	compressedCookie = uint32(hdr.V2CompressedEncodingCookieBase) | 0x10
)

// largestCount is the largest that ZigZag LEB128 writes as common varints do.
const largestCount = 1<<54 - 1

// HDR returns the counts within the range in HdrHistogram's V2 compressed
// encoding, in base64, as its own tools read it. The zlib stream in it is
// stored, not deflated: a lap writes thousands of small histograms, whose
// compressors cost a hundred times what they hold, and compresses the whole.
func (h *Histogram) HDR() (string, error) {
	payload, ok := h.payload()
	if !ok {
		text, err := h.h.EncodeV2()
		return string(text), err
	}
	order := binary.BigEndian
	inner := order.AppendUint32(nil, cookie)
	inner = order.AppendUint32(inner, uint32(len(payload)))
	inner = order.AppendUint32(inner, 0) // index offset
	inner = order.AppendUint32(inner, digits)
	inner = order.AppendUint64(inner, low)
	inner = order.AppendUint64(inner, high)
	inner = order.AppendUint64(inner, math.Float64bits(1)) // ratio of counts to values
	inner = append(inner, payload...)
	z := stored(inner)
	out := order.AppendUint32(nil, compressedCookie)
	out = order.AppendUint32(out, uint32(len(z)))
	return base64.StdEncoding.EncodeToString(append(out, z...)), nil
}

// payload writes the counts in order of their index, a run of empty buckets
// as its negative length; not ok when a count is too large for it.
func (h *Histogram) payload() (b []byte, ok bool) {
	next := int64(0)
	for value, count := range h.h.ForEachBucket {
		if count > largestCount {
			return nil, false
		}
		at := index(value)
		if at == next+1 {
			b = append(b, 0)
		} else if at > next {
			b = binary.AppendVarint(b, next-at)
		}
		b = binary.AppendVarint(b, count)
		next = at + 1
	}
	if len(b) == 0 {
		b = append(b, 0) // as the library writes an empty one
	}
	return b, true
}

// stored wraps data as a zlib stream of stored blocks (RFC 1950, RFC 1951,
// 3.2.4).
func stored(data []byte) []byte {
	sum := adler32.Checksum(data)
	out := []byte{0x78, 0x01}
	for {
		block := data[:min(len(data), math.MaxUint16)]
		data = data[len(block):]
		last := byte(0)
		if len(data) == 0 {
			last = 1
		}
		out = append(out, last)
		out = binary.LittleEndian.AppendUint16(out, uint16(len(block)))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(len(block)))
		out = append(out, block...)
		if last == 1 {
			return binary.BigEndian.AppendUint32(out, sum)
		}
	}
}
