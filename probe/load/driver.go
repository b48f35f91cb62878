package load

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"pitwall/core/route"
	"pitwall/probe/clock"
)

// Driver drives one app. Its methods are not safe for concurrent use, except
// Answers.
type Driver struct {
	cfg    Config
	target target
	plans  []*plan // of the routes
	steps  []*plan // of the login
	users  []*user
	mix    mix
	rng    *rand.Rand // of logins
	ready  bool       // logged in

	seq     atomic.Uint64 // requests so far
	tokens  atomic.Int64  // pages fetched for their token
	samples *samples
	now     func() int64 // CLOCK_MONOTONIC, ns
}

// New prepares a driver; nothing is sent yet. Errors name the setting that is
// wrong; *route.Error ones name the route.
func New(cfg Config) (*Driver, error) {
	if cfg.Users <= 0 {
		cfg.Users = 10
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t, err := parseAddress(cfg.Address, cfg.Host)
	if err != nil {
		return nil, err
	}
	t.close = cfg.Close
	d := &Driver{cfg: cfg, target: t, rng: rand.New(rand.NewPCG(cfg.Seed, 0)), samples: newSamples(len(cfg.Routes)), now: monotonic()}
	salt := salt()
	for i, r := range cfg.Routes {
		d.plans = append(d.plans, newPlan(r, i, t, salt))
	}
	if cfg.Session != nil {
		for i, r := range cfg.Session.Steps {
			r.Name = or(r.Name, fmt.Sprintf("step %d", i+1))
			d.steps = append(d.steps, newPlan(r, Own, t, salt))
		}
	}
	for range cfg.Users {
		d.users = append(d.users, newUser(d.plans))
	}
	d.mix = newMix(cfg.Routes)
	return d, nil
}

// Close ends the driver. Connections live no longer than the Run that made
// them, so there is nothing that could fail.
func (d *Driver) Close() {}

// monotonic is clock.Now read through the process's own clock, which costs no
// system call.
func monotonic() func() int64 {
	start := time.Now()
	base := clock.Now()
	return func() int64 { return base + int64(time.Since(start)) }
}

// generator returns a seeded generator of its own for one use in one window.
func (d *Driver) generator(window, use int) *rand.Rand {
	return rand.New(rand.NewPCG(d.cfg.Seed, 1<<63|uint64(window)<<24|uint64(use)))
}

// mix chooses routes by weight.
type mix struct {
	upto []float64 // cumulative shares, the last is 1
}

func newMix(routes []route.Route) mix {
	total := 0.0
	var m mix
	for _, r := range routes {
		total += r.Share()
		m.upto = append(m.upto, total)
	}
	for i := range m.upto {
		m.upto[i] /= total
	}
	return m
}

// at is the route whose share holds u, 0 <= u < 1.
func (m mix) at(u float64) int {
	for i, upto := range m.upto {
		if u < upto {
			return i
		}
	}
	return len(m.upto) - 1
}

// deck deals routes in seeded random order, so that any run of deckSize deals
// holds each route as often as its weight says, less than two off. Weights need
// no rounding: a hand is one draw from each of deckSize equal strata of the
// unit interval (stratified sampling), shuffled.
type deck struct {
	mix  mix
	rng  *rand.Rand
	hand []int
}

const deckSize = 64

func (d *deck) next() int {
	if len(d.hand) == 0 {
		for i := range deckSize {
			d.hand = append(d.hand, d.mix.at((float64(i)+d.rng.Float64())/deckSize))
		}
		d.rng.Shuffle(len(d.hand), func(i, j int) { d.hand[i], d.hand[j] = d.hand[j], d.hand[i] })
	}
	last := len(d.hand) - 1
	r := d.hand[last]
	d.hand = d.hand[:last]
	return r
}
