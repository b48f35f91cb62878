package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pitwall/analyze/judge"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/core/unit"
	"pitwall/store"
)

func (s *shelf) compareCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "compare OLD NEW",
		Short:   "Compare what two stored laps counted",
		Example: "  pitwall runs compare 0190c3 last",
		Long: `Statements and objects a request are judged: they do not depend on the weather.
Times of two laps are shown but not judged, for the machine was not the same
at both; pitwall lap --against judges times.

Exit code 1 when something got worse, 4 when nothing could be decided, 3 when
the two do not compare.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error { return s.compare(ctx, st, args[0], args[1]) })
		},
	}
}

func (s *shelf) compare(ctx context.Context, st *store.Store, older, newer string) error {
	old, err := readLap(ctx, st, older, false)
	if err != nil {
		return err
	}
	new, err := readLap(ctx, st, newer, false)
	if err != nil {
		return err
	}
	c := judge.AgainstStored(old, new, earlier(ctx, st, old, new.Run.ID))
	if err := s.print(map[string]any{"comparison": c}, func(w io.Writer) { writeComparison(w, old, new, c) }); err != nil {
		return err
	}
	return compared(c)
}

// readLap reads the result of the run that a user named.
func readLap(ctx context.Context, st *store.Store, name string, again bool) (*lap.Result, error) {
	if name == store.Last {
		return lastLap(ctx, st, again, func(*lap.Result) bool { return true })
	}
	r, err := st.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	result, err := readResult(ctx, st, r, again)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ExitError{Code: Unmeasured, Err: fmt.Errorf("run %s (%s, %s) has no result of a lap", r.ID, r.Command, r.Status), Hint: "pitwall runs show " + r.ID}
	}
	return result, err
}

// lastLap is the newest run that has a result which fits: one that failed or
// still goes on is none that anybody means.
func lastLap(ctx context.Context, st *store.Store, again bool, fits func(*lap.Result) bool) (*lap.Result, error) {
	runs, err := st.List(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.Status == run.Open {
			continue
		}
		result, err := readResult(ctx, st, r, again)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case fits(result):
			return result, nil
		}
	}
	return nil, &ExitError{Code: Unmeasured, Err: errors.New("no stored run has the result of a lap"), Hint: "pitwall lap"}
}

// compared is the exit code of a comparison.
func compared(c lap.Comparison) error {
	if len(c.Refused) > 0 {
		return &ExitError{Code: Unmeasured, Err: errors.New("the two runs do not compare")}
	}
	decided := false
	for _, r := range c.Routes {
		if r.Verdict == stat.Worse {
			return &ExitError{Code: Regression}
		}
		decided = decided || r.Verdict != stat.Undecided
	}
	if !decided {
		return &ExitError{Code: NotDecided}
	}
	return nil
}

func writeComparison(w io.Writer, old, new *lap.Result, c lap.Comparison) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "old\t%s\n", line(old.Run, old.Run.ID))
	fmt.Fprintf(t, "new\t%s\n", line(new.Run, new.Run.ID))
	t.Flush()
	for _, why := range c.Refused {
		fmt.Fprintln(w, Clean(why))
	}
	for _, r := range c.Routes {
		fmt.Fprintf(w, "\n%s: %s\n", Clean(r.Route), Clean(r.Text))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, m := range r.Own {
			writeMetric(t, "own work", m)
		}
		for _, m := range r.Load {
			writeMetric(t, "under load", m)
		}
		t.Flush()
	}
}

func writeMetric(w io.Writer, where string, m stat.Comparison) {
	fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", where, Clean(m.Metric), unit.Value(m.Old.Point, m.Old.Unit), unit.Value(m.New.Point, m.New.Unit), Clean(string(m.Verdict)))
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// mostEarlier is how many stored laps say how much laps differ by themselves.
const mostEarlier = 8

// earlier is the newest stored laps of the same app, machine, settings and
// revision as old, which therefore differ by chance alone. What cannot be read
// is left out: it only makes the noise less known.
func earlier(ctx context.Context, st *store.Store, old *lap.Result, except string) []*lap.Result {
	runs, err := st.List(ctx, store.Filter{App: old.App, Command: "lap", Status: run.Complete})
	if err != nil {
		return nil
	}
	var found []*lap.Result
	for _, r := range runs {
		same := r.ID != except && r.Revision == old.Run.Revision && !strings.HasSuffix(r.Revision, "+dirty") && len(run.Comparable(r, old.Run)) == 0
		if !same || len(found) == mostEarlier {
			continue
		}
		if result, err := st.Lap(ctx, r); err == nil && (result.Comparison == nil || !result.Comparison.Paired) {
			found = append(found, result)
		}
	}
	return found
}
