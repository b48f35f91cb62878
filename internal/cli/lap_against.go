package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"pitwall/analyze/judge"
	core "pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/core/unit"
	"pitwall/drive/lap"
	"pitwall/drive/pairs"
	"pitwall/store"
)

var setting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// lapAgainst compares: with a setting or a revision by paired boots, with a
// stored run by its counters.
func (a *App) lapAgainst(ctx context.Context, f *lapFlags, o lap.Options, st *store.Store) error {
	p := pairs.Options{Boots: f.boots, Time: f.time, Lap: o, New: pairs.Version{Name: "this tree", Spec: o.Spec}}
	if setting.MatchString(f.against) {
		name, value, _ := strings.Cut(f.against, "=")
		p.Old = pairs.Version{Name: "as it is", Spec: o.Spec}
		p.New = pairs.Version{Name: lap.Shown(f.against), Spec: o.Spec, Env: map[string]string{name: value}}
		return a.paired(ctx, f, p, st)
	}
	if revision := pairs.Resolve(ctx, o.Spec.Dir, f.against); revision != "" {
		old, remove, err := pairs.Checkout(ctx, o.Spec, revision)
		if err != nil {
			return err
		}
		defer remove()
		p.Old = pairs.Version{Name: f.against, Spec: old}
		return a.paired(ctx, f, p, st)
	}
	if st == nil {
		return usagef("pitwall lap --against main", "%q is neither a setting NAME=VALUE nor a git revision, and there is no store", f.against)
	}
	before, err := readBefore(ctx, st, f.against)
	var exit *ExitError
	if errors.As(err, &exit) { // a run, but none to compare with
		return err
	}
	if err != nil {
		return usagef("pitwall runs; pitwall lap --against main", "%q is neither a setting NAME=VALUE, nor a git revision, nor a stored run: %v", f.against, err)
	}
	if why := run.Comparable(before.Run, lap.Header(ctx, o, a.Args, a.Version)); len(why) > 0 {
		return &ExitError{Code: Unmeasured, Err: fmt.Errorf("a lap made now does not compare with run %s: %s", before.Run.ID, strings.Join(why, "; ")), Hint: asBefore(before.Run)}
	}
	f.before = before
	return a.oneLap(ctx, f, o, st)
}

// readBefore reads the lap to compare with. For last it passes over
// comparisons: their figures are those of one short boot.
func readBefore(ctx context.Context, st *store.Store, name string) (*core.Result, error) {
	if name == store.Last {
		return lastLap(ctx, st, false, func(r *core.Result) bool { return r.Comparison == nil || !r.Comparison.Paired })
	}
	return readLap(ctx, st, name, false)
}

// asBefore is the command that made a run, with that run to compare with.
func asBefore(r run.Run) string {
	words := []string{"pitwall"}
	for i := 0; i < len(r.Args); i++ {
		switch {
		case r.Args[i] == "--against":
			i++ // its value
		case !strings.HasPrefix(r.Args[i], "--against="):
			words = append(words, r.Args[i])
		}
	}
	return strings.Join(append(words, "--against", shortRun(r.ID)), " ")
}

// paired runs and prints a comparison by paired boots.
func (a *App) paired(ctx context.Context, f *lapFlags, o pairs.Options, st *store.Store) error {
	if o.Lap.Attach != 0 {
		return usagef("pitwall lap --against "+f.against, "--attach observes one app; a comparison boots its own")
	}
	header := lap.Header(ctx, o.Lap, a.Args, a.Version)
	header.Labels["against"] = f.against
	var w *store.Writer
	if st != nil {
		var err error
		if w, err = st.Begin(ctx, header); err != nil {
			return err
		}
		defer w.Close()
		header = w.Run()
	}
	p := a.Progress()
	o.Lap.Sink = progressSink(p)
	p.Say("comparing  old: %s; new: %s; %d boots of each, about %s", o.Old.Name, o.New.Name, max(f.boots, 4), unit.Seconds(o.Duration(8*time.Second).Seconds()))
	out, err := pairs.Run(ctx, o)
	p.Done()
	if out.Last == nil {
		return a.lapError(err, w, header)
	}
	result := judge.Judge(out.Last)
	result.Comparison = &out.Comparison
	result.Headline = comparisonHeadline(o.New.Name, &out.Comparison)
	result.Run = finishHeader(header, out.Last, result, err)
	if err != nil {
		result.Partial = firstLine(reasonOf(err))
	}
	saved := a.saveLap(w, result)
	path, written := a.writeLapReport(f, o.Lap.Spec, st, result)
	shown := a.showLap(f, result, path, elsewhere(st), w != nil && saved == nil)
	return ending(compareExit(result, err), saved, written, shown)
}

// comparisonHeadline counts the verdicts and names the routes that moved.
func comparisonHeadline(name string, c *core.Comparison) []string {
	groups := map[stat.Verdict][]string{}
	for _, r := range c.Routes {
		groups[r.Verdict] = append(groups[r.Verdict], r.Route)
	}
	var parts []string
	for _, v := range []stat.Verdict{stat.Worse, stat.Better, stat.Same, stat.Undecided} {
		if routes := groups[v]; len(routes) > 0 {
			parts = append(parts, fmt.Sprintf("%s: %s", v, strings.Join(routes, ", ")))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing was measured twice"}
	}
	return []string{fmt.Sprintf("%s against %s, on each route's own work: %s.", name, c.Against, strings.Join(parts, "; "))}
}

// worseRoutes names the routes whose own work got worse.
func worseRoutes(c *core.Comparison) []string {
	worse := []string{}
	for _, r := range c.Routes {
		if r.Verdict == stat.Worse {
			worse = append(worse, r.Route)
		}
	}
	return worse
}

// compareExit is 1 when something got worse, 4 when all is undecided.
func compareExit(result *core.Result, err error) error {
	exit := lapExit(result, err)
	worse := worseRoutes(result.Comparison)
	var ended *ExitError
	if errors.As(exit, &ended) && Worst(ended.Code, Regression) == Regression && len(worse) > 0 {
		return &ExitError{Code: Regression, Err: fmt.Errorf("worse: %s; %w", strings.Join(worse, ", "), ended.Err)}
	}
	if exit != nil {
		return exit
	}
	if why := result.Comparison.Refused; len(why) > 0 {
		return &ExitError{Code: Unmeasured, Err: errors.New("the two runs do not compare: " + strings.Join(why, "; "))}
	}
	undecided := true
	for _, r := range result.Comparison.Routes {
		undecided = undecided && r.Verdict == stat.Undecided
	}
	switch {
	case len(worse) > 0:
		return &ExitError{Code: Regression, Err: fmt.Errorf("worse: %s", strings.Join(worse, ", "))}
	case undecided && !result.Comparison.Paired:
		return &ExitError{Code: NotDecided, Err: errors.New("nothing could be decided"), Hint: "times of two laps are never judged; boots of both versions are: pitwall lap --against HEAD"}
	case undecided:
		return &ExitError{Code: NotDecided, Err: errors.New("nothing could be decided"), Hint: "give it more boots: --boots 8; or a quieter machine"}
	}
	return nil
}

// compareStored adds what a stored lap says beside this one.
func compareStored(before, after *core.Result, earlier []*core.Result) {
	c := judge.AgainstStored(before, after, earlier)
	c.Against = "run " + before.Run.ID
	c.Refused = append([]string{}, run.Comparable(before.Run, after.Run)...)
	after.Comparison = &c
}

// verdictStyle by verdict.
func verdictStyle(v stat.Verdict) Style {
	switch v {
	case stat.Better:
		return Green
	case stat.Worse:
		return Red
	case stat.Undecided:
		return Yellow
	}
	return Dim
}

// writeComparison is a row per route, then what changed only under load.
func (a *App) writeComparison(w io.Writer, c *core.Comparison) {
	if c == nil {
		return
	}
	how := "stored"
	if c.Paired {
		how = fmt.Sprintf("%d boots of each, seed %d", c.Boots, c.Seed)
	}
	fmt.Fprintf(w, "\n%s (%s)\n", a.Paint(a.Stdout, Bold, "Against "+Clean(c.Against)), how)
	for _, why := range c.Refused {
		fmt.Fprintf(w, "  does not compare: %s\n", Clean(why))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range c.Routes {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", Clean(r.Route), a.Paint(a.Stdout, verdictStyle(r.Verdict), fmt.Sprintf("%-9s", r.Verdict)), Clean(strings.TrimPrefix(r.Text, string(r.Verdict)+": ")))
	}
	t.Flush()
	if !c.Paired && len(c.Routes) > 0 {
		fmt.Fprintln(w, "  Times of two laps differ by themselves. To decide them: pitwall lap --against HEAD")
	}
}
