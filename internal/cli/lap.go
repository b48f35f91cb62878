package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pitwall/analyze/judge"
	core "pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/drive/boot"
	"pitwall/drive/lap"
	"pitwall/store"
	"pitwall/web"
)

// lapFlags is how pitwall lap was called.
type lapFlags struct {
	spec    string
	store   string
	report  string
	json    bool
	time    time.Duration
	seed    uint64
	hz      float64
	noAgent bool
	rate    float64
	share   float64
	attach  int
	puma    bool
	drive   bool
	force   bool
	wait    bool
	against string
	boots   int
	before  *core.Result // a stored run to compare with; nil for none
}

// newLapCmd is "pitwall lap".
func newLapCmd(app *App) *cobra.Command {
	f := &lapFlags{}
	c := &cobra.Command{
		Use:     "lap [DIRECTORY]",
		Short:   "One turn of the loop: boot, drive, sample, judge, report",
		GroupID: stageLoop,
		Example: `  pitwall lap                          # the app of ./pitwall.yml
  pitwall lap --time 60s
  pitwall lap --against HEAD           # is what I changed faster than the last commit?
  pitwall lap --against RUBY_YJIT_ENABLE=1
  pitwall lap --puma                   # watch the Puma that runs here already`,
		Long: `Boots the app that pitwall.yml describes, warms it up, measures each route's own
work and then all of them under load, and says what was found.

Latency and throughput come from windows in which nothing looks into the app;
stacks, statements and GVL states from windows in between.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.spec = args[0]
			}
			return app.lap(c.Context(), f, c.Flags().Changed("sampler-hz"))
		},
	}
	flags := c.Flags()
	flags.StringVarP(&f.spec, "file", "f", spec.FileName, "`file` that describes the app")
	flags.StringVar(&f.store, "store", "", "`directory` of the store")
	flags.StringVarP(&f.report, "output", "o", "", "`file` for the report; beside the store when not given")
	flags.BoolVar(&f.json, "json", false, "print the whole result as JSON")
	flags.DurationVar(&f.time, "time", 0, "how long to measure (default 150s); with --against, in all boots together")
	flags.Uint64Var(&f.seed, "seed", 0, "of everything that is drawn by chance; random when not given")
	flags.Float64Var(&f.hz, "sampler-hz", 100, "stack snapshots a second in watched windows; 0 switches them off")
	flags.BoolVar(&f.noAgent, "no-agent", false, "load nothing into the app: no statements, objects or queue time")
	flags.Float64Var(&f.rate, "rate", 0, "offer this many requests a second instead of a share of what the app sustains")
	flags.Float64Var(&f.share, "share", 0, "of what the app sustains to offer (default 0.5)")
	flags.IntVar(&f.attach, "attach", 0, "watch the process `pid` and its children instead of booting the app")
	flags.BoolVar(&f.puma, "puma", false, "attach to the Puma that runs on this machine")
	flags.BoolVar(&f.drive, "drive", false, "drive the app that is attached to")
	flags.BoolVar(&f.force, "force", false, "run beside another lap; the times of both are then worthless")
	flags.BoolVar(&f.wait, "wait", false, "wait for another lap to end")
	flags.StringVar(&f.against, "against", "", "compare with a git `revision`, a stored run, or a setting NAME=VALUE")
	flags.IntVar(&f.boots, "boots", 4, "with --against: boots of each version, at least 4")
	return c
}

// lap runs "pitwall lap".
func (a *App) lap(ctx context.Context, f *lapFlags, hzGiven bool) error {
	o, err := a.lapOptions(f, hzGiven)
	if err != nil {
		return err
	}
	st, err := a.openStore(ctx, f, o.Spec)
	if err != nil {
		return err
	}
	if st != nil {
		defer st.Close()
	}
	if f.against != "" {
		return a.lapAgainst(ctx, f, o, st)
	}
	return a.oneLap(ctx, f, o, st)
}

// lapOptions puts flags over pitwall.yml over defaults.
func (a *App) lapOptions(f *lapFlags, hzGiven bool) (lap.Options, error) {
	var o lap.Options
	if err := f.check(); err != nil {
		return o, err
	}
	s, err := a.lapSpec(f)
	if err != nil {
		return o, err
	}
	o = lap.Options{Spec: s, Time: f.time, Seed: f.seed, Hz: f.hz, Agent: !f.noAgent, Rate: f.rate, Share: f.share,
		Wait: f.wait, Force: f.force, Attach: f.attach, Drive: f.drive}
	set := s.Lap
	if o.Time == 0 {
		o.Time = time.Duration(set.Time)
	}
	if o.Time != 0 && o.Time < shortestLap { // pitwall.yml's
		return o, usagef("pitwall lap --time 60s", "a lap of %s is too short to measure anything", o.Time)
	}
	if !hzGiven && set.Sampler != nil {
		o.Hz = *set.Sampler
	}
	if set.Agent != nil && !*set.Agent {
		o.Agent = false
	}
	if o.Rate == 0 {
		o.Rate = set.Rate
	}
	if o.Share == 0 {
		o.Share = set.Share
	}
	if o.Seed == 0 {
		o.Seed = set.Seed
	}
	if o.Seed == 0 {
		o.Seed = lap.RandomSeed()
	}
	if o.Supervisor, err = supervisor(); err != nil {
		return o, err
	}
	if f.puma && o.Attach == 0 {
		if o.Attach, err = lap.FindPuma(); err != nil {
			return o, &ExitError{Code: Unmeasured, Err: err, Hint: "name one: pitwall lap --attach PID"}
		}
	}
	return o, nil
}

// lapSpec reads pitwall.yml. A lap that only watches needs none.
func (a *App) lapSpec(f *lapFlags) (*spec.Spec, error) {
	s, err := lap.LoadSpec(f.spec)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, fs.ErrNotExist) && (f.attach != 0 || f.puma) && !f.drive:
		dir, err := os.Getwd()
		return &spec.Spec{App: "attached", Dir: dir}, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, &ExitError{Code: Usage, Err: err, Hint: "write one: pitwall init"}
	}
	return nil, &ExitError{Code: Usage, Err: err}
}

// openStore opens the store. One that cannot be written is said, and the lap
// goes on when the report has somewhere to go.
func (a *App) openStore(ctx context.Context, f *lapFlags, s *spec.Spec) (*store.Store, error) {
	dir := store.Locate(f.store, s.Dir)
	st, err := store.Open(ctx, dir)
	var unwritable *store.UnwritableError
	if errors.As(err, &unwritable) {
		if f.report == "" {
			return nil, &ExitError{Code: Unmeasured, Err: err, Hint: "store elsewhere: --store DIRECTORY; or store nothing: -o report.html"}
		}
		fmt.Fprintf(a.Stderr, "%s the run is not stored: %s\n", a.Paint(a.Stderr, Yellow, "pitwall:"), CleanText(err.Error()))
		return nil, nil
	}
	return st, err
}

// oneLap drives one lap, judges it, stores it and prints it.
func (a *App) oneLap(ctx context.Context, f *lapFlags, o lap.Options, st *store.Store) error {
	header := lap.Header(ctx, o, a.Args, a.Version)
	var w *store.Writer
	if st != nil {
		var err error
		if w, err = st.Begin(ctx, header); err != nil {
			return err
		}
		defer w.Close()
		o.Journal, header = w, w.Run()
	}
	p := a.Progress()
	o.Sink = progressSink(p)
	ev, err := lap.Run(ctx, o)
	p.Done()
	if ev == nil || len(ev.Windows) == 0 {
		return a.lapError(err, w, header)
	}
	result := judge.Judge(ev)
	result.Run = finishHeader(header, ev, result, err)
	if err != nil {
		result.Partial = firstLine(reasonOf(err)) // no more: it may quote what the app printed
	}
	exit := lapExit
	if f.before != nil {
		compareStored(f.before, result, earlier(ctx, st, f.before, result.Run.ID))
		exit = compareExit
	}
	saved := a.saveLap(w, result)
	path, written := a.writeLapReport(f, o.Spec, st, result)
	shown := a.showLap(f, result, path, elsewhere(st), w != nil && saved == nil)
	return ending(exit(result, err), saved, written, shown)
}

// reasonOf says in words why a lap ended early.
func reasonOf(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}

// lapError ends a lap that measured nothing.
func (a *App) lapError(err error, w *store.Writer, header run.Run) error {
	if w != nil {
		header.Status, header.Summary = run.Failed, firstLine(reasonOf(err))
		w.Finish(context.Background(), header) // the lap's own error matters more
	}
	exit := &ExitError{Code: Unmeasured, Err: err}
	var failed *boot.Error
	switch {
	case errors.Is(err, context.Canceled):
		exit = &ExitError{Code: NotDecided, Err: errors.New("interrupted before anything was measured")}
	case errors.As(err, &failed):
		exit.Hint = failed.Hint
	case errors.Is(err, lap.ErrBusy):
		exit.Hint = "wait for it: pitwall lap --wait; or run beside it, which spoils the times of both: --force"
	}
	return exit
}

// lapExit is the exit code of a lap that measured something.
func lapExit(result *core.Result, err error) error {
	var refused *lap.RefusedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &ExitError{Code: Unmeasured, Err: err}
	case errors.Is(err, context.Canceled):
		return &ExitError{Code: NotDecided, Err: errors.New("interrupted: the result is partial")}
	}
	return &ExitError{Code: Unmeasured, Err: fmt.Errorf("the lap ended early: %w", err)}
}

// finishHeader completes a run's header with what was found out on the way.
func finishHeader(r run.Run, ev *core.Evidence, result *core.Result, err error) run.Run {
	r.Ended, r.Status = time.Now(), run.Complete
	if err != nil {
		r.Status = run.Partial
	}
	for name, value := range ev.Setup.Facts {
		if gem, ok := cutPrefix(name, "gem."); ok {
			r.Gems[gem] = value
		}
	}
	r.Ruby = ev.Setup.Facts["ruby.version"]
	if len(result.Headline) > 0 {
		r.Summary = result.Headline[0]
	}
	return r
}

func (a *App) saveLap(w *store.Writer, result *core.Result) error {
	if w == nil {
		return nil
	}
	ctx := context.Background() // an interrupted lap is stored all the same
	part, err := w.Part(ctx, store.LapPart, "application/json")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(part).Encode(result); err != nil {
		part.Close()
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	return w.Finish(ctx, result.Run)
}

// writeLapReport writes the HTML file and says where it is.
func (a *App) writeLapReport(f *lapFlags, s *spec.Spec, st *store.Store, result *core.Result) (string, error) {
	path := f.report
	if path == "" {
		dir := filepath.Join(st.Dir(), "reports")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		path = filepath.Join(dir, result.Run.ID+".html")
	}
	if err := replaceFile(path, func(w io.Writer) error { return web.WriteReport(w, result) }); err != nil {
		return "", fmt.Errorf("writing the report: %w", err)
	}
	return filepath.Abs(path)
}

func progressSink(p *Progress) lap.Sink {
	return func(e lap.Event) {
		if e.Text != "" {
			p.Say("%-10s %s", e.Stage, e.Text)
			return
		}
		p.Update(e.Stage, e.Done.Seconds(), e.Total.Seconds())
	}
}
