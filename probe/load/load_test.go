package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/probe/load/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

// serve runs a handler on loopback for the test.
func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// drive makes a driver of one plain route, changed as needed.
func drive(t testing.TB, address string, change func(*Config)) *Driver {
	cfg := Config{Address: address, Routes: []route.Route{{Name: "home", Path: "/"}}, Seed: 7}
	if change != nil {
		change(&cfg)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// sum adds up all cells.
func sum(cells []lap.Cell) lap.Cell {
	all := lap.Cell{Service: hist.New(), Response: hist.New(), Lag: hist.New(), Status: map[int]int64{}, Errors: map[string]int64{}}
	for _, c := range cells {
		all.Offered += c.Offered
		all.Done += c.Done
		all.Good += c.Good
		all.Bytes += c.Bytes
		all.Service.Merge(c.Service)
		all.Response.Merge(c.Response)
		all.Lag.Merge(c.Lag)
		for k, n := range c.Status {
			all.Status[k] += n
		}
		for k, n := range c.Errors {
			all.Errors[k] += n
		}
	}
	return all
}

var (
	closed = lap.Window{Index: 1, Kind: lap.Closed, Connections: 4}
	open   = lap.Window{Index: 2, Kind: lap.Bare, Rate: 400}
	alone  = lap.Window{Index: 3, Kind: lap.Solo}
)

// pass runs one stage, which must not fail.
func pass(t *testing.T, d *Driver, s Stage) (Outcome, lap.Cell) {
	t.Helper()
	o, err := d.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return o, sum(o.Cells)
}

const short = 250 * time.Millisecond

// Every mode counts each request once, as the server does, and has a cell for
// each block and route.
func TestNothingIsInvented(t *testing.T) {
	for _, w := range []lap.Window{closed, open, alone} {
		var served [2]atomic.Int64
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			served[len(r.URL.Path)-1].Add(1)
			fmt.Fprint(w, "hello")
		})
		d := drive(t, url, func(c *Config) { c.Routes = []route.Route{{Name: "one", Path: "/"}, {Name: "two", Path: "/2"}} })
		o, all := pass(t, d, Stage{Window: w, Duration: short, Block: 100 * time.Millisecond})
		if n := served[0].Load() + served[1].Load(); all.Offered != n || all.Done != n || all.Good != n || all.Service.Count() != n || all.Bytes != 5*n || o.Requests != n || n == 0 {
			t.Errorf("%s: served %d, cells %+v", w.Kind, n, all)
		}
		if isOpen := w.Rate > 0; isOpen != (all.Response.Count() == all.Done) || isOpen != (o.Lag.Count() == all.Done) {
			t.Errorf("%s: %d responses, %d lags of %d", w.Kind, all.Response.Count(), o.Lag.Count(), all.Done)
		}
		for i := range served {
			if one := sum(slices.DeleteFunc(slices.Clone(o.Cells), func(c lap.Cell) bool { return c.Route != []string{"one", "two"}[i] })); one.Done != served[i].Load() {
				t.Errorf("%s: route %d: %d of %d", w.Kind, i, one.Done, served[i].Load())
			}
			if w.Kind == lap.Solo {
				if last := o.Cells[len(o.Cells)-1]; last.Start+last.Length != o.Window.End || o.Window.End-o.Window.Start < int64(short) {
					t.Errorf("solo: last cell %+v of %+v", last, o.Window)
				}
				continue
			}
			if len(o.Cells) != 6 || o.Cells[1].Route != "two" || o.Cells[2].Start != o.Window.Start+1e8 || o.Cells[5].Length != 5e7 {
				t.Errorf("%s: cells %+v", w.Kind, o.Cells)
			}
			if got := time.Duration(o.Window.End - o.Window.Start); got != short || o.Early != "" || o.Retried != 0 {
				t.Errorf("%s: %v early %q retried %d", w.Kind, got, o.Early, o.Retried)
			}
		}
	}
}

func TestSoloIsAloneAndEven(t *testing.T) {
	var now, most atomic.Int64
	var mu sync.Mutex
	order := ""
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		mu.Lock()
		order += r.URL.Path[1:]
		mu.Unlock()
		now.Add(-1)
	})
	routes := []route.Route{{Name: "a", Path: "/a", Weight: 100}, {Name: "b", Path: "/b"}, {Name: "c", Path: "/c"}}
	for range 2 {
		d := drive(t, url, func(c *Config) { c.Routes = routes })
		o, all := pass(t, d, Stage{Window: alone, Each: 20})
		if all.Done != 60 || strings.Count(order, "a") != 20 || strings.Count(order, "c") != 20 || most.Load() != 1 {
			t.Errorf("%d answers in order %s, at most %d at once", all.Done, order, most.Load())
		}
		if strings.Contains(order, "aaa") || order[:15] == strings.Repeat(order[:3], 5) {
			t.Errorf("order %s", order)
		}
		if o.Window.End-o.Window.Start > int64(time.Minute) || o.Early != "" {
			t.Errorf("window of %v, early %q", o.Window.End-o.Window.Start, o.Early)
		}
		first := order
		order = ""
		if d2 := drive(t, url, func(c *Config) { c.Routes = routes }); true {
			pass(t, d2, Stage{Window: alone, Each: 20})
		}
		if order != first {
			t.Errorf("the same seed asked in order %s, then %s", first, order)
		}
		order = ""
	}
}

// The server stops once for 400 ms. Whoever was meant to arrive meanwhile
// waits, and the response time says so though the request may have been sent
// late or on a connection of its own (the stall test of wrk2's author, on
// coordinated omission).
func TestStallIsSeen(t *testing.T) {
	now := monotonic()
	var served, from, to atomic.Int64
	gate := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) == 40 {
			from.Store(now())
			time.Sleep(400 * time.Millisecond)
			to.Store(now())
			close(gate)
		} else if from.Load() > 0 {
			<-gate
		}
	})
	d := drive(t, url, nil)
	o, all := pass(t, d, Stage{Window: lap.Window{Index: 5, Rate: 200}, Duration: time.Second})
	a := arrivals{rng: d.generator(5, 0), rate: 200}
	offered, held := int64(0), int64(0)
	const wait = int64(100 * time.Millisecond)
	for at := o.Window.Start + a.next(); at < o.Window.End; at = o.Window.Start + a.next() {
		offered++
		if at > from.Load() && at < to.Load()-wait {
			held++
		}
		_, _ = a.rng.Float64(), a.rng.IntN(len(d.users)) // as the schedule draws route and user
	}
	if all.Offered != offered || all.Done != offered {
		t.Errorf("%d arrivals, %d offered, %d answered", offered, all.Offered, all.Done)
	}
	if over := all.Response.CountAbove(wait * 99 / 100); over < held || held < 30 {
		t.Errorf("%d responses over 100 ms, at least %d arrived that long before the end of the stall", over, held)
	}
	if _, p99 := all.Response.Quantile(0.99); p99 < wait {
		t.Errorf("p99 %v", time.Duration(p99))
	}
}

// When the driver itself is late, the response counts from the intended start,
// the service from the real send, and the lag is what lies between.
func TestLatenessOfOurOwn(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	d := drive(t, url, nil)
	r := &run{d: d, start: d.now(), ctx: t.Context(), conns: map[*wire.Conn]struct{}{}}
	r.stage.MaxInFlight = 1
	r.ledger = newLedger(1, true, r.start, 1e9, d.cfg.Routes)
	o := &openLoop{run: r}
	var q request
	for range 2 { // on a new connection, and on a kept one
		r.prepare(&q, d.plans[0], d.users[0], d.rng)
		o.fire(d.now()-2e8, &q)
		o.flights.Wait()
		for o.mu.Lock(); len(o.pool) == 0; o.mu.Lock() {
			o.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		o.mu.Unlock()
	}
	r.closeAll()
	o.readers.Wait()
	all := sum(r.ledger.cells(r.start + 1))
	if all.Done != 2 || r.connects.Load() != 1 || all.Lag.Min() < 2e8 || all.Response.Min() < 2e8 || all.Response.Sum() != all.Service.Sum()+all.Lag.Sum() {
		t.Errorf("%d answers on %d connections: lag %d, response %d, service %d ns", all.Done, r.connects.Load(), all.Lag.Sum(), all.Response.Sum(), all.Service.Sum())
	}
}

// What began a moment after the end is in the last block, not lost.
func TestLastBlockHoldsTheRest(t *testing.T) {
	l := newLedger(1, false, 1000, 100, []route.Route{{Name: "a"}})
	for i, at := range []int64{1000, 1099, 1100, 1299, 1300, 5000} {
		l.add(i, outcome{sent: at, end: at + 5000, status: 200})
	}
	var got []string
	for _, c := range l.cells(1250) {
		got = append(got, fmt.Sprint(c.Start, c.Length, c.Done))
	}
	if d := cmp.Diff([]string{"1000 100 2", "1100 100 1", "1200 50 3"}, got); d != "" {
		t.Error(d)
	}
}

// One request in ten, by itself, takes 300 ms: the others stay where they
// are, and as many are slow as the server made slow.
func TestSlowOnesAloneAreSlow(t *testing.T) {
	var n, slow atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%10 == 0 {
			slow.Add(1)
			time.Sleep(300 * time.Millisecond)
		}
	})
	_, all := pass(t, drive(t, url, nil), Stage{Window: open, Duration: short})
	if all.Response.Count() != n.Load() || all.Response.CountAbove(299e6) < slow.Load() {
		t.Errorf("%d recorded of %d, %d slow of %d", all.Response.Count(), n.Load(), all.Response.CountAbove(299e6), slow.Load())
	}
}

func TestIDsAndStartTimes(t *testing.T) {
	var mu sync.Mutex
	ids := map[string]bool{}
	before := time.Now()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		micros, err := strconv.ParseInt(strings.Replace(strings.TrimPrefix(r.Header.Get("X-Request-Start"), "t="), ".", "", 1), 10, 64)
		if at := time.UnixMicro(micros); err != nil || at.Before(before.Truncate(time.Microsecond)) || at.After(time.Now()) {
			t.Errorf("X-Request-Start %q, %v", r.Header.Get("X-Request-Start"), err)
		}
		mu.Lock()
		defer mu.Unlock()
		if id := r.Header.Get("X-Request-Id"); ids[id] || !strings.HasPrefix(id, "pw-0-") {
			t.Errorf("id %q, seen %v", id, ids[id])
		}
		ids[r.Header.Get("X-Request-Id")] = true
	})
	d := drive(t, url, func(c *Config) {
		c.ID = func(dst []byte, route int, seq uint64) []byte { return fmt.Appendf(dst, "pw-%d-%d", route, seq) }
	})
	for _, w := range []lap.Window{closed, open, alone} {
		pass(t, d, Stage{Window: w, Duration: short / 2})
	}
}

// The same seed sends the same requests, whatever the concurrency.
func TestRequestsAreSeeded(t *testing.T) {
	paths := func(seed uint64) map[string]string {
		var mu sync.Mutex
		seen := map[string]string{}
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen[r.Header.Get("X-Request-Id")] = r.URL.Path
		})
		d := drive(t, url, func(c *Config) {
			c.Seed = seed
			c.Routes = []route.Route{{Name: "a", Path: "/a/{id}", Params: map[string]route.Param{"id": {Range: []int64{1, 1e6}}}}, {Name: "b", Path: "/b"}}
			c.ID = func(dst []byte, _ int, seq uint64) []byte { return strconv.AppendUint(dst, seq, 10) }
		})
		pass(t, d, Stage{Window: open, Duration: short})
		return seen
	}
	a, b := paths(3), paths(3)
	if d := cmp.Diff(a, b); d != "" || len(a) == 0 {
		t.Errorf("%d requests; the same seed sent others: %s", len(a), d)
	}
	if cmp.Equal(a, paths(4)) {
		t.Error("another seed sent the same requests")
	}
}

func TestUntilAndCancel(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	d := drive(t, url, nil)
	asked := 0
	o, all := pass(t, d, Stage{Window: closed, Duration: time.Hour, Block: 20 * time.Millisecond, Until: func(cells []lap.Cell) bool {
		asked++
		return len(cells) >= 3
	}})
	if asked == 0 || len(o.Cells) < 3 || o.Early != "nothing more to learn" || all.Done != all.Offered {
		t.Errorf("asked %d times, %d cells, early %q, %d of %d", asked, len(o.Cells), o.Early, all.Done, all.Offered)
	}
	for _, w := range []lap.Window{closed, open, alone} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		o, err := d.Run(ctx, Stage{Window: w, Duration: time.Hour})
		if !errors.Is(err, context.Canceled) || o.Early != "interrupted" || o.Requests == 0 || o.Window.End <= o.Window.Start || o.Window.End > d.now() {
			t.Errorf("%s: %v, early %q, %d requests", w.Kind, err, o.Early, o.Requests)
		}
	}
	if _, err := d.Run(t.Context(), Stage{Window: closed}); err == nil {
		t.Error("a stage without a duration ran")
	}
	if _, err := d.Run(t.Context(), Stage{Duration: time.Second}); err == nil {
		t.Error("a closed loop without connections ran")
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) })}
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	defer func() { _ = s.Close(); <-done }()
	d := drive(t, "unix:"+path, func(c *Config) { c.Host, c.Routes[0].Expect.Contains = "shop.example", "shop.example" })
	if _, all := pass(t, d, Stage{Window: open, Duration: short}); all.Good != all.Offered || all.Good == 0 {
		t.Errorf("%+v", all)
	}
}
