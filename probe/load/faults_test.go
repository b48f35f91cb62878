package load

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/route"
)

// raw runs a server of bare connections for the test.
func raw(t *testing.T, handle func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); handle(c) }()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// request reads one request that has no body.
func readRequest(c net.Conn) bool {
	var b []byte
	for buf := make([]byte, 1); !strings.HasSuffix(string(b), "\r\n\r\n"); b = append(b, buf...) {
		if _, err := io.ReadFull(c, buf); err != nil {
			return false
		}
	}
	return true
}

const fine = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"

func TestErrorKinds(t *testing.T) {
	answer := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			for readRequest(c) {
				fmt.Fprint(c, text)
			}
		}
	}
	cases := map[string]struct {
		handle func(net.Conn)
		change func(*Config)
		kind   string
		done   bool // the answer was whole
	}{
		"fine":  {answer(fine), nil, "", true},
		"reset": {func(c net.Conn) { readRequest(c); _ = c.(*net.TCPConn).SetLinger(0) }, nil, "reset", false},
		"ended": {func(c net.Conn) { readRequest(c) }, nil, "reset", false},
		"short": {func(c net.Conn) { readRequest(c); fmt.Fprint(c, fine[:len(fine)-2]) }, nil, "short", false},
		"ssh":   {func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-x\r\n\r\n"); readRequest(c) }, nil, "protocol", false},
		"timeout": {func(c net.Conn) { readRequest(c); readRequest(c) }, func(c *Config) { c.Timeout = 50 * time.Millisecond },
			"timeout", false},
		"status": {answer(strings.Replace(fine, "200 OK", "500 No", 1)), nil, "status", true},
		"type":   {answer(fine), func(c *Config) { c.Routes[0].Expect.ContentType = "application/json" }, "type", true},
		"size":   {answer(fine), func(c *Config) { c.Routes[0].Expect.MinBytes = 6 }, "size", true},
		"content": {answer(fine), func(c *Config) { c.Routes[0].Expect.Contains = "good bye" },
			"content", true},
		"expected": {answer(strings.Replace(fine, "200 OK", "302 Found", 1)), func(c *Config) {
			c.Routes[0].Expect = route.Expect{Status: []int{302, 303}, ContentType: "TEXT/", MinBytes: 5, Contains: "ell"}
		}, "", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := raw(t, c.handle)
			for _, w := range []lap.Window{closed, {Index: 2, Rate: 200}, alone} {
				o, all := pass(t, drive(t, address, c.change), Stage{Window: w, Duration: 60 * time.Millisecond})
				bad := all.Offered
				if c.kind == "" {
					bad = 0
				}
				done := int64(0)
				if c.done {
					done = all.Offered
				}
				if all.Offered == 0 || all.Errors[c.kind] != bad || all.Good != all.Offered-bad || all.Done != done {
					t.Errorf("%s, %v/s: %d offered, %d done, %d good, errors %v", name, w.Rate, all.Offered, all.Done, all.Good, all.Errors)
				}
				timed := done
				if c.kind == kindTimeout { // at least that long, not left out
					timed = all.Offered
					if all.Service.Min() < 50e6 {
						t.Errorf("%s: timed out after %d ns", name, all.Service.Min())
					}
				}
				if all.Service.Count() != timed || o.Retried != 0 {
					t.Errorf("%s, %v/s: %d times of %d, %d retried", name, w.Rate, all.Service.Count(), timed, o.Retried)
				}
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, w := range []lap.Window{closed, {Index: 2, Rate: 100}, alone} {
		_, all := pass(t, drive(t, l.Addr().String(), nil), Stage{Window: w, Duration: 120 * time.Millisecond})
		if all.Offered == 0 || all.Errors["connect"] != all.Offered || all.Service.Count() != 0 || w.Rate == 0 && all.Offered > 20 {
			t.Errorf("%v/s: %d offered, errors %v", w.Rate, all.Offered, all.Errors)
		}
	}
}

// The server closes without a word after each answer: a safe request that
// meets the closed connection goes out again, another one is an error.
func TestKeptConnectionThatClosed(t *testing.T) {
	address := raw(t, func(c net.Conn) {
		readRequest(c)
		fmt.Fprint(c, fine)
		_ = c.(*net.TCPConn).CloseWrite()
		readRequest(c) // what comes too late is lost
	})
	for _, verb := range []string{"GET", "DELETE"} {
		d := drive(t, address, func(c *Config) { c.Routes[0].Method = verb })
		o, all := pass(t, d, Stage{Window: alone, Each: 10})
		if verb == "GET" && (all.Good != 10 || o.Retried == 0 || o.Connects != o.Retried+1) {
			t.Errorf("GET: %d good, %d retried, %d connections", all.Good, o.Retried, o.Connects)
		}
		if verb == "DELETE" && (o.Retried != 0 || all.Good+all.Errors["reset"] != 10 || all.Errors["reset"] == 0) {
			t.Errorf("DELETE: %d good, errors %v", all.Good, all.Errors)
		}
	}
	o, all := pass(t, drive(t, address, nil), Stage{Window: lap.Window{Rate: 200}, Duration: short})
	if all.Good != all.Offered || o.Connects < all.Offered {
		t.Errorf("open loop: %d of %d good on %d connections", all.Good, all.Offered, o.Connects)
	}
}

func TestConnectionClose(t *testing.T) {
	var n atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		w.Header().Set("Connection", "close")
	})
	for _, w := range []lap.Window{closed, open} {
		n.Store(0)
		o, all := pass(t, drive(t, url, nil), Stage{Window: w, Duration: short})
		if all.Good != all.Offered || all.Good != n.Load() || o.Connects != all.Offered || o.Retried != 0 {
			t.Errorf("%d of %d good, %d served, %d connections", all.Good, all.Offered, n.Load(), o.Connects)
		}
	}
}

// A server that never answers: what is in flight at the end of the drain is
// unfinished, what could not be sent is refused, and both say so.
func TestUnfinishedAndRefused(t *testing.T) {
	gate := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-gate })
	t.Cleanup(func() { close(gate) })
	d := drive(t, url, nil)
	o, all := pass(t, d, Stage{Window: open, Duration: short, Drain: 50 * time.Millisecond, MaxInFlight: 5})
	if all.Errors["unfinished"] != 5 || all.Errors["refused"] != all.Offered-5 || all.Done != 0 || all.Offered < 10 {
		t.Errorf("%d offered, errors %v", all.Offered, all.Errors)
	}
	if all.Response.Count() != 5 || all.Response.Min() < 50e6 {
		t.Errorf("%d responses of at least %d ns", all.Response.Count(), all.Response.Min())
	}
	if !strings.Contains(o.Invalid(), "were not sent") {
		t.Errorf("invalid: %q", o.Invalid())
	}
	_, all = pass(t, d, Stage{Window: closed, Duration: 50 * time.Millisecond, Drain: 50 * time.Millisecond})
	if all.Errors["unfinished"] != 4 || all.Offered != 4 {
		t.Errorf("closed: %d offered, errors %v", all.Offered, all.Errors)
	}
}

func TestLargeRequests(t *testing.T) {
	var got atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Add(n)
	})
	body := `"` + strings.Repeat("x", 300_000) + `"`
	d := drive(t, url, func(c *Config) { c.Routes[0].Method, c.Routes[0].JSON = "POST", body })
	_, all := pass(t, d, Stage{Window: lap.Window{Rate: 100}, Duration: short})
	if all.Good != all.Offered || got.Load() != all.Good*int64(len(body)) {
		t.Errorf("%d of %d good, %d bytes", all.Good, all.Offered, got.Load())
	}
}

func TestAnswersAreFew(t *testing.T) {
	var n atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", strings.Repeat("x", 2000))
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader([]int{200, 302, 500}[n.Add(1)%3])
		fmt.Fprint(w, strings.Repeat("y", 5000))
	})
	d := drive(t, url, nil)
	if got := d.Answers(); got == nil || len(got) != 0 {
		t.Errorf("%v", got)
	}
	pass(t, d, Stage{Window: closed, Duration: short})
	answers := d.Answers()
	if len(answers) != 3*perStatus {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		if a.Route != "home" || len(a.Excerpt) != excerpt || a.Bytes != 5000 || len(a.Location) != longestText || a.Type != "text/plain" || a.Service <= 0 {
			t.Errorf("%+v", a)
		}
	}
}

func TestInvalid(t *testing.T) {
	lag := func(ms ...int64) *hist.Histogram {
		h := hist.New()
		for _, v := range ms {
			h.Record(v * 1e6)
		}
		return h
	}
	outcome := func(lag, response *hist.Histogram, cpu int64) Outcome {
		return Outcome{Window: lap.Window{End: 1e9}, Cells: []lap.Cell{{Response: response}}, Lag: lag, CPU: cpu, Cores: 2}
	}
	cases := map[string]struct {
		o    Outcome
		want string
	}{
		"fine":       {outcome(lag(1, 1, 4), lag(20, 20), 1e8), ""},
		"late":       {outcome(lag(1, 1, 6), lag(20, 20), 1e8), "late"},
		"slow app":   {outcome(lag(1, 1, 6), lag(200, 200), 1e8), ""},
		"late there": {outcome(lag(1, 1, 30), lag(200, 200), 1e8), "late"},
		"cpu":        {outcome(nil, nil, 19e8), "95 %"},
		"closed":     {outcome(nil, nil, 1e8), ""},
	}
	for name, c := range cases {
		if got := c.o.Invalid(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q in it", name, got, c.want)
		}
	}
}
