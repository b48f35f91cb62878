package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Kind says how a request came to no good answer; the words are those of
// lap.Cell's errors.
type Kind string

const (
	Connect  Kind = "connect"  // no connection
	Reset    Kind = "reset"    // the connection ended before an answer began
	Timeout  Kind = "timeout"  // no whole answer in time
	Short    Kind = "short"    // the connection ended inside an answer
	Protocol Kind = "protocol" // not HTTP/1.1
	Size     Kind = "size"     // more than MaxHead or MaxBody
)

// Error is a request without a whole answer.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Conn is a connection with at most one request in flight.
type Conn struct {
	nc       net.Conn
	buf      []byte
	r, w     int   // unread bytes are buf[r:w]
	deadline int64 // of reads and writes, as the caller counts time
	head     head
	kept     []byte // header values of the last answer
	used     bool   // an answer was read already
}

// Dial connects to a TCP ("tcp") or Unix ("unix") address. The error is an
// *Error of kind Connect.
func Dial(ctx context.Context, network, address string, timeout time.Duration) (*Conn, error) {
	nc, err := (&net.Dialer{Timeout: timeout, KeepAlive: -1}).DialContext(ctx, network, address)
	if err != nil {
		return nil, &Error{Connect, err}
	}
	return New(nc), nil
}

// New speaks HTTP over an open connection, which the Conn then owns.
func New(nc net.Conn) *Conn { return &Conn{nc: nc, buf: make([]byte, 8<<10)} }

// Close closes the connection; a read in progress ends with an error. It may
// be called at any time from anywhere.
func (c *Conn) Close() { _ = c.nc.Close() }

// Used says whether an answer was read from the connection already: then the
// server may have closed it while it was idle.
func (c *Conn) Used() bool { return c.used }

// Expire makes reads and writes fail once the clock, which shows now, shows
// now+timeout, or up to a tenth of a second later: a deadline that is near
// enough is not set again, since that costs more than reading the clock.
func (c *Conn) Expire(now, timeout int64) {
	if c.deadline >= now+timeout {
		return
	}
	const slack = int64(100 * time.Millisecond)
	c.deadline = now + timeout + slack
	_ = c.nc.SetDeadline(time.Now().Add(time.Duration(timeout + slack))) // fails only when closed; so will the read
}

// Write sends a whole request.
func (c *Conn) Write(b []byte) error {
	if _, err := c.nc.Write(b); err != nil {
		return &Error{failure(err, Reset), err}
	}
	return nil
}

// Await waits until something has arrived.
func (c *Conn) Await() error {
	if c.r < c.w {
		return nil
	}
	if err := c.fill(); err != nil {
		return &Error{failure(err, Reset), err}
	}
	return nil
}

// fill reads once, making room first. It grows the buffer up to MaxHead.
func (c *Conn) fill() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w == len(c.buf) {
		if c.r == 0 {
			if len(c.buf) >= MaxHead {
				return errLarge
			}
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		} else {
			c.w = copy(c.buf, c.buf[c.r:c.w])
			c.r = 0
		}
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

var errLarge = errors.New("larger than this client reads")

// failure names what a read or write ended with; other is the kind of a
// connection that ended.
func failure(err error, other Kind) Kind {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	case errors.Is(err, errLarge):
		return Size
	}
	return other
}

// broken is the error of an answer that does not follow the protocol.
func broken(format string, args ...any) error {
	return &Error{Protocol, fmt.Errorf(format, args...)}
}
