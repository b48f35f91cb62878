package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"pitwall/core/hist"
	"pitwall/core/lap"
)

// Stage is what to do for one window. Kind and figures of Window choose the
// mode: Solo has one request in flight and the routes in seeded random
// rounds; a Rate above 0 is an open loop with Poisson arrivals; else
// Connections is a closed loop. Index seeds what is drawn: the same driver
// seed and index give the same requests.
type Stage struct {
	Window   lap.Window // Start and End are not read
	Duration time.Duration
	Block    time.Duration // of a cell; 1 s when 0

	// Drain is how long answers are waited for after the end; 5 s when 0.
	Drain time.Duration
	// MaxInFlight bounds an open loop; arrivals beyond it are counted as
	// "refused" and make the outcome invalid. 1000 when 0.
	MaxInFlight int
	// Each ends a Solo stage after so many requests of each route; 0 means
	// that Duration alone ends it. A round that has begun is finished, and
	// the window ends with its last request.
	Each int
	// Until is asked after each block with the cells so far and ends the
	// stage with true; nil never does.
	Until func([]lap.Cell) bool
}

// Outcome is what came of a stage. In its cells, histograms hold the answers
// (Done) and those given up (errors "timeout" and "unfinished", at the time
// they had taken by then, a lower bound); "connect", "reset", "short",
// "protocol" and "refused" have no time. Cells are there for every block and
// route, empty ones too. A request belongs to the block of its intended
// start, in a closed loop of its real send.
type Outcome struct {
	Window lap.Window // with Start and End as they were
	Cells  []lap.Cell
	Lag    *hist.Histogram // real send minus intended start, ns; nil in a closed loop
	CPU    int64           // ns, of this whole process from start to end of the drain: sampler and all
	Cores  int             // that this process may use

	Requests int64 // in the cells
	Connects int64 // connections made
	Retried  int64 // requests sent again, unanswered, after a kept connection turned out closed
	Tokens   int64 // pages fetched for their token, which the app served beside the requests

	Early string // why the stage ended before its duration; empty when it did not
}

// Run drives for one stage. It logs in first if that has not been done. When
// ctx ends, the outcome up to then comes with the context's error; other
// errors are those of Login and of a stage that cannot be.
func (d *Driver) Run(ctx context.Context, s Stage) (Outcome, error) {
	if err := s.fill(); err != nil {
		return Outcome{}, err
	}
	if err := d.Login(ctx); err != nil {
		return Outcome{}, err
	}
	cpu, tokens := processCPU(), d.tokens.Load()
	r := &run{d: d, stage: s, start: d.now()}
	r.end = r.start + int64(s.Duration)
	open := s.Window.Kind != lap.Solo && s.Window.Rate > 0
	r.ledger = newLedger(s.Window.Index, open, r.start, int64(s.Block), d.cfg.Routes)
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	watched := r.watch()
	switch {
	case s.Window.Kind == lap.Solo:
		r.solo()
	case open:
		r.openLoop()
	default:
		r.closedLoop()
	}
	r.cancel(errDone)
	<-watched
	o := r.outcome(open)
	o.CPU, o.Tokens = processCPU()-cpu, d.tokens.Load()-tokens
	return o, ctx.Err()
}

// fill sets what was left out and refuses what cannot be.
func (s *Stage) fill() error {
	if s.Block <= 0 {
		s.Block = time.Second
	}
	if s.Drain <= 0 {
		s.Drain = 5 * time.Second
	}
	if s.MaxInFlight <= 0 {
		s.MaxInFlight = 1000
	}
	w := &s.Window
	switch {
	case w.Kind == lap.Solo && s.Duration <= 0 && s.Each > 0:
		s.Duration = time.Hour
	case s.Duration <= 0:
		return errors.New("stage: no duration")
	}
	switch {
	case w.Kind == lap.Solo:
		w.Rate, w.Connections = 0, 1
	case w.Rate > 0:
		if w.Connections = 0; math.IsInf(w.Rate, 0) || w.Rate > 1e6 {
			return fmt.Errorf("stage: %v requests a second", w.Rate)
		}
	case w.Connections <= 0 || w.Connections > 10_000:
		return fmt.Errorf("stage: a closed loop of %d connections", w.Connections)
	}
	return nil
}

var errDone = errors.New("stage is over")

// outcome sums up.
func (r *run) outcome(open bool) Outcome {
	end := min(r.end, r.stopped.Load())
	o := Outcome{Window: r.stage.Window, Cores: cores(), Connects: r.connects.Load(), Retried: r.retried.Load()}
	if end < r.end && !r.whole {
		o.Early = r.why()
	}
	if r.last > end {
		end = r.last
	}
	o.Window.Start, o.Window.End = r.start, end
	o.Cells = r.ledger.cells(end)
	if open {
		o.Lag = hist.New()
	}
	for i := range o.Cells {
		o.Requests += o.Cells[i].Offered
		if open {
			o.Lag.Merge(o.Cells[i].Lag)
		}
	}
	return o
}
