package wire

import (
	"bytes"
	"errors"
	"io"
)

// Want says what of an answer is needed beside its length.
type Want struct {
	Head     bool   // the request was a HEAD: no body follows
	Keep     int    // this many bytes of the body are kept
	Contains []byte // looked for in the whole body
}

// Reply is an answer. Its slices are valid until the connection's next call,
// Body until the Reply's next use.
type Reply struct {
	Status   int
	Kind     []byte   // Content-Type
	Location []byte   // of a redirect
	Cookies  [][]byte // values of Set-Cookie
	Bytes    int64    // of the body
	Body     []byte   // the first Want.Keep bytes
	Found    bool     // Want.Contains is in the body, or empty
	Close    bool     // the connection carries no further request

	tail []byte // end of the body so far, where a match may have begun
}

// Read reads one answer, interim ones (1xx) skipped. Errors are *Error; after
// one, or with Close set, the connection is of no further use.
func (c *Conn) Read(want Want, a *Reply) error {
	*a = Reply{Body: a.Body[:0], tail: a.tail[:0], Found: len(want.Contains) == 0}
	if err := c.readFinal(); err != nil {
		return err
	}
	h := &c.head
	a.Status, a.Close = h.status, h.close
	// The rest of the buffer is overwritten by the body: what is needed of
	// the head is copied behind the kept bytes first.
	if len(h.kind) > 0 || len(h.location) > 0 || len(h.cookies) > 0 {
		c.keepHead(a)
	}
	if err := c.readBody(want, a); err != nil {
		return err
	}
	c.used = true
	return nil
}

// readFinal reads heads up to the first that is not interim.
func (c *Conn) readFinal() error {
	const most = 32
	for range most {
		if err := c.readHead(); err != nil {
			return err
		}
		switch status := c.head.status; {
		case status >= 200:
			return nil
		case status == 101:
			return broken("switched protocols unasked")
		}
	}
	return broken("more than %d interim answers", most)
}

// keepHead copies the header values of an answer out of the buffer.
func (c *Conn) keepHead(a *Reply) {
	h := &c.head
	c.kept = c.kept[:0]
	hold := func(b []byte) []byte {
		at := len(c.kept)
		c.kept = append(c.kept, b...)
		return c.kept[at:len(c.kept):len(c.kept)]
	}
	a.Kind, a.Location = hold(h.kind), hold(h.location)
	for i, cookie := range h.cookies {
		h.cookies[i] = hold(cookie)
	}
	a.Cookies = h.cookies
}

// readHead reads up to the empty line.
func (c *Conn) readHead() error {
	for scanned := 0; ; {
		// Look again from shortly before the new bytes: an end of three
		// bytes may have been cut.
		from := max(0, scanned-3)
		if n := endOfHead(c.buf[c.r+from : c.w]); n > 0 {
			b := c.buf[c.r : c.r+from+n]
			c.r += from + n
			if err := c.head.parse(b); err != nil {
				return &Error{Protocol, err}
			}
			return nil
		}
		scanned = c.w - c.r
		if scanned >= MaxHead {
			return &Error{Size, errLarge}
		}
		if err := c.fill(); err != nil {
			if scanned == 0 {
				return &Error{failure(err, Reset), err}
			}
			return &Error{failure(err, Short), err}
		}
	}
}

// readBody reads what follows the head.
func (c *Conn) readBody(want Want, a *Reply) error {
	switch h := &c.head; {
	case h.bodiless(want.Head):
		return nil
	case h.chunked:
		return c.readChunks(want, a)
	case h.length >= 0:
		return c.take(h.length, want, a)
	}
	a.Close = true // RFC 9112, 6.3: the body ends with the connection
	for {
		if err := c.take(int64(c.w-c.r), want, a); err != nil {
			return err
		}
		switch err := c.fill(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &Error{failure(err, Short), err}
		}
	}
}

// take passes n bytes of body on.
func (c *Conn) take(n int64, want Want, a *Reply) error {
	if a.Bytes+n > MaxBody {
		return &Error{Size, errLarge}
	}
	for n > 0 {
		if c.r == c.w {
			if err := c.fill(); err != nil {
				return &Error{failure(err, Short), err}
			}
		}
		b := c.buf[c.r:min(int64(c.w), int64(c.r)+n)]
		a.add(b, want)
		c.r += len(b)
		n -= int64(len(b))
	}
	return nil
}

// readChunks reads a chunked body with its trailers (RFC 9112, 7.1).
func (c *Conn) readChunks(want Want, a *Reply) error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := chunkSize(line)
		if err != nil {
			return err
		}
		if n == 0 {
			return c.trailers()
		}
		if err := c.take(n, want, a); err != nil {
			return err
		}
		if line, err = c.line(); err != nil {
			return err
		}
		if len(line) != 0 {
			return broken("chunk longer than its size")
		}
	}
}

// chunkSize reads "1a; extension".
func chunkSize(line []byte) (int64, error) {
	size, _, _ := bytes.Cut(line, []byte{';'})
	size = bytes.TrimRight(size, " \t")
	n := int64(0)
	for _, b := range size {
		switch {
		case '0' <= b && b <= '9':
			n = n<<4 | int64(b-'0')
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			n = n<<4 | int64(b|0x20-'a'+10)
		default:
			return 0, broken("chunk size %q", line[:min(len(line), 20)])
		}
		if n > MaxBody {
			return 0, &Error{Size, errLarge}
		}
	}
	if len(size) == 0 {
		return 0, broken("no chunk size")
	}
	return n, nil
}

// trailers reads up to the empty line after the last chunk.
func (c *Conn) trailers() error {
	for total := 0; total <= MaxHead; {
		line, err := c.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return nil
		}
		total += len(line) + 2
	}
	return &Error{Size, errLarge}
}

// line reads one line of chunked framing, without its end.
func (c *Conn) line() ([]byte, error) {
	for scanned := 0; ; {
		if i := bytes.IndexByte(c.buf[c.r+scanned:c.w], '\n'); i >= 0 {
			b := c.buf[c.r : c.r+scanned+i]
			c.r += scanned + i + 1
			return bytes.TrimSuffix(b, []byte{'\r'}), nil
		}
		if scanned = c.w - c.r; scanned > 4096 {
			return nil, broken("chunk line longer than 4096 bytes")
		}
		if err := c.fill(); err != nil {
			return nil, &Error{failure(err, Short), err}
		}
	}
}

// add counts body bytes, keeps the first and looks for what they should hold.
func (a *Reply) add(b []byte, want Want) {
	a.Bytes += int64(len(b))
	if room := want.Keep - len(a.Body); room > 0 {
		a.Body = append(a.Body, b[:min(room, len(b))]...)
	}
	if a.Found {
		return
	}
	// A match may begin in what came before: keep as much of its end as could.
	overlap := len(want.Contains) - 1
	a.tail = append(a.tail, b[:min(overlap, len(b))]...)
	if a.Found = bytes.Contains(b, want.Contains) || bytes.Contains(a.tail, want.Contains); a.Found {
		return
	}
	if len(b) > overlap {
		a.tail = append(a.tail[:0], b[len(b)-overlap:]...)
	} else if extra := len(a.tail) - overlap; extra > 0 {
		a.tail = append(a.tail[:0], a.tail[extra:]...)
	}
}
