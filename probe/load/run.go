package load

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/load/wire"
)

// run is one stage under way.
type run struct {
	d          *Driver
	stage      Stage
	ledger     *ledger
	start, end int64
	last       int64           // end of the last request of a solo stage
	whole      bool            // a solo stage asked each route as often as it was told
	ctx        context.Context // ends when nothing is waited for any more
	cancel     context.CancelCauseFunc
	stopped    atomic.Int64 // when the last request may begin; after end unless told otherwise
	until      atomic.Bool  // Until said so

	connects, retried atomic.Int64

	mu    sync.Mutex
	conns map[*wire.Conn]struct{} // open ones, to be closed at the end
}

// watch ends the stage: when Until says so, when the drain is over, when the
// context ends. The channel is closed when it has nothing left to do.
func (r *run) watch() <-chan struct{} {
	r.stopped.Store(math.MaxInt64)
	r.conns = map[*wire.Conn]struct{}{}
	done := make(chan struct{})
	hard := time.NewTimer(time.Duration(r.end-r.d.now()) + r.stage.Drain)
	var blocks <-chan time.Time
	if r.stage.Until != nil {
		ticker := time.NewTicker(r.stage.Block)
		context.AfterFunc(r.ctx, ticker.Stop)
		blocks = ticker.C
	}
	go func() {
		defer close(done)
		defer hard.Stop()
		for r.ctx.Err() == nil {
			select {
			case <-r.ctx.Done():
			case <-hard.C:
				r.cancel(errDone)
			case <-blocks:
				if !r.over() && r.stage.Until(r.ledger.cells(r.d.now())) {
					r.until.Store(true)
					r.halt()
					hard.Reset(r.stage.Drain)
				}
			}
		}
		r.halt()
		r.closeAll()
	}()
	return done
}

// over says that no further request may begin.
func (r *run) over() bool { return r.d.now() >= min(r.end, r.stopped.Load()) }

// halt lets no further request begin.
func (r *run) halt() { r.stopped.CompareAndSwap(math.MaxInt64, r.d.now()) }

// why says in words what ended the stage early.
func (r *run) why() string {
	if r.until.Load() {
		return "nothing more to learn"
	}
	return "interrupted"
}

// dial makes a connection that ends with the stage.
func (r *run) dial() (*wire.Conn, error) {
	r.connects.Add(1)
	c, err := wire.Dial(r.ctx, r.d.target.network, r.d.target.address, r.d.cfg.Timeout)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		c.Close()
		return nil, &wire.Error{Kind: wire.Connect, Err: r.ctx.Err()}
	}
	r.conns[c] = struct{}{}
	return c, nil
}

// hang closes a connection.
func (r *run) hang(c *wire.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	c.Close()
}

func (r *run) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.Close()
	}
}

// line is a connection with the one request that it carries.
type line struct {
	r     *run
	conn  *wire.Conn // nil: none yet
	q     request
	reply wire.Reply
	shard int

	intended int64 // of q; 0 in a closed loop
	sent     int64

	// Of an open loop only.
	state atomic.Int32
	turn  chan struct{} // q was sent and its reader may go on
}

// send writes the request. Sent is when the driver set to, so that the time
// to connect counts as the app's; X-Request-Start is when the bytes left.
func (l *line) send() error {
	if l.conn == nil {
		var err error
		if l.conn, err = l.r.dial(); err != nil {
			return err
		}
	}
	l.conn.Expire(l.r.d.now(), int64(l.r.d.cfg.Timeout))
	l.q.sign(time.Now())
	return l.conn.Write(l.q.buf)
}

// receive reads the answer; err is how sending went. A request that met a
// closed connection which had been kept goes out once more if its method is
// safe (RFC 9110, 9.2.2), with the first sending as its start.
func (l *line) receive(err error) error {
	if err == nil {
		err = l.conn.Read(l.want(), &l.reply)
	}
	var e *wire.Error
	stale := errors.As(err, &e) && e.Kind == wire.Reset && l.conn != nil && l.conn.Used() && l.q.plan.safe && l.r.ctx.Err() == nil
	if !stale {
		return err
	}
	l.r.retried.Add(1)
	l.drop()
	if err = l.send(); err != nil {
		return err
	}
	return l.conn.Read(l.want(), &l.reply)
}

func (l *line) want() wire.Want {
	want := l.q.plan.want
	want.Keep = excerpt
	return want
}

// drop closes the connection.
func (l *line) drop() {
	if l.conn != nil {
		l.r.hang(l.conn)
		l.conn = nil
	}
}

// settle records what came of the request and keeps the connection or not.
func (l *line) settle(err error) outcome {
	r, p := l.r, l.q.plan
	o := outcome{route: p.index, intended: l.intended, sent: l.sent, end: r.d.now()}
	var e *wire.Error
	switch {
	case err == nil:
		o.status, o.bytes = l.reply.Status, l.reply.Bytes
		o.kind = examine(&p.route.Expect, l.reply.Status, l.reply.Kind, l.reply.Bytes, l.reply.Found)
		r.d.samples.offer(p, &l.reply, o.end-o.sent)
	case r.ctx.Err() != nil:
		o.kind = kindUnfinished
	case errors.As(err, &e):
		o.kind = string(e.Kind)
	default:
		o.kind = string(wire.Reset)
	}
	if l.conn != nil && (err != nil || l.reply.Close) {
		l.drop()
	}
	r.ledger.add(l.shard, o)
	if err == nil && l.q.visitor != nil {
		l.upkeep()
	}
	return o
}

// The numbers of refused tokens of a route after which its tokens are taken
// to be good for one request, and after which they are not the reason.
const (
	refusedOneTime = 3
	refusedGiveUp  = 20
)

// upkeep keeps the visitor's cookies and token fit for the next request.
func (l *line) upkeep() {
	p, v := l.q.plan, l.q.visitor
	if !v.guest {
		v.jar.Absorb(l.reply.Cookies, string(l.q.path), time.Now())
	}
	if p.route.CSRF == "" {
		return
	}
	status := l.reply.Status
	refused := (status == 422 || status == 403) && !slices.Contains(p.route.Expect.Status, status)
	n := p.refused.Load()
	if refused {
		n = p.refused.Add(1)
	}
	if n < refusedGiveUp && (refused || n >= refusedOneTime) {
		_ = l.r.d.fetchToken(l.r.ctx, v, p, l.r.d.pageValues(p)) // without a new one the next request shows what is wrong
	}
}

// prepare draws the request after the next: its values, its number, its text.
func (r *run) prepare(q *request, p *plan, u *user, rng *rand.Rand) {
	q.draw(p, rng)
	q.visitor = u.visitorFor(p)
	q.seq = r.d.seq.Add(1)
	q.build(r.d.cfg.ID)
}

// processCPU is the CPU time of this process so far in ns.
func processCPU() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func cores() int { return runtime.GOMAXPROCS(0) }
