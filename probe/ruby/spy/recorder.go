package spy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"pitwall/core/profile"
	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// Options of a Recorder.
type Options struct {
	Hz      float64       // snapshots a second of each process; 0 means 100, at most 1,000
	PIDs    func() []int  // the processes to follow, asked anew every Refresh; called on the recorder's goroutine
	Refresh time.Duration // 0 means 250 ms
	Seed    uint64        // of the random phase of each snapshot
}

// Stats is what recording cost and met so far.
type Stats struct {
	Ticks    int64         // moments at which all processes were looked at
	Late     int64         // such moments that were missed
	Threads  int64         // samples taken
	Cut      int64         // of them, those with inner frames missing
	CPU      time.Duration // the recorder's own CPU time
	Active   time.Duration // time not paused
	Vanished int64         // processes that ended while followed
}

// Recorder samples processes until it is asked for the profile. It starts
// paused; while paused it does nothing at all. Its methods may be called by
// several goroutines.
type Recorder struct {
	o      Options
	period time.Duration

	turn    chan func()   // what to do between two ticks
	quit    chan struct{} // closed by Profile
	done    chan struct{} // closed when the goroutine has ended
	stop    sync.Once
	result  *profile.Profile
	session *session
}

// NewRecorder starts a recorder, paused.
func NewRecorder(o Options) (*Recorder, error) {
	if o.Hz == 0 {
		o.Hz = 100
	}
	if !(o.Hz > 0 && o.Hz <= 1000) {
		return nil, fmt.Errorf("sampling rate %v Hz is not between 0 and 1000", o.Hz)
	}
	if o.PIDs == nil {
		return nil, errors.New("no processes to record")
	}
	if o.Refresh <= 0 {
		o.Refresh = 250 * time.Millisecond
	}
	period := time.Duration(float64(time.Second) / o.Hz)
	r := &Recorder{
		o: o, period: period, turn: make(chan func()), quit: make(chan struct{}), done: make(chan struct{}),
		session: newSession(period, o.PIDs, o.Refresh),
	}
	go r.run()
	return r, nil
}

// Resume starts sampling, or goes on with it.
func (r *Recorder) Resume() { r.between(func() { r.session.resume() }) }

// Pause stops sampling. When it returns no snapshot is being taken, and none
// will be until Resume.
func (r *Recorder) Pause() { r.between(func() { r.session.pause() }) }

// Stats is what it cost so far.
func (r *Recorder) Stats() (s Stats) {
	r.between(func() { s = r.session.now() })
	return s
}

// Errors says by pid why a process that is followed is not sampled: what Open
// or the last snapshot answered. Never nil.
func (r *Recorder) Errors() map[int]error {
	out := map[int]error{}
	r.between(func() {
		for pid, f := range r.session.follows {
			if f.err != nil {
				out[pid] = f.err
			}
		}
	})
	return out
}

// Profile ends the recording and is what was recorded, with Clock "wall": a
// sample of every thread, running or not, each weighing one period. It may be
// called again.
func (r *Recorder) Profile() *profile.Profile {
	r.stop.Do(func() {
		close(r.quit)
		<-r.done
		r.result = r.session.profile()
	})
	return r.result
}

// between runs f while no snapshot is being taken.
func (r *Recorder) between(f func()) {
	ran := make(chan struct{})
	select {
	case r.turn <- func() { f(); close(ran) }:
		<-ran
	case <-r.done:
		f() // the goroutine is gone, so nobody else looks
	}
}

// run is the recorder's goroutine. It keeps a system thread for itself, so
// that the thread's CPU clock is the recorder's.
func (r *Recorder) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(r.done)
	p := pacer{period: r.period, random: rand.New(rand.NewPCG(r.o.Seed, 0x9e3779b97f4a7c15))}
	for {
		if !r.session.active {
			select {
			case f := <-r.turn:
				f()
				p.start(clock.Now())
			case <-r.quit:
				return
			}
			continue
		}
		wake := time.NewTimer(time.Duration(p.next() - clock.Now()))
		select {
		case <-wake.C:
			r.session.tick(p.missed(clock.Now()))
		case f := <-r.turn:
			wake.Stop()
			f()
		case <-r.quit:
			wake.Stop()
			r.session.pause()
			return
		}
	}
}

// pacer places one snapshot at a random moment of every period, so that they
// neither drift nor lock to anything periodic in the target.
type pacer struct {
	period time.Duration
	random *rand.Rand
	slot   int64 // start of the current period, ns
	at     int64 // the moment in it
}

func (p *pacer) start(now int64) {
	p.slot = now
	p.place()
}

func (p *pacer) place() { p.at = p.slot + p.random.Int64N(int64(p.period)) }

// next is when the coming snapshot is due.
func (p *pacer) next() int64 { return p.at }

// missed moves on to the next period and says how many whole ones have passed
// unused. A snapshot that is late within its own period counts as taken.
func (p *pacer) missed(now int64) int64 {
	n := max((now-p.slot)/int64(p.period), 0)
	p.slot += (n + 1) * int64(p.period)
	p.place()
	return n
}

func gone(err error) bool { return errors.Is(err, proc.ErrGone) }
