package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// redisConn speaks as much of Redis' protocol (RESP2) as filling a queue
// takes: commands of plain words, and replies that are a line or a text.
type redisConn struct {
	nc net.Conn
	in *bufio.Reader
}

const redisTimeout = 10 * time.Second

func dialRedis(ctx context.Context, socket string) (*redisConn, error) {
	nc, err := (&net.Dialer{Timeout: redisTimeout}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	return &redisConn{nc, bufio.NewReader(nc)}, nil
}

// Close ends the connection.
func (c *redisConn) Close() { _ = c.nc.Close() }

// do sends commands at once and reads their replies; the last one is
// returned. An error reply is an error.
func (c *redisConn) do(commands ...[]string) (string, error) {
	var b []byte
	for _, words := range commands {
		b = fmt.Appendf(b, "*%d\r\n", len(words))
		for _, w := range words {
			b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	_ = c.nc.SetDeadline(time.Now().Add(redisTimeout)) // fails only when closed; so will the write
	if _, err := c.nc.Write(b); err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	last := ""
	for range commands {
		var err error
		if last, err = c.reply(); err != nil {
			return "", fmt.Errorf("redis: %w", err)
		}
	}
	return last, nil
}

var errNoReply = errors.New("a reply that is neither a line, a number nor a text")

// longestReply bounds a reply, in bytes.
const longestReply = 1 << 20

// reply reads one reply; a missing value is empty.
func (c *redisConn) reply() (string, error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	if line == "" {
		return "", errNoReply
	}
	switch rest := line[1:]; line[0] {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n > longestReply {
			return "", errNoReply
		}
		if n < 0 {
			return "", nil
		}
		text := make([]byte, n+2)
		_, err = io.ReadFull(c.in, text)
		return string(text[:n]), err
	}
	return "", errNoReply
}

func (c *redisConn) line() (string, error) {
	var b strings.Builder
	for b.Len() <= longestReply {
		piece, err := c.in.ReadSlice('\n')
		b.Write(piece)
		if err == nil {
			return strings.TrimSuffix(strings.TrimSuffix(b.String(), "\n"), "\r"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	return "", errNoReply
}
