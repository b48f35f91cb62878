package load

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/lap"
	"pitwall/core/route"
)

// A Poisson process: independent exponential gaps, so that mean and variance
// of counts are both rate times time. Seeded, so the outcome never varies.
func TestArrivalsArePoisson(t *testing.T) {
	for _, rate := range []float64{200, 5000} {
		const n = 50_000
		a := arrivals{rng: rand.New(rand.NewPCG(1, uint64(rate))), rate: rate}
		gaps, last, counts := make([]float64, n), int64(0), map[int64]float64{}
		perWindow := 20 / rate // s, for a mean count of 20
		for i := range gaps {
			at := a.next()
			gaps[i] = float64(at-last) / 1e9
			last = at
			counts[int64(float64(at)/1e9/perWindow)]++
		}
		mean, sq := 0.0, 0.0
		for _, g := range gaps {
			mean += g / n
			sq += g * g / n
		}
		// Standard error of the mean gap: 1/(rate sqrt n).
		if z := (mean*rate - 1) * math.Sqrt(n); math.Abs(z) > 3.3 {
			t.Errorf("rate %v: mean gap %v, %.1f standard errors off", rate, mean, z)
		}
		if cv := (sq - mean*mean) / (mean * mean); math.Abs(cv-1) > 0.04 {
			t.Errorf("rate %v: squared variation %v of gaps, want 1", rate, cv)
		}
		windows, m, v := float64(n/20-1), 0.0, 0.0
		for w := range int64(windows) {
			m += counts[w] / windows
		}
		for w := range int64(windows) {
			v += (counts[w] - m) * (counts[w] - m) / (windows - 1)
		}
		// The index of dispersion has standard error sqrt(2/(windows-1)).
		if z := (v/m - 1) / math.Sqrt(2/(windows-1)); math.Abs(z) > 3.3 {
			t.Errorf("rate %v: variance over mean of counts %v, %.1f standard errors off", rate, v/m, z)
		}
		// Kolmogorov and Smirnov at 1 %: 1.628 / sqrt n.
		slices.Sort(gaps)
		d := 0.0
		for i, g := range gaps {
			f := 1 - math.Exp(-g*rate)
			d = max(d, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
		}
		if d > 1.628/math.Sqrt(n) {
			t.Errorf("rate %v: distance %v from an exponential distribution", rate, d)
		}
	}
}

// handClock is a clock that moves only when it is waited for, or pushed.
type handClock struct{ at int64 }

func (c *handClock) now() int64 { return c.at }

func (c *handClock) until(ctx context.Context, at int64) bool {
	c.at = max(c.at, at)
	return ctx.Err() == nil
}

// shot is one request that the schedule fired.
type shot struct {
	At, Late int64
	Seq      uint64
	Path     string
}

// fired runs a schedule of ten seconds against a hand-moved clock, which
// during the request number stall moves by three seconds.
func fired(t *testing.T, seed uint64, window, stall int) []shot {
	routes := []route.Route{
		{Name: "a", Path: "/a/{id}", Params: map[string]route.Param{"id": {Range: []int64{1, 1000}}}, Weight: 3},
		{Name: "b", Path: "/b"},
	}
	d := drive(t, "http://127.0.0.1:1", func(c *Config) { c.Routes, c.Seed = routes, seed })
	clock := &handClock{at: 1e9}
	d.now = clock.now
	r := &run{d: d, start: clock.at, end: clock.at + 10e9, ctx: t.Context()}
	r.stopped.Store(math.MaxInt64)
	r.stage.Window = lap.Window{Index: window, Rate: 100}
	o := &openLoop{run: r}
	shots := []shot{}
	o.schedule(clock, func(at int64, q *request) {
		if at > clock.at {
			t.Fatalf("fired %d ns early", at-clock.at)
		}
		shots = append(shots, shot{at, clock.at - at, q.seq, string(q.path)})
		if len(shots) == stall {
			clock.at += 3e9
		}
	})
	if clock.at != r.end {
		t.Errorf("ended at %d of %d", clock.at, r.end)
	}
	return shots
}

func TestScheduleIsSeeded(t *testing.T) {
	a := fired(t, 1, 1, 0)
	if len(a) < 850 || len(a) > 1150 {
		t.Errorf("%d arrivals at 100/s in 10 s", len(a))
	}
	if d := cmp.Diff(a, fired(t, 1, 1, 0)); d != "" {
		t.Errorf("the same seed gave another schedule: %s", d)
	}
	if cmp.Equal(a, fired(t, 2, 1, 0)) || cmp.Equal(a, fired(t, 1, 2, 0)) {
		t.Error("another seed or window gave the same schedule")
	}
	for i, s := range a {
		if s.Late != 0 || s.Seq != uint64(i+1) {
			t.Fatalf("%+v", s)
		}
	}
}

// A driver that is held up sends late what it meant to send: no arrival is
// left out, moved or made up.
func TestScheduleCatchesUp(t *testing.T) {
	calm, held := fired(t, 1, 1, 0), fired(t, 1, 1, 300)
	if len(calm) != len(held) {
		t.Fatalf("%d arrivals, %d when held up", len(calm), len(held))
	}
	late := 0
	for i := range calm {
		if calm[i].At != held[i].At || calm[i].Path != held[i].Path {
			t.Fatalf("arrival %d moved: %+v and %+v", i, calm[i], held[i])
		}
		if i >= 300 && held[i].At < calm[299].At+3e9 {
			if want := calm[299].At + 3e9 - held[i].At; held[i].Late != want {
				t.Fatalf("arrival %d is %d late, want %d", i, held[i].Late, want)
			}
			late++
		} else if held[i].Late != 0 {
			t.Fatalf("arrival %d is %d late", i, held[i].Late)
		}
	}
	if late < 200 {
		t.Errorf("only %d were late", late)
	}
}

func TestDeck(t *testing.T) {
	routes := []route.Route{{Weight: 70}, {Weight: 29}, {Weight: 0.5}, {}} // the last is 1
	d := deck{mix: newMix(routes), rng: rand.New(rand.NewPCG(9, 9))}
	total := make([]float64, 4)
	const hands = 2000
	for range hands {
		hand := make([]float64, 4)
		for range deckSize {
			r := d.next()
			hand[r]++
			total[r]++
		}
		for i, share := range []float64{70 / 100.5, 29 / 100.5, 0.5 / 100.5, 1 / 100.5} {
			if math.Abs(hand[i]-share*deckSize) >= 2 {
				t.Fatalf("route %d: %v of a hand of %d, share %v", i, hand[i], deckSize, share)
			}
		}
	}
	for i, share := range []float64{70 / 100.5, 29 / 100.5, 0.5 / 100.5, 1 / 100.5} {
		// A hand's variance is below 1/2: two strata that are cut.
		if z := (total[i] - share*hands*deckSize) / math.Sqrt(hands/2); math.Abs(z) > 3.3 {
			t.Errorf("route %d: %v in all, %.1f standard errors off", i, total[i], z)
		}
	}
}

func TestSleeper(t *testing.T) {
	now := monotonic()
	p := newPacer(now)
	defer p.close()
	ctx, cancel := context.WithCancel(t.Context())
	at := now() + int64(60*time.Millisecond)
	if !p.until(ctx, at) || now() < at {
		t.Error("woke early")
	}
	cancel()
	if p.until(ctx, now()+int64(time.Hour)) {
		t.Error("did not notice the end")
	}
}
