package spy

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/profile"
	"pitwall/probe/ruby/layout"
)

func attached(t testing.TB, f *fake) *Target {
	t.Helper()
	target, err := attach(1, f, f.site)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.check(); err != nil {
		t.Fatal(err)
	}
	return target
}

func shown(target *Target, th Thread) []string {
	out := []string{}
	for _, id := range th.Frames {
		out = append(out, target.Frame(id).Name)
	}
	return out
}

func TestSnapshotOfAKnownProcess(t *testing.T) {
	f := newFake(t)
	target := attached(t, f)
	var s Snapshot
	for round := range 3 {
		if err := target.Sample(&s); err != nil {
			t.Fatal(err)
		}
		if len(s.Threads) != 3 {
			t.Fatalf("%d threads", len(s.Threads))
		}
		for i, want := range []struct {
			state  profile.State
			place  int
			frames []string
		}{
			{profile.Running, -1, []string{"<main>", "each", "work"}},
			{profile.Waiting, 0, []string{"<main>"}},
			{profile.Sleeping, -1, []string{"<main>"}},
		} {
			th := s.Threads[i]
			if d := cmp.Diff(want.frames, shown(target, th)); d != "" || th.State != want.state || th.Place != want.place || th.TID != int32(100+i) || th.Lost != Whole || th.Cut {
				t.Errorf("round %d, thread %d: %+v: %s", round, i, th, d)
			}
		}
	}
	work := target.Frame(s.Threads[0].Frames[2])
	if want := (profile.Frame{Name: "work", File: "/app/file.rb", Line: 7, Kind: profile.Ruby}); work != want {
		t.Errorf("%+v, want %+v", work, want)
	}
}

func TestWarmSnapshotsReadLittle(t *testing.T) {
	f := newFake(t)
	target := attached(t, f)
	var s Snapshot
	_ = target.Sample(&s)
	before := f.reads
	_ = target.Sample(&s)
	// ractor list, ractor, collector; per thread its struct and context, and
	// four ranges of stack; none for names
	if n := f.reads - before; n > 3+3*6 {
		t.Errorf("%d ranges read", n)
	}
}

func TestStatesFromMemory(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *fake)
		thread int
		want   profile.State
	}{
		"collecting":       {func(f *fake) { f.put32(word(f.mem, int(f.vm-base)+f.l.VM.Objspace), f.l.Objspace.Flags, duringGC) }, 0, profile.GC},
		"others do not":    {func(f *fake) { f.put32(word(f.mem, int(f.vm-base)+f.l.VM.Objspace), f.l.Objspace.Flags, duringGC) }, 1, profile.Waiting},
		"dead":             {func(f *fake) { f.mem[f.threads[2]-base+uint64(f.l.Thread.Status)] = killed }, 2, profile.Dead},
		"locked":           {func(f *fake) { f.put(f.threads[2], f.l.Thread.LockingMutex, 8) }, 2, profile.Locked},
		"blocked":          {func(f *fake) { f.put(f.threads[2], f.l.Thread.BlockingRegion, 8) }, 2, profile.Blocked},
		"blocked, in line": {func(f *fake) { f.put(f.threads[1], f.l.Thread.BlockingRegion, 8) }, 1, profile.Waiting},
		"line in a ring": {func(f *fake) {
			n := f.threads[1] + uint64(f.l.Thread.QueueNode)
			f.put(n, 0, n)
		}, 1, profile.Waiting},
		"line into nothing": {func(f *fake) { f.put(f.ractor, f.l.Ractor.Queue, 42) }, 2, profile.Sleeping},
	} {
		f := newFake(t)
		target := attached(t, f)
		c.change(f)
		var s Snapshot
		if err := target.Sample(&s); err != nil {
			t.Fatal(err)
		}
		if got := s.Threads[c.thread].State; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMisfitsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(f *fake){
		"other VM":       func(f *fake) { f.put(f.threads[0], f.l.Thread.VM, f.ractor) },
		"other ractor":   func(f *fake) { f.put(f.threads[0], f.l.Thread.Ractor, f.vm) },
		"other thread":   func(f *fake) { f.put(f.ecs[0], f.l.EC.Thread, f.threads[1]) },
		"other main":     func(f *fake) { f.put(f.ractor, f.l.Ractor.MainThread, f.threads[1]) },
		"not in list":    func(f *fake) { f.list(f.ractor+uint64(f.l.Ractor.Threads), f.threads[1:]...) },
		"code disagrees": func(f *fake) { f.site.decoded.mainThread = 536 },
	} {
		f := newFake(t)
		spoil(f)
		target, err := attach(1, f, f.site)
		if err == nil {
			err = target.check()
		}
		var misfit *CheckError
		if !errors.As(err, &misfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotReadyAndUnsupported(t *testing.T) {
	f := newFake(t)
	f.put(f.site.vmVariable, 0, 0)
	if _, err := attach(1, f, f.site); !errors.Is(err, ErrNotReady) {
		t.Errorf("no VM: %v", err)
	}
	f.site.version = "5.0.0"
	var unsupported *layout.UnsupportedError
	if _, err := attach(1, f, f.site); !errors.As(err, &unsupported) {
		t.Errorf("5.0.0: %v", err)
	}
}

func TestObjspaceOffsetIsTakenFromTheCode(t *testing.T) {
	f := newFake(t)
	f.site.decoded.objspace, f.site.decoded.objspaceFlags = f.l.VM.Objspace+8, f.l.Objspace.Flags
	f.put(f.vm, f.l.VM.Objspace+8, word(f.mem, int(f.vm-base)+f.l.VM.Objspace))
	target := attached(t, f)
	if target.Layout().VM.Objspace != f.l.VM.Objspace+8 || len(target.Notes()) != 1 {
		t.Errorf("objspace at %d, notes %q", target.Layout().VM.Objspace, target.Notes())
	}
}

// changing is a process that changes after a number of ranges were read.
func TestThreadsComeAndGo(t *testing.T) {
	f := newFake(t)
	target := attached(t, f)
	f.list(f.ractor+uint64(f.l.Ractor.Threads), f.threads[0], f.threads[2])
	var s Snapshot
	if err := target.Sample(&s); err != nil || len(s.Threads) != 2 {
		t.Errorf("%d threads: %v", len(s.Threads), err)
	}
	f.thread(3)
	f.stack(f.ecs[3], [][2]uint64{{0, 0}})
	f.list(f.ractor+uint64(f.l.Ractor.Threads), f.threads...)
	if err := target.Sample(&s); err != nil || len(s.Threads) != 4 {
		t.Errorf("%d threads: %v", len(s.Threads), err)
	}
	if th := s.Threads[3]; len(th.Frames) != 0 || th.Lost != Whole {
		t.Errorf("a thread without frames: %+v", th)
	}
}

func TestUnreadableStackIsSaid(t *testing.T) {
	f := newFake(t)
	target := attached(t, f)
	f.put(f.ecs[1], f.l.EC.VMStack, 0x1000)
	f.put(f.ecs[1], f.l.EC.CFP, 0x1000+8*256-2*uint64(f.l.Frame.Size))
	f.put(f.ecs[2], f.l.EC.CFP, 12345)
	var s Snapshot
	if err := target.Sample(&s); err != nil {
		t.Fatal(err)
	}
	if s.Threads[0].Lost != Whole || s.Threads[1].Lost != Unreadable || s.Threads[2].Lost != Unreadable {
		t.Errorf("%+v", s.Threads)
	}
}

func TestSettleKeepsWhatBothCopiesAgreeOn(t *testing.T) {
	l, err := layout.For("3.1.7", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	type fr = [2]uint64 // pc, iseq
	for name, c := range map[string]struct {
		a, b []fr // root first, without the dummy
		want int
		cut  bool
	}{
		"same":                {[]fr{{1, 1}, {2, 2}}, []fr{{1, 1}, {2, 2}}, 2, false},
		"leaf moved on":       {[]fr{{1, 1}, {2, 2}}, []fr{{1, 1}, {3, 2}}, 2, false},
		"leaf replaced":       {[]fr{{1, 1}, {2, 2}}, []fr{{1, 1}, {2, 3}}, 1, true},
		"caller moved on":     {[]fr{{1, 1}, {2, 2}, {3, 3}}, []fr{{1, 1}, {4, 2}, {3, 3}}, 2, true},
		"called meanwhile":    {[]fr{{1, 1}}, []fr{{1, 1}, {2, 2}}, 1, false},
		"returned meanwhile":  {[]fr{{1, 1}, {2, 2}}, []fr{{1, 1}}, 1, false},
		"everything replaced": {[]fr{{1, 1}, {2, 2}}, []fr{{5, 5}, {6, 6}}, 0, true},
	} {
		w := window{end: 1 << 20}
		fill := func(stack []fr) (head, copied []byte) {
			head, copied = make([]byte, l.EC.Thread+8), make([]byte, 4*l.Frame.Size)
			binary.LittleEndian.PutUint64(head[l.EC.CFP:], w.end-uint64((len(stack)+1)*l.Frame.Size))
			for i, s := range stack {
				b := copied[len(copied)-(i+2)*l.Frame.Size:]
				binary.LittleEndian.PutUint64(b[l.Frame.PC:], s[0])
				binary.LittleEndian.PutUint64(b[l.Frame.ISeq:], s[1])
			}
			return head, copied
		}
		w.headA, w.a = fill(c.a)
		w.headB, w.b = fill(c.b)
		if cut := w.settle(&l); len(w.frames) != c.want || cut != c.cut || len(w.resolved) != c.want {
			t.Errorf("%s: %d frames, cut %v; want %d, %v", name, len(w.frames), cut, c.want, c.cut)
		}
	}
}

// succinct builds MRI's table of the positions at which line entries start,
// as succ_index_table_create in iseq.c does.
func succinct(positions []int, size int) []byte {
	table := make([]byte, indexSize(uint32(size)))
	starts := map[int]bool{}
	for _, p := range positions {
		starts[p] = true
	}
	rank := 0
	for pos := range min(size, immediatePositions) {
		if starts[pos] {
			rank++
		}
		at := pos / 9 * 8
		binary.LittleEndian.PutUint64(table[at:], word(table, at)|uint64(rank)<<(pos%9*7))
	}
	for at, pos := immediateBytes, immediatePositions; pos < size; at, pos = at+blockBytes, pos+blockPositions {
		binary.LittleEndian.PutUint32(table[at:], uint32(rank))
		small := 0
		for k := range 8 {
			if k > 0 {
				binary.LittleEndian.PutUint64(table[at+8:], word(table, at+8)|uint64(small)<<((k-1)*9))
			}
			bitsAt := at + 16 + 8*k
			for bit := range 64 {
				if starts[pos+64*k+bit] {
					small++
					binary.LittleEndian.PutUint64(table[bitsAt:], word(table, bitsAt)|1<<bit)
				}
			}
		}
		rank += small
	}
	return table
}

func TestRankAgainstCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		size := 2 + random.IntN(2000)
		positions := []int{0}
		for p := 1; p < size; p++ {
			if random.IntN(8) == 0 {
				positions = append(positions, p)
			}
			if len(positions) > 60 && p < immediatePositions {
				break
			}
		}
		table := succinct(positions, size)
		want, next := 0, 0
		for p := range size {
			if next < len(positions) && positions[next] == p {
				want, next = want+1, next+1
			}
			if got, ok := rank(table, uint32(p)); got != want || !ok {
				t.Fatalf("size %d: rank at %d is %d (%v), want %d", size, p, got, ok, want)
			}
		}
	}
	if _, ok := rank(nil, 3); ok {
		t.Error("an empty table answers")
	}
	if _, ok := rank(make([]byte, immediateBytes), 60); ok {
		t.Error("a short table answers")
	}
}

func TestQualify(t *testing.T) {
	for _, c := range [][3]string{
		{"index", "Orders#", "Orders#index"}, {"block in index", "Orders#", "block in Orders#index"},
		{"block (2 levels) in <main>", "X#", "block (2 levels) in <main>"}, {"<class:Orders>", "X#", "<class:Orders>"},
		{"rescue in find", "Orders.", "rescue in Orders.find"},
	} {
		if got := qualify(c[0], c[1]); got != c[2] {
			t.Errorf("%s with %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestIdle(t *testing.T) {
	rules, err := parseIdle(idleTable)
	if err != nil {
		t.Fatal(err)
	}
	ruby := func(name, file string) profile.Frame { return profile.Frame{Name: name, File: file} }
	pool := ruby("block in spawn_thread", "/usr/share/rubygems/puma-5.6/lib/puma/thread_pool.rb")
	c := profile.Frame{Name: "sleep", Kind: profile.CFunc}
	for name, x := range map[string]struct {
		stack []profile.Frame
		want  bool
	}{
		"pool":          {[]profile.Frame{pool, c}, true},
		"pool, 3.3":     {[]profile.Frame{pool, ruby("Thread::Queue#pop", "<internal:thread_sync>"), c}, true},
		"monitor":       {[]profile.Frame{pool, ruby("wait", "/usr/lib/ruby/3.1.0/monitor.rb"), c}, true},
		"request":       {[]profile.Frame{pool, ruby("process_client", "/x/puma/server.rb"), ruby("index", "/app/orders.rb"), c}, false},
		"slow client":   {[]profile.Frame{pool, ruby("process_client", "/x/puma/server.rb"), ruby("eagerly_finish", "/x/puma/client.rb"), c}, false},
		"acceptor":      {[]profile.Frame{ruby("handle_servers", "/x/puma/server.rb"), c}, true},
		"sidekiq waits": {[]profile.Frame{ruby("run", "/x/sidekiq/processor.rb"), ruby("retrieve_work", "/x/sidekiq/fetch.rb"), ruby("read", "/x/redis/connection.rb"), c}, true},
		"plain sleep":   {[]profile.Frame{ruby("nap", "/app/x.rb"), c}, false},
		"nothing":       {nil, false},
	} {
		n := &names{rules: rules, ids: map[profile.Frame]int32{}}
		var ids []int32
		for _, f := range x.stack {
			ids = append(ids, n.intern(f))
		}
		if got := n.idle(ids); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPacerSpreadsAndCountsLate(t *testing.T) {
	p := pacer{period: 10 * time.Millisecond, random: rand.New(rand.NewPCG(1, 1))}
	p.start(0)
	ms := int64(time.Millisecond)
	var phases int64
	for k := range int64(1000) {
		at := p.next()
		if at < k*10*ms || at >= (k+1)*10*ms {
			t.Fatalf("snapshot %d at %d", k, at)
		}
		phases += at - k*10*ms
		if n := p.missed(at); n != 0 {
			t.Fatalf("snapshot %d: %d missed", k, n)
		}
	}
	if mean := phases / 1000; mean < 4*ms || mean > 6*ms {
		t.Errorf("mean phase %d ns of a period of 10 ms", mean)
	}
	if n := p.missed(10_035 * ms); n != 3 {
		t.Errorf("%d missed after 35 ms, want 3", n)
	}
	if at := p.next(); at < 10_040*ms || at >= 10_050*ms {
		t.Errorf("next at %d", at)
	}
}

// Whatever a process holds, the walk ends and does not panic.
func FuzzHostileProcess(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Fuzz(func(t *testing.T, changes []byte) {
		changes = changes[:min(len(changes), 600)]
		im := newFake(t)
		target, err := attach(1, im, im.site)
		if err != nil {
			t.Fatal(err)
		}
		var s Snapshot
		for len(changes) >= 6 {
			spoil(&im.image, changes[:6])
			changes = changes[6:]
			if len(changes)/6%3 == 0 {
				_ = target.Sample(&s)
			}
		}
		_ = target.check()
		if other, err := attach(1, im, im.site); err == nil {
			_ = other.check()
		}
		if im.reads > 1<<22 {
			t.Errorf("%d reads", im.reads)
		}
	})
}

// spoil overwrites one word: with a small number, an address inside, or noise.
func spoil(im *image, c []byte) {
	at := (int(binary.LittleEndian.Uint16(c)) * 8) % (len(im.mem) - 8)
	v := uint64(binary.LittleEndian.Uint16(c[2:]))
	switch c[4] % 4 {
	case 1:
		v = base + v*8%uint64(len(im.mem))
	case 2:
		v <<= c[5] % 64
	case 3:
		v = ^v
	}
	binary.LittleEndian.PutUint64(im.mem[at:], v)
}
