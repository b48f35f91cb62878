package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/analyze/answer"
	"pitwall/probe/clock"
	"pitwall/probe/load/wire"
)

const answerTimeout = 30 * time.Second

// tag begins the request ids of requests that the agent shall count.
const tag = "pitwall-bench-"

// line is a connection that is kept, with one request in flight.
type line struct {
	network, address string
	conn             *wire.Conn
	reply            wire.Reply
	tagged           bool  // requests carry an id by which the agent's records are known
	asked            int64 // requests so far
	took             int64 // service time of the last one, ns: from the first byte sent to the last received
}

// newLine prepares a connection to "http://host:port" or "unix:path".
func newLine(address string) *line {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return &line{network: "unix", address: path}
	}
	_, rest, _ := strings.Cut(address, "://")
	place, _, _ := strings.Cut(rest, "/")
	if !strings.Contains(place, ":") {
		place += ":80"
	}
	return &line{network: "tcp", address: place}
}

// Close ends the connection.
func (l *line) Close() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// ask sends q and reads the answer. A kept connection that the server has
// closed meanwhile is made anew, once.
func (l *line) ask(ctx context.Context, q request) (reply, error) {
	kept := l.conn != nil
	r, err := l.try(ctx, q)
	if err != nil {
		l.Close()
		if kept && ctx.Err() == nil && isReset(err) {
			r, err = l.try(ctx, q)
		}
	}
	return r, err
}

func isReset(err error) bool {
	e, ok := err.(*wire.Error)
	return ok && e.Kind == wire.Reset
}

func (l *line) try(ctx context.Context, q request) (reply, error) {
	if l.conn == nil {
		c, err := wire.Dial(ctx, l.network, l.address, answerTimeout)
		if err != nil {
			return reply{}, err
		}
		l.conn = c
	}
	stop := context.AfterFunc(ctx, l.conn.Close)
	defer stop()
	l.asked++
	if l.tagged {
		q.Headers = maps.Clone(q.Headers)
		q.Headers["X-Request-Id"] = fmt.Sprint(tag, l.asked)
	}
	raw := q.raw()
	start := clock.Now()
	l.conn.Expire(start, int64(answerTimeout))
	if err := l.conn.Write(raw); err != nil {
		return reply{}, err
	}
	if err := l.conn.Read(wire.Want{Head: q.Method == "HEAD", Keep: answer.MaxBody}, &l.reply); err != nil {
		return reply{}, err
	}
	l.took = clock.Now() - start
	r := received(&l.reply)
	if l.reply.Close {
		l.Close()
	}
	return r, nil
}

// received copies what the connection's next use would overwrite.
func received(w *wire.Reply) reply {
	r := reply{Answer: answer.Answer{Status: w.Status, Type: string(w.Kind), Location: string(w.Location),
		Body: bytes.Clone(w.Body), Bytes: w.Bytes}}
	if w.Bytes > int64(len(w.Body)) {
		sum := sha256.Sum256(w.Body)
		r.Digest = "of its beginning " + hex.EncodeToString(sum[:16])
	}
	for _, c := range w.Cookies {
		r.cookies = append(r.cookies, bytes.Clone(c))
	}
	return r
}

// raw is the request as HTTP/1.1 writes it.
func (q request) raw() []byte {
	b := []byte(q.String() + " HTTP/1.1\r\n")
	for _, name := range slices.Sorted(maps.Keys(q.Headers)) {
		b = append(b, name+": "+q.Headers[name]+"\r\n"...)
	}
	if q.Body != "" || q.Method != "GET" && q.Method != "HEAD" && q.Method != "OPTIONS" {
		b = fmt.Appendf(b, "Content-Length: %d\r\n", len(q.Body))
	}
	return append(append(b, "\r\n"...), q.Body...)
}
