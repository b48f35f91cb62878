package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"pitwall/probe/load/wire"
)

// arrivals is a Poisson process: gaps are independent and exponential.
type arrivals struct {
	rng  *rand.Rand
	rate float64 // per second
	at   float64 // s since the start
}

// next is the time of the next arrival in ns since the start.
func (a *arrivals) next() int64 {
	a.at += a.rng.ExpFloat64() / a.rate
	return int64(a.at * 1e9)
}

// pacer waits for a moment of the clock, whatever is left of the time; false
// when ctx ended.
type pacer interface {
	until(ctx context.Context, at int64) bool
}

// The states of an open loop's line.
const (
	idle int32 = iota // in the pool
	busy              // a request is on its way, or about to be
	dead              // the connection ended while idle
)

// inline is the largest request that the schedule's own goroutine writes: it
// fits the socket buffer of an idle connection, so that the write cannot wait
// for the other side.
const inline = 16 << 10

// openLoop sends at Poisson arrivals whatever the answers do. The goroutine
// that keeps the schedule also writes: the one hand-over of a request is from
// the kernel to the line's reader when the answer comes.
type openLoop struct {
	*run
	mu    sync.Mutex
	pool  []*line
	lines int // made so far

	flight  atomic.Int64
	flights sync.WaitGroup // requests in flight
	readers sync.WaitGroup
}

func (r *run) openLoop() {
	pace := newPacer(r.d.now)
	defer pace.close()
	o := &openLoop{run: r}
	o.schedule(pace, o.fire)
	o.flights.Wait()
	r.cancel(errDone)
	o.readers.Wait()
}

// schedule draws and prepares each request before its time, waits, and fires
// it. Nothing is left out when the driver is late.
func (o *openLoop) schedule(pace pacer, fire func(at int64, q *request)) {
	w := o.stage.Window
	rng := o.d.generator(w.Index, 0)
	a := arrivals{rng: rng, rate: w.Rate}
	var q request
	for {
		at := o.start + a.next()
		if at >= o.end {
			pace.until(o.ctx, min(o.end, o.stopped.Load()))
			return
		}
		p := o.d.plans[o.d.mix.at(rng.Float64())]
		u := o.d.users[rng.IntN(len(o.d.users))]
		o.prepare(&q, p, u, rng)
		if !pace.until(o.ctx, at) || at >= o.stopped.Load() {
			return
		}
		fire(at, &q)
	}
}

// fire sends the request on a kept connection, or on a new one.
func (o *openLoop) fire(at int64, q *request) {
	if o.flight.Load() >= int64(o.stage.MaxInFlight) {
		o.ledger.add(0, outcome{route: q.plan.index, intended: at, kind: kindRefused})
		return
	}
	o.flight.Add(1)
	o.flights.Add(1)
	l := o.pop()
	fresh := l == nil
	if fresh {
		l = &line{r: o.run, shard: o.lines, turn: make(chan struct{}, 1)}
		l.state.Store(busy)
		o.lines++
	}
	l.q, *q = *q, l.q // the buffers change places
	l.intended, l.sent = at, o.d.now()
	switch {
	case fresh:
		o.readers.Go(func() { o.begin(l) })
	case len(l.q.buf) > inline:
		o.readers.Go(func() { l.dispatch() })
	default:
		l.dispatch()
	}
}

// pop takes the line that was used last, nil when none is idle.
func (o *openLoop) pop() *line {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n := len(o.pool); n > 0; n = len(o.pool) {
		l := o.pool[n-1]
		o.pool = o.pool[:n-1]
		if l.state.CompareAndSwap(idle, busy) {
			return l
		}
	}
	return nil
}

func (o *openLoop) push(l *line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l.state.Store(idle)
	o.pool = append(o.pool, l)
}

// dispatch writes the request and lets the line's reader know. After a failed
// write the reader finds the connection closed.
func (l *line) dispatch() {
	conn := l.conn
	if l.send() != nil {
		conn.Close()
	}
	l.turn <- struct{}{}
}

// begin connects, sends the first request and reads for as long as the
// connection lasts.
func (o *openLoop) begin(l *line) {
	err := l.send()
	for {
		l.settle(l.receive(err))
		o.flight.Add(-1)
		o.flights.Done()
		if l.conn == nil {
			return
		}
		o.push(l)
		if err = l.await(); l.state.CompareAndSwap(idle, dead) {
			l.drop() // it ended, or spoke unasked
			return
		}
		<-l.turn
		if expired(err) && o.d.now() < l.sent+int64(o.d.cfg.Timeout) {
			err = l.await() // the deadline was that of the request before
		}
	}
}

// await waits for the connection to say something.
func (l *line) await() error { return l.conn.Await() }

func expired(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Kind == wire.Timeout
}
