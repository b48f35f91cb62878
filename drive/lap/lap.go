// Package lap drives one turn of the loop: it boots an app (or attaches to
// one), drives it, watches it, and hands over the evidence. It judges nothing
// and prints nothing.
package lap

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/drive/boot"
	"pitwall/probe/clock"
	"pitwall/probe/load"
	"pitwall/probe/machine"
	"pitwall/probe/ruby/spy"
	"pitwall/probe/watch"
)

// Options of one lap.
type Options struct {
	Spec       *spec.Spec
	Supervisor []string          // our own binary with the hidden word that becomes the supervisor
	Env        map[string]string // laid over the app's environment
	Time       time.Duration     // DefaultTime when 0
	Seed       uint64
	Hz         float64 // snapshots a second in watched windows; 0 leaves the sampler off
	Agent      bool    // load the Ruby agent
	Rate       float64 // offered, per second; 0 offers Share of the saturation throughput
	Share      float64
	Wait       bool    // for another lap to end, instead of ErrBusy
	Force      bool    // run beside another lap
	Attach     int     // observe this process instead of booting; 0 boots
	Drive      bool    // drive an attached app too
	Journal    Journal // nil stores nothing
	Sink       Sink    // never nil
}

// RefusedError ends a lap before it measures, because it would harm or its
// figures would be worthless. The findings say why and what mends it.
type RefusedError struct {
	Reason   string
	Findings []finding.Finding
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason)
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n  %s: %s", f.Subject, f.Title)
		for _, next := range f.Next {
			fmt.Fprintf(&b, "\n    %s", strings.ReplaceAll(next, "\n", "\n    "))
		}
	}
	return b.String()
}

// turn is a lap under way.
type turn struct {
	o        Options
	ev       *core.Evidence
	budget   budget
	lock     *machineLock
	app      *boot.App // nil when attached
	address  string
	driver   *load.Driver // nil when nothing is driven
	recorder *spy.Recorder
	watcher  *watch.Watcher
	before   run.Reading
	began    int64
	roster   roster
	outside  outside
	rate     float64      // offered in open windows
	bare     load.Outcome // of all bare windows
	undo     []func()

	background sync.WaitGroup // what looks out for the app's death
}

// Run does the lap. Whatever happens it returns the evidence so far, which is
// nil only when there is none at all, and leaves nothing running. When ctx
// ends the error is its cause.
func Run(ctx context.Context, o Options) (ev *core.Evidence, err error) {
	if o.Time == 0 {
		o.Time = DefaultTime
	}
	t := &turn{o: o, budget: divide(o.Time), ev: &core.Evidence{App: o.Spec.App, Windows: []core.Window{}, Cells: []core.Cell{},
		Findings: []finding.Finding{}, Notes: []string{}, Boot: []core.Stage{}, ArrivalPerS: o.Spec.Traffic.RatePerS}}
	t.ev.Machine = machine.Facts()
	ctx, cancel := context.WithCancelCause(ctx)
	defer t.release(cancel)
	for _, s := range t.stages() {
		if err = t.ended(ctx, s.run(ctx, cancel)); err != nil {
			break
		}
	}
	if len(t.ev.Windows) == 0 && len(t.ev.Findings) == 0 {
		return nil, err
	}
	t.collect()
	t.ev.Routes = storable(t.ev.Routes)
	// What was measured is stored even when the lap was ended early.
	if e := saveEvidence(context.WithoutCancel(ctx), o.Journal, t.ev); e != nil {
		err = errors.Join(err, e)
	}
	return t.ev, err
}

// deathNews is how long the news of an app's death may take to reach us.
const deathNews = 300 * time.Millisecond

// ended says why a stage ended. When the lap was ended meanwhile that is the
// reason, whatever the stage made of it; and a stage that failed because the
// app died may know of it before we do.
func (t *turn) ended(ctx context.Context, err error) error {
	if err != nil && t.app != nil {
		select {
		case <-time.After(deathNews):
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

type stage struct {
	name string
	run  func(context.Context, context.CancelCauseFunc) error
}

func (t *turn) stages() []stage {
	plain := func(f func(context.Context) error) func(context.Context, context.CancelCauseFunc) error {
		return func(ctx context.Context, _ context.CancelCauseFunc) error { return f(ctx) }
	}
	list := []stage{{"preflight", plain(t.prepare)}}
	if t.o.Attach == 0 {
		list = append(list, stage{"boot", t.boot}, stage{"safety", plain(t.look)})
	} else {
		list = append(list, stage{"attach", t.attach})
	}
	list = append(list, stage{"watch", plain(t.watch)})
	if t.o.Attach == 0 || t.o.Drive {
		list = append(list, stage{"answers", plain(t.shakeDown)}, stage{"warm-up", plain(t.warm)},
			stage{"own work", plain(t.solo)}, stage{"saturation", plain(t.saturate)}, stage{"windows", plain(t.drive)})
	} else {
		list = append(list, stage{"windows", plain(t.observe)})
	}
	return append(list, stage{"plans", plain(t.explain)})
}

// prepare takes the machine's lock and its state before anything starts.
func (t *turn) prepare(ctx context.Context) error {
	var err error
	if t.lock, err = lockMachine(ctx, t.o.Wait, t.o.Force); err != nil {
		return err
	}
	t.before, t.began = machine.Read(), clock.Now()
	return nil
}

func (t *turn) say(stage, format string, args ...any) {
	t.o.Sink(Event{Stage: stage, Text: fmt.Sprintf(format, args...)})
}

func (t *turn) note(format string, args ...any) {
	t.ev.Notes = append(t.ev.Notes, fmt.Sprintf(format, args...))
}

// release leaves nothing behind. What looks at the app in the background ends
// before the app does, so that its end is no news to anybody.
func (t *turn) release(cancel context.CancelCauseFunc) {
	cancel(nil)
	t.background.Wait()
	if t.watcher != nil {
		t.watcher.Stop()
	}
	if t.recorder != nil {
		t.recorder.Profile() // ends the recording
	}
	for _, undo := range t.undo {
		undo()
	}
	if t.driver != nil {
		t.driver.Close()
	}
	if t.app != nil {
		t.app.Stop()
	}
	if t.lock != nil {
		t.lock.release()
	}
}

// supported says whether this platform can boot and watch an app.
func supported() error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("a lap reads /proc and process memory: it works on Linux only, not on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	return nil
}
