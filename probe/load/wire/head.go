// Package wire speaks HTTP/1.1 as a load driver needs it: one connection, one
// request in flight, nothing allocated for an answer that is only counted,
// and a bound on all that the other side may send.
package wire

import (
	"bytes"
	"fmt"
	"strconv"
)

// The bounds on what a server may send.
const (
	MaxHead = 64 << 10 // status line and headers, and again trailers
	MaxBody = 1 << 30
)

// head is the part of an answer before its body. Its slices point into the
// connection's buffer.
type head struct {
	status   int
	length   int64 // -1: not given
	chunked  bool
	close    bool
	kind     []byte // Content-Type
	location []byte
	cookies  [][]byte // values of Set-Cookie
}

// endOfHead is the length of a head with its empty line, 0 when that has not
// arrived. Lines may end in a bare line feed (RFC 9112, 2.2).
func endOfHead(b []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch rest := b[at:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return at + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return at + 2
		}
	}
}

// parse reads a whole head, as endOfHead measured it.
func (h *head) parse(b []byte) error {
	*h = head{length: -1, cookies: h.cookies[:0]}
	line, rest := cut(b)
	if err := h.statusLine(line); err != nil {
		return err
	}
	for len(rest) > 0 {
		if line, rest = cut(rest); len(line) == 0 {
			break
		}
		if err := h.field(line); err != nil {
			return err
		}
	}
	if h.chunked {
		if h.length >= 0 { // RFC 9112, 6.3: the coding wins, and the connection ends
			h.close, h.length = true, -1
		}
	}
	return nil
}

// cut takes the first line off, without its end.
func cut(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// statusLine reads "HTTP/1.1 200 OK"; the reason may be missing.
func (h *head) statusLine(line []byte) error {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return fmt.Errorf("not an HTTP/1 status line: %q", line[:min(len(line), 40)])
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 || status > 599 {
		return fmt.Errorf("status %q is not between 100 and 599", line[9:12])
	}
	h.status = status
	h.close = line[7] == '0'
	return nil
}

// field reads one header line.
func (h *head) field(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return fmt.Errorf("header without a colon: %q", line[:min(len(line), 40)])
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	switch len(name) { // most headers are told apart by their length alone
	case len("Location"):
		if is(name, "location") {
			h.location = value
		}
	case len("Connection"): // and Set-Cookie
		if is(name, "connection") {
			h.connection(value)
		} else if is(name, "set-cookie") {
			h.cookies = append(h.cookies, value)
		}
	case len("Content-Type"):
		if is(name, "content-type") {
			h.kind = value
		}
	case len("Content-Length"):
		if is(name, "content-length") {
			return h.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if is(name, "transfer-encoding") {
			return h.coding(value)
		}
	}
	return nil
}

// is compares a header's name with a lower-case one of the same length.
func is(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func (h *head) connection(value []byte) {
	for option := range bytes.SplitSeq(value, []byte{','}) {
		switch option = bytes.TrimSpace(option); {
		case is(option, "close"):
			h.close = true
		case is(option, "keep-alive"):
			h.close = false
		}
	}
}

// contentLength reads the length, which may be there twice only if both
// agree (RFC 9112, 6.3).
func (h *head) contentLength(value []byte) error {
	n := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' || n > MaxBody {
			return fmt.Errorf("content length %q", value[:min(len(value), 40)])
		}
		n = n*10 + int64(c-'0')
	}
	if len(value) == 0 || h.length >= 0 && h.length != n {
		return fmt.Errorf("content length %q beside %d", value[:min(len(value), 40)], h.length)
	}
	h.length = n
	return nil
}

// coding accepts chunked alone: nothing else was asked for.
func (h *head) coding(value []byte) error {
	if !is(value, "chunked") {
		return fmt.Errorf("transfer coding %q", value[:min(len(value), 40)])
	}
	h.chunked = true
	return nil
}

// bodiless says whether the answer has no body whatever its headers say
// (RFC 9112, 6.3).
func (h *head) bodiless(head bool) bool {
	return head || h.status == 204 || h.status == 304
}
