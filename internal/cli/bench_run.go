package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	judge "pitwall/analyze/bench"
	"pitwall/analyze/history"
	"pitwall/analyze/interchange"
	"pitwall/analyze/noise"
	core "pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/core/stat"
	"pitwall/drive/bench"
	"pitwall/drive/lap"
	"pitwall/drive/pairs"
	"pitwall/store"
	"pitwall/web"

	laps "pitwall/core/lap"
)

// oneBench measures, judges, stores and prints one run.
func (a *App) oneBench(ctx context.Context, f *benchFlags, files []*spec.Bench, app *spec.Spec, st *store.Store, baseline *core.Result) error {
	if f.seed == 0 {
		f.seed = lap.RandomSeed()
	}
	unlock, shared, err := lap.Lock(ctx, lap.Options{Wait: f.wait, Force: f.force, Sink: func(lap.Event) {}})
	if err != nil {
		return &ExitError{Code: Unmeasured, Err: err, Hint: "wait for it: pitwall bench --wait; or measure beside it, which spoils the times of both: --force"}
	}
	defer unlock()
	p := a.Progress()
	defer p.Done()
	suite, err := a.benchSuite(ctx, f, files, app, baseline, p)
	if err != nil {
		return benchError(err)
	}
	defer suite.Close()
	r := &core.Result{Schema: core.Schema, Arms: suite.Arms, Seed: f.seed, Margin: cmp.Or(f.margin, judge.Margin), GC: f.gc, Doubts: []string{}}
	r.Run = a.benchHeader(ctx, f, files, app, suite)
	if why := comparable(baseline, r, f.force); why != "" {
		return &ExitError{Code: Unmeasured, Err: errors.New(why), Hint: "measure both versions here: pitwall bench --against REVISION; or compare all the same: --force"}
	}
	if err := recordable(f, r.Arms); err != nil {
		return err
	}
	var w *store.Writer
	if st != nil {
		if w, err = st.Begin(ctx, r.Run); err != nil {
			return err
		}
		defer w.Close()
		r.Run = w.Run()
	}
	trial := pairs.Bench{Design: suite.Design, Subjects: suite.Subjects, Spoilt: noise.Discard, Sink: benchSink(p)}
	judged, _, err := trial.Run(ctx)
	p.Done()
	r.Benchmarks = judged.Result()
	suite.Finish(r, lastLapOf(ctx, st))
	if baseline != nil {
		judge.Against(baseline, r)
	}
	r.Doubts = append(r.Doubts, suite.Spoils()...)
	a.finishBench(f, r, err, shared())
	saved := saveBench(w, r)
	written := a.benchFilesOut(f, r)
	recorded := a.recordBench(f, files[0].Root(), r)
	shown := a.showBench(f, r, st, w != nil && saved == nil)
	return ending(benchExit(r, err), saved, written, recorded, shown)
}

func (a *App) benchSuite(ctx context.Context, f *benchFlags, files []*spec.Bench, app *spec.Spec, baseline *core.Result, p *Progress) (*bench.Suite, error) {
	sup, err := supervisor()
	if err != nil {
		return nil, err
	}
	metrics := make([]core.Metric, 0, len(f.gate))
	for _, g := range f.gate {
		metrics = append(metrics, core.Metric(g))
	}
	return bench.NewSuite(ctx, bench.Options{
		Files: files, App: app, Choice: f.choice(baseline), Ruby: rubyWords(f), GC: f.gc, Valgrind: f.valgrind, Limit: f.limit,
		Seed: f.seed, Margin: f.margin, Rounds: f.rounds, Gate: metrics, Supervisor: sup,
		Said: func(stage, text string) { p.Say("%-10s %s", stage, text) },
	})
}

// benchError gives what kept a run from starting its code.
func benchError(err error) error {
	var wrong *bench.Error
	if errors.As(err, &wrong) {
		return &ExitError{Code: Usage, Err: err, Hint: wrong.Hint}
	}
	return err
}

func (a *App) benchHeader(ctx context.Context, f *benchFlags, files []*spec.Bench, app *spec.Spec, suite *bench.Suite) run.Run {
	s := &spec.Spec{App: filepath.Base(files[0].Root()), Dir: files[0].Root()}
	if app != nil {
		s = app
	}
	h := lap.Header(ctx, lap.Options{Spec: s, Seed: f.seed}, a.Args, a.Version)
	h.Command, h.Settings = "bench", suite.Settings()
	h.Ruby = suite.Arms[0].Ruby
	if f.against != "" {
		h.Labels["against"] = lap.Shown(f.against)
	}
	return h
}

// comparable says why a stored run does not compare with one made now.
func comparable(baseline, now *core.Result, force bool) string {
	if baseline == nil || force {
		return ""
	}
	if baseline.Run.Machine.Fingerprint != now.Run.Machine.Fingerprint {
		return fmt.Sprintf("run %s was made on another machine (%s, %d processors)", baseline.Run.ID, baseline.Run.Machine.CPU, baseline.Run.Machine.Cores)
	}
	if baseline.Run.App != now.Run.App {
		return fmt.Sprintf("run %s is of another app, %s", baseline.Run.ID, baseline.Run.App)
	}
	return ""
}

func benchSink(p *Progress) func(pairs.Step) {
	return func(s pairs.Step) {
		p.Update("measuring", float64(s.Done), float64(s.Total))
	}
}

// lastLapOf is the newest lap of the store; nil without one.
func lastLapOf(ctx context.Context, st *store.Store) *laps.Result {
	if st == nil {
		return nil
	}
	r, err := lastLap(ctx, st, false, func(r *laps.Result) bool { return r.Comparison == nil || !r.Comparison.Paired })
	if err != nil {
		return nil
	}
	return r
}

// finishBench says what the whole run came to.
func (a *App) finishBench(f *benchFlags, r *core.Result, err error, shared bool) {
	r.Verdict, r.Text = judge.Overall(r.Benchmarks)
	r.Doubts = append(r.Doubts, judge.Doubts(r, len(f.rubies) > 1)...)
	if shared {
		r.Doubts = append([]string{"another measurement ran beside this one: its times are worthless; counters hold"}, r.Doubts...)
	}
	r.Run.Ended, r.Run.Status, r.Run.Summary = time.Now(), run.Complete, r.Text
	if r.Verdict != "" {
		r.Run.Labels[store.VerdictLabel] = string(r.Verdict)
	}
	if err != nil {
		r.Partial, r.Run.Status = firstLine(reasonOf(err)), run.Partial
	}
}

// benchFilesOut writes what else was asked for.
func (a *App) benchFilesOut(f *benchFlags, r *core.Result) error {
	return errors.Join(
		writeFile(f.report, func(w io.Writer) error { return web.WriteBench(w, r) }),
		writeFile(f.junit, func(w io.Writer) error { return interchange.WriteJUnit(w, r) }),
		writeFile(f.markdown, func(w io.Writer) error { return interchange.WriteMarkdown(w, r) }),
		writeFile(f.goFormat, func(w io.Writer) error { return interchange.WriteGo(w, r) }),
	)
}

// recordable refuses to measure for a history what is no commit.
func recordable(f *benchFlags, arms []core.Arm) error {
	committed := func(a core.Arm) bool { return a.Revision != "" && !strings.HasSuffix(a.Revision, "+dirty") }
	if !f.record || !slices.ContainsFunc(arms, func(a core.Arm) bool { return a.Role == core.New && !committed(a) }) {
		return nil
	}
	return &ExitError{Code: Unmeasured, Err: errors.New("--record: the tree has changes that are not committed, or is in no git repository"), Hint: "commit first: a history is of commits"}
}

// recordBench appends this tree's figures to the history.
func (a *App) recordBench(f *benchFlags, root string, r *core.Result) error {
	if !f.record {
		return nil
	}
	if r.Partial != "" {
		fmt.Fprintln(a.Stderr, "nothing was recorded: the run is partial")
		return nil
	}
	path := filepath.Join(root, "benchmarks", "history.ndjson")
	lines := history.Lines(r)
	if err := store.Record(context.Background(), path, lines); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	fmt.Fprintf(a.Stderr, "recorded %d benchmarks in %s: commit it\n", len(lines), Clean(path))
	return nil
}

func (a *App) showBench(f *benchFlags, r *core.Result, st *store.Store, stored bool) error {
	if f.json {
		return json.NewEncoder(a.Stdout).Encode(r)
	}
	if err := a.writeBench(wrapped(a.Stdout), r); err != nil {
		return err
	}
	if stored {
		fmt.Fprintf(a.Stdout, "\nAgain   pitwall report %s -o bench.html%[2]s; pitwall serve%[2]s\n", shortRun(r.Run.ID), elsewhere(st))
	}
	return nil
}

// benchExit is the exit code of a run: what could not be measured, then what
// got worse or broke a budget, then what is undecided.
func benchExit(r *core.Result, err error) error {
	var worse, over, open, refused []string
	for _, b := range r.Benchmarks {
		if b.Refused != "" {
			refused = append(refused, b.Name)
		}
		for _, c := range b.Changes {
			switch c.Verdict {
			case stat.Worse:
				worse = append(worse, b.Name)
			case stat.Undecided:
				open = append(open, b.Name)
			}
		}
		for _, budget := range b.Budgets {
			switch budget.Holds {
			case stat.Worse:
				over = append(over, b.Name+" ("+budget.Text+")")
			case stat.Undecided:
				open = append(open, b.Name+" ("+budget.Text+")")
			}
		}
	}
	list := func(names []string) string { return strings.Join(slices.Compact(names), ", ") }
	also := ""
	bad := "" // what ends in 1
	if len(worse) > 0 {
		bad = "worse: " + list(worse)
	}
	if len(over) > 0 {
		bad = strings.TrimPrefix(bad+"; over budget: "+list(over), "; ")
	}
	if bad != "" {
		also = "; " + bad
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		return err
	case len(refused) > 0:
		return &ExitError{Code: Unmeasured, Err: fmt.Errorf("not measured: %s%s", list(refused), also)}
	case bad != "":
		return &ExitError{Code: Regression, Err: errors.New(bad)}
	case err != nil:
		return &ExitError{Code: NotDecided, Err: errors.New("interrupted: the result is partial")}
	case len(open) > 0:
		return &ExitError{Code: NotDecided, Err: fmt.Errorf("undecided: %s", list(open)), Hint: openHint(r)}
	}
	return nil
}

// openHint says what would decide.
func openHint(r *core.Result) string {
	most := 0
	for _, b := range r.Benchmarks {
		for _, c := range b.Changes {
			for _, m := range c.Comparisons {
				if m.Verdict == stat.Undecided && m.Need > 0 {
					most = max(most, m.Need+b.Rounds)
				}
			}
		}
	}
	switch {
	case most == 0:
		return ""
	case most <= 100:
		return fmt.Sprintf("more rounds would probably decide: --rounds %d; or gate on what is counted: --gate objects,statements", most)
	}
	return "the machine is too noisy for this margin: a quieter one, a larger --margin, or gate on what is counted: --gate objects,statements"
}
