package spy

import (
	"errors"
	"time"

	"pitwall/core/profile"
	"pitwall/probe/clock"
	"pitwall/probe/proc"
	"pitwall/probe/ruby/layout"
)

// session is the recorder's state, all on its goroutine.
type session struct {
	period  time.Duration
	pids    func() []int
	refresh time.Duration

	active  bool
	since   int64 // of the present stretch of activity
	first   int64 // start of the first stretch, 0 before it
	last    int64
	asked   int64 // when pids was last called
	cpu     int64 // thread CPU time when resumed
	stats   Stats
	follows map[int]*follow
	b       *profile.Builder
	snap    Snapshot
}

// follow is one process being followed.
type follow struct {
	target  *Target
	err     error
	retry   int64 // when to open it again
	wait    time.Duration
	frames  []int32 // the builder's ids by the target's
	threads map[uint64]*trace
	count   int64 // threads in the last snapshot
}

// trace is a thread's last stack, to build the next one from.
type trace struct {
	frames, stacks []int32
	seen           int64
}

func newSession(period time.Duration, pids func() []int, refresh time.Duration) *session {
	return &session{period: period, pids: pids, refresh: refresh, follows: map[int]*follow{}, b: profile.NewBuilder("wall", int64(period))}
}

func (s *session) resume() {
	if s.active {
		return
	}
	s.active, s.since, s.cpu = true, clock.Now(), threadCPU()
	if s.first == 0 {
		s.first = s.since
	}
	s.asked = 0
}

func (s *session) pause() {
	if !s.active {
		return
	}
	s.stats = s.now()
	s.active, s.last = false, clock.Now()
}

// now is the stats with the present stretch counted.
func (s *session) now() Stats {
	out := s.stats
	if s.active {
		out.Active += time.Duration(clock.Now() - s.since)
		if cpu := threadCPU(); cpu >= 0 && s.cpu >= 0 {
			out.CPU += time.Duration(cpu - s.cpu)
		}
	}
	return out
}

func (s *session) profile() *profile.Profile { return s.b.Profile(s.first, s.last) }

// tick looks at every process once. missed ticks before it are lost samples
// of as many threads as were there last.
func (s *session) tick(missed int64) {
	now := clock.Now()
	if now-s.asked >= int64(s.refresh) {
		s.asked = now
		s.follow(now)
	}
	s.stats.Ticks++
	s.stats.Late += missed
	for pid, f := range s.follows {
		s.b.Lose("late", missed*f.count)
		if f.target == nil && now >= f.retry {
			s.open(pid, f, now)
		}
		if f.target != nil {
			s.sample(pid, f)
		}
	}
}

// follow takes up new processes and drops those that are not asked for.
func (s *session) follow(now int64) {
	want := map[int]bool{}
	for _, pid := range s.pids() {
		want[pid] = true
		if s.follows[pid] == nil {
			s.follows[pid] = &follow{retry: now}
		}
	}
	for pid, f := range s.follows {
		if !want[pid] {
			delete(s.follows, pid)
		} else if f.target != nil {
			if err := f.target.Alive(); gone(err) {
				s.vanish(f, now)
			}
		}
	}
}

// firstRetry is how long a process that could not be opened is left alone,
// doubled each time up to lastRetry: opening costs far more than a snapshot.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

func (s *session) open(pid int, f *follow, now int64) {
	target, err := Open(pid)
	f.err = err
	if err == nil {
		f.target, f.wait, f.frames, f.threads = target, 0, nil, map[uint64]*trace{}
		for _, n := range target.Notes() {
			s.b.Note(n)
		}
		return
	}
	var (
		denied      *proc.PermissionError
		unsupported *layout.UnsupportedError
	)
	f.wait = min(max(2*f.wait, firstRetry), lastRetry)
	if errors.As(err, &denied) || errors.As(err, &unsupported) {
		f.wait = lastRetry
	}
	f.retry = now + int64(f.wait)
	if !gone(err) && !errors.Is(err, ErrNotReady) {
		s.b.Note("not sampled: " + err.Error())
	}
}

func (s *session) vanish(f *follow, now int64) {
	s.stats.Vanished++
	s.b.Lose("vanished", max(f.count, 1))
	f.target, f.count, f.wait = nil, 0, firstRetry
	f.retry = now + int64(f.wait)
	f.err = proc.ErrGone
}

func (s *session) sample(pid int, f *follow) {
	err := f.target.Sample(&s.snap)
	switch {
	case gone(err):
		s.vanish(f, clock.Now())
		return
	case err != nil:
		s.b.Lose("unreadable", max(f.count, 1))
		f.err = err
		return
	}
	f.err = nil
	f.count = int64(len(s.snap.Threads))
	s.stats.Threads += f.count
	for i := range s.snap.Threads {
		s.add(pid, f, &s.snap.Threads[i])
	}
	if len(f.threads) > 2*len(s.snap.Threads)+64 {
		f.forgetBefore(s.snap.Time)
	}
}

func (s *session) add(pid int, f *follow, th *Thread) {
	sample := profile.Sample{
		Time: s.snap.Time, PID: int32(pid), TID: th.TID, Stack: profile.NoStack, State: th.State, Route: -1, Weight: int64(s.period),
	}
	switch {
	case th.Lost != Whole:
		s.b.Lose(string(th.Lost), 1)
	default:
		sample.Stack = s.stack(f, th)
		if th.Cut {
			s.stats.Cut++
			s.b.Repair(1)
		}
	}
	s.b.Add(sample)
}

// stack is the builder's id of a thread's stack. What is as it was in the
// last snapshot costs a comparison.
func (s *session) stack(f *follow, th *Thread) int32 {
	tr := f.threads[th.Key]
	if tr == nil {
		tr = &trace{}
		f.threads[th.Key] = tr
	}
	tr.seen = s.snap.Time
	same := 0
	for same < len(th.Frames) && same < len(tr.frames) && th.Frames[same] == tr.frames[same] {
		same++
	}
	tr.frames, tr.stacks = append(tr.frames[:same], th.Frames[same:]...), tr.stacks[:same]
	at := profile.NoStack
	if same > 0 {
		at = tr.stacks[same-1]
	}
	for _, id := range th.Frames[same:] {
		at = s.b.Stack(at, s.frame(f, id))
		tr.stacks = append(tr.stacks, at)
	}
	return at
}

func (s *session) frame(f *follow, id int32) int32 {
	for int(id) >= len(f.frames) {
		f.frames = append(f.frames, s.b.Frame(f.target.Frame(int32(len(f.frames)))))
	}
	return f.frames[id]
}

func (f *follow) forgetBefore(t int64) {
	for key, tr := range f.threads {
		if tr.seen < t {
			delete(f.threads, key)
		}
	}
}
