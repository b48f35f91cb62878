package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// script is the other side of a connection: it says its text in pieces of at
// most step bytes, then ends.
type script struct {
	net.Conn
	text []byte
	step int
	end  error
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, s.end
	}
	n := copy(b[:min(len(b), s.step)], s.text)
	s.text = s.text[n:]
	return n, nil
}

func (s *script) Write(b []byte) (int, error)   { return len(b), nil }
func (s *script) Close() error                  { return nil }
func (s *script) SetDeadline(_ time.Time) error { return nil }

func say(text string, step int) *Conn {
	return New(&script{text: []byte(text), step: step, end: io.EOF})
}

// kind is the kind of an error, empty for none.
func kind(t *testing.T, err error) Kind {
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	if e == nil {
		return ""
	}
	return e.Kind
}

func TestRead(t *testing.T) {
	cases := map[string]struct {
		text   string
		want   Want
		status int
		body   string // as far as it is kept
		bytes  int64
		close  bool
		kind   Kind
	}{
		"length":            {text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", bytes: 5},
		"no reason":         {text: "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", status: 200},
		"bare line feeds":   {text: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", status: 200, body: "hi", bytes: 2},
		"chunked":           {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nfoo\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", status: 200, body: "foo0123456789", bytes: 13},
		"trailers":          {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", status: 200, body: "x", bytes: 1},
		"to the end":        {text: "HTTP/1.1 200 OK\r\n\r\nall of it", status: 200, body: "all of it", bytes: 9, close: true},
		"close":             {text: "HTTP/1.1 404 Not Found\r\nConnection: Keep-Alive, CLOSE\r\nContent-Length: 1\r\n\r\nx", status: 404, body: "x", bytes: 1, close: true},
		"old":               {text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", status: 200, body: "x", bytes: 1, close: true},
		"old, kept":         {text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", status: 200, body: "x", bytes: 1},
		"no content":        {text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
		"not modified":      {text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", status: 304},
		"head":              {text: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", want: Want{Head: true}, status: 200},
		"continue":          {text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", status: 201},
		"both lengths":      {text: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", status: 200, body: "x", bytes: 1, close: true},
		"the same twice":    {text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", status: 200, body: "x", bytes: 1},
		"nothing":           {text: "", kind: Reset},
		"half a head":       {text: "HTTP/1.1 200 OK\r\nContent-Le", kind: Short},
		"half a body":       {text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", kind: Short},
		"half a chunk":      {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", kind: Short},
		"no last chunk":     {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", kind: Short},
		"not http":          {text: "SSH-2.0-OpenSSH_9.2\r\n\r\n", kind: Protocol},
		"status":            {text: "HTTP/1.1 999 No\r\n\r\n", kind: Protocol},
		"status text":       {text: "HTTP/1.1 2x0 No\r\n\r\n", kind: Protocol},
		"no colon":          {text: "HTTP/1.1 200 OK\r\nhello\r\n\r\n", kind: Protocol},
		"two lengths":       {text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", kind: Protocol},
		"negative length":   {text: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", kind: Protocol},
		"empty length":      {text: "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", kind: Protocol},
		"huge length":       {text: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", kind: Protocol},
		"large length":      {text: "HTTP/1.1 200 OK\r\nContent-Length: 1073741825\r\n\r\n", kind: Size},
		"coding":            {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", kind: Protocol},
		"chunk size":        {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", kind: Protocol},
		"no chunk size":     {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", kind: Protocol},
		"chunk too long":    {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n", kind: Protocol},
		"huge chunk":        {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", kind: Size},
		"endless headers":   {text: "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", MaxHead/6), kind: Size},
		"endless trailers":  {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", MaxHead/6+9), kind: Size},
		"endless chunk":     {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 5000), kind: Protocol},
		"endless continues": {text: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 40), kind: Protocol},
		"upgrade":           {text: "HTTP/1.1 101 Switching\r\n\r\n", kind: Protocol},
	}
	for name, c := range cases {
		for _, step := range []int{1, 3, 1 << 20} {
			conn := say(c.text, step)
			var a Reply
			c.want.Keep = 100
			err := conn.Read(c.want, &a)
			if got := kind(t, err); got != c.kind {
				t.Errorf("%s in steps of %d: error %v, want kind %q", name, step, err, c.kind)
				continue
			}
			if c.kind == "" && (a.Status != c.status || string(a.Body) != c.body || a.Bytes != c.bytes || a.Close != c.close) {
				t.Errorf("%s in steps of %d: %d %q %d bytes close %v", name, step, a.Status, a.Body, a.Bytes, a.Close)
			}
		}
	}
}

func TestHeadersSurviveALargeBody(t *testing.T) {
	body := strings.Repeat("0123456789", 5000)
	text := "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\nContent-Length: 50000\r\n\r\n" + body
	conn := say(text+text, 1000)
	for range 2 {
		var a Reply
		if err := conn.Read(Want{Keep: 7, Contains: []byte("90123456789012")}, &a); err != nil {
			t.Fatal(err)
		}
		if string(a.Location) != "/there" || string(a.Kind) != "text/html" || len(a.Cookies) != 2 || string(a.Cookies[1]) != "b=2; Path=/" {
			t.Errorf("headers %q %q %q", a.Location, a.Kind, a.Cookies)
		}
		if string(a.Body) != "0123456" || a.Bytes != 50000 || !a.Found {
			t.Errorf("body %q of %d, found %v", a.Body, a.Bytes, a.Found)
		}
	}
	if !conn.Used() {
		t.Error("not used")
	}
}

// What is looked for is found wherever the pieces are cut.
func TestContainsAcrossPieces(t *testing.T) {
	body := "xxneedlneedleyy"
	text := "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + body
	for step := 1; step < len(text); step++ {
		for needle, want := range map[string]bool{"needle": true, "needless": false, "x": true, "yy": true, body: true, "": true} {
			var a Reply
			if err := say(text, step).Read(Want{Contains: []byte(needle)}, &a); err != nil || a.Found != want {
				t.Errorf("%q in steps of %d: found %v, %v", needle, step, a.Found, err)
			}
		}
	}
}

func TestTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Dial(t.Context(), "tcp", l.Addr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Expire(0, int64(time.Millisecond))
	var a Reply
	if got := kind(t, c.Read(Want{}, &a)); got != Timeout {
		t.Errorf("kind %q", got)
	}
	if _, err := Dial(t.Context(), "unix", "/nonexistent/socket", time.Second); kind(t, err) != Connect {
		t.Errorf("%v", err)
	}
}

// Any bytes end in an answer or an *Error, within the bounds, however they
// are cut; what net/http reads as an answer, and this client too, has the
// same status and body.
func FuzzRead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), uint64(1))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n0\r\nA: b\r\n\r\n"), uint64(2))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nSet-Cookie: a=b\r\n\r\n"), uint64(3))
	f.Add([]byte("HTTP/1.0 301 Moved\nLocation: /x\nConnection: close\n\nbody"), uint64(4))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		want := Want{Keep: 1 << 20, Contains: []byte("o")}
		var whole, cut Reply
		errWhole := say(string(text), 1<<20).Read(want, &whole)
		errCut := say(string(text), 1+rng.IntN(20)).Read(want, &cut)
		if kind(t, errWhole) != kind(t, errCut) {
			t.Fatalf("whole: %v, cut: %v", errWhole, errCut)
		}
		if errWhole != nil {
			return
		}
		if whole.Status != cut.Status || !bytes.Equal(whole.Body, cut.Body) || whole.Found != cut.Found || whole.Bytes != cut.Bytes {
			t.Fatalf("whole: %+v, cut: %+v", whole, cut)
		}
		if whole.Found != bytes.Contains(whole.Body, want.Contains) {
			t.Fatalf("found %v in %q", whole.Found, whole.Body)
		}
		r := bufio.NewReader(bytes.NewReader(text))
		res, err := http.ReadResponse(r, nil)
		for err == nil && res.StatusCode < 200 {
			res, err = http.ReadResponse(r, nil)
		}
		if err != nil {
			return
		}
		body, err := io.ReadAll(res.Body)
		if err == nil && (res.StatusCode != whole.Status || !bytes.Equal(body, whole.Body)) {
			t.Fatalf("net/http: %d %q, here: %d %q", res.StatusCode, body, whole.Status, whole.Body)
		}
	})
}
