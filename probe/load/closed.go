package load

import (
	"math/rand/v2"
	"sync"
	"time"

	"pitwall/probe/load/wire"
)

// closedLoop keeps a fixed number of requests in flight until the end.
func (r *run) closedLoop() {
	var all sync.WaitGroup
	for i := range r.stage.Window.Connections {
		all.Go(func() { r.connection(i) })
	}
	all.Wait()
}

// connection asks without a pause. Each has its own deck and its user.
func (r *run) connection(i int) {
	rng := r.d.generator(r.stage.Window.Index, i)
	cards := deck{mix: r.d.mix, rng: rng}
	u := r.d.users[i%len(r.d.users)]
	l := &line{r: r, shard: i}
	defer l.drop()
	for !r.over() {
		if o := r.ask(l, cards.next(), u, rng); o.status == 0 && o.kind != kindTimeout {
			r.pause()
		}
	}
}

// ask sends one request on l and waits for what comes of it.
func (r *run) ask(l *line, route int, u *user, rng *rand.Rand) outcome {
	r.prepare(&l.q, r.d.plans[route], u, rng)
	l.sent = r.d.now()
	return l.settle(l.receive(l.send()))
}

// pause keeps a connection to a dead server from spinning.
func (r *run) pause() {
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.ctx.Done():
	}
}

// solo has one request in flight. Every round asks each route once, in seeded
// random order; a round that has begun is finished.
func (r *run) solo() {
	rng := r.d.generator(r.stage.Window.Index, 0)
	l := &line{r: r}
	defer l.drop()
	for round := 0; !r.over() && (r.stage.Each == 0 || round < r.stage.Each); round++ {
		u := r.d.users[round%len(r.d.users)]
		for _, route := range rng.Perm(len(r.d.plans)) {
			if r.ctx.Err() != nil {
				return
			}
			if o := r.ask(l, route, u, rng); o.kind == string(wire.Connect) {
				r.pause()
			}
		}
	}
	if r.stage.Each > 0 && !r.over() {
		r.whole = true
		r.halt()
	}
	r.last = r.d.now() // the window ends with its last request
}
