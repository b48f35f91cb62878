package run

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// NewID returns a fresh run id: a UUIDv7 in lower case (RFC 9562 §5.7). Its
// first 48 bits are the Unix time in milliseconds, the next 12 (rand_a) the
// fraction of the millisecond (§6.2, method 3), so ids made on one machine
// sort by time; 62 random bits keep machines apart.
func NewID(now time.Time) string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand
	return formatID(now, b)
}

// formatID lays time, version and variant over random bytes.
func formatID(now time.Time, b [16]byte) string {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	fraction := uint64(now.Nanosecond()%1e6) << 12 / 1e6 // 0..4095
	b[6] = 0x70 | byte(fraction>>8)                      // version 7
	b[7] = byte(fraction)
	b[8] = 0x80 | b[8]&0x3f // variant 10
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ValidID reports whether s is a UUIDv7 as NewID writes them.
func ValidID(s string) bool {
	if len(s) != 36 || s[14] != '7' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return s[19] == '8' || s[19] == '9' || s[19] == 'a' || s[19] == 'b'
}

// Shorten returns, for each id, its shortest beginning of at least eight
// characters that no other of the ids shares.
func Shorten(ids []string) map[string]string {
	const least = 8
	short := make(map[string]string, len(ids))
	for n := least; len(short) < len(ids); n++ {
		count := make(map[string]int, len(ids))
		done := true
		for _, id := range ids {
			count[prefix(id, n)]++
			done = done && len(id) <= n
		}
		for _, id := range ids {
			if _, ok := short[id]; !ok && (count[prefix(id, n)] == 1 || done) {
				short[id] = prefix(id, n)
			}
		}
		if done {
			break
		}
	}
	return short
}

func prefix(s string, n int) string { return s[:min(n, len(s))] }
