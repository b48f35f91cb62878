// Package watch follows an app from outside while a lap runs: memory and CPU
// of its processes, the kernel's listen queue, and connections to elsewhere.
// It reads /proc only; the app does not notice.
package watch

import (
	"context"
	"sort"
	"strconv"
	"sync"
	"time"

	"pitwall/core/series"
	"pitwall/probe/clock"
)

// Target is one process to follow.
type Target struct {
	PID  int
	Role string // "web", "web worker 0", "jobs"
}

// Options of a Watcher.
type Options struct {
	Every   time.Duration    // between two readings; 200 ms when zero
	PSS     time.Duration    // between two readings of PSS, which walks page tables; 5 s when zero
	Targets func() []Target  // asked before each reading: workers come and go
	Port    int              // whose listen queue is read; 0 for none
	Outside func(Connection) // called once for each connection to a host that is not loopback
}

// Watcher collects series until it is stopped.
type Watcher struct {
	opts      Options
	mu        sync.Mutex
	series    map[string]*series.Series
	last      map[int]cpuReading
	sockets   map[uint64]bool // inodes that were looked up
	connected int64           // when connections were last looked for
	done      chan struct{}
	cancel    context.CancelFunc
}

// Start begins to watch.
func Start(ctx context.Context, o Options) *Watcher {
	if o.Every == 0 {
		o.Every = 200 * time.Millisecond
	}
	if o.PSS == 0 {
		o.PSS = 5 * time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{opts: o, series: map[string]*series.Series{}, last: map[int]cpuReading{},
		sockets: map[uint64]bool{}, done: make(chan struct{}), cancel: cancel}
	go w.loop(ctx)
	return w
}

func (w *Watcher) loop(ctx context.Context) {
	defer close(w.done)
	tick := time.NewTicker(w.opts.Every)
	defer tick.Stop()
	var nextPSS int64
	for {
		now := clock.Now()
		pss := now >= nextPSS
		if pss {
			nextPSS = now + w.opts.PSS.Nanoseconds()
		}
		w.read(pss)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *Watcher) read(pss bool) {
	targets := w.opts.Targets()
	for _, t := range targets {
		w.readProcess(t, pss)
	}
	if w.opts.Port != 0 && len(targets) > 0 {
		w.readListenQueue(targets[0].PID)
	}
	if now := clock.Now(); w.opts.Outside != nil && now-w.connected >= connectionsEvery {
		w.connected = now
		w.readConnections(targets)
	}
}

// Add records a point that somebody else measured, such as Puma's stats.
func (w *Watcher) Add(name, unit string, labels map[string]string, at int64, value float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := name + "\x00" + labels["process"] + "\x00" + labels["pid"]
	s := w.series[key]
	if s == nil {
		s = &series.Series{Name: name, Unit: unit, Labels: labels, Points: []series.Point{}, Gaps: []series.Gap{}}
		w.series[key] = s
	}
	w.markGap(s, at)
	s.Points = append(s.Points, series.Point{Time: at, Value: value})
}

// markGap notes a stretch in which readings failed to come: five intervals
// of the series' own pace.
func (w *Watcher) markGap(s *series.Series, at int64) {
	n := len(s.Points)
	if n < 3 {
		return
	}
	pace := (s.Points[n-1].Time - s.Points[0].Time) / int64(n-1)
	if last := s.Points[n-1].Time; at-last > 5*pace {
		s.Gaps = append(s.Gaps, series.Gap{Start: last, End: at, Why: "no reading"})
	}
}

// Stop ends the watch and returns its series, by name, then process.
func (w *Watcher) Stop() []series.Series {
	w.cancel()
	<-w.done
	return w.Series()
}

// Series is what has been collected so far.
func (w *Watcher) Series() []series.Series {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := make([]string, 0, len(w.series))
	for k := range w.series {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	all := make([]series.Series, 0, len(keys))
	for _, k := range keys {
		s := *w.series[k]
		s.Points = append([]series.Point{}, s.Points...)
		s.Gaps = append([]series.Gap{}, s.Gaps...)
		all = append(all, s)
	}
	return all
}

// Labels of a process's series.
func Labels(t Target) map[string]string {
	return map[string]string{"process": t.Role, "pid": strconv.Itoa(t.PID)}
}

// connectionsEvery is the time between two looks at connections, ns.
const connectionsEvery = 500_000_000
