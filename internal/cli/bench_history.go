package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pitwall/analyze/history"
	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// recordPath is where a record is unless a file is named.
const recordPath = "benchmarks/history.ndjson"

// historyFlags is how pitwall bench history was called.
type historyFlags struct {
	want      history.Want
	within    int
	failWorse bool
	markdown  bool
	json      bool
}

// benchHistoryCmd is "pitwall bench history".
func (a *App) benchHistoryCmd() *cobra.Command {
	f := &historyFlags{}
	var metric string
	c := &cobra.Command{
		Use:   "history [FILE...]",
		Short: "Show at which commits a benchmark became better or worse",
		Example: `  pitwall bench history                               # benchmarks/history.ndjson
  pitwall bench history --benchmark rows --metric time
  pitwall bench history --markdown                    # for a pull request
  pitwall bench history --fail-on-worse --within 5    # in CI`,
		Long: `Reads the lines that pitwall bench --record appends to benchmarks/history.ndjson
and finds the points at which a series changed, with the range of revisions.

A counter that is the same in each process changes without statistics. A time
changes where E-divisive says so, at most one false change point in twenty
series, also where neighbouring commits resemble each other. Another machine or
another Ruby begins another series, and is no regression.

Exit code 1 with --fail-on-worse: the newest change point of a metric that gates
is worse, has at most --within points from it on, and is a counter's or has a p
of 0.005 at most: who looks after each commit needs more than one in twenty.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			f.want.Metric = bench.Metric(metric)
			return a.benchHistory(f, args)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.want.Benchmark, "benchmark", "", "only the benchmark of this `name`")
	flags.StringVar(&metric, "metric", "", "only this `metric`, such as objects or time")
	flags.IntVar(&f.within, "within", 10, "points that count as the newest, for --fail-on-worse and --markdown")
	flags.BoolVar(&f.failWorse, "fail-on-worse", false, "exit code 1 when the newest change point is worse and within the newest points")
	flags.BoolVar(&f.markdown, "markdown", false, "print Markdown for a pull request")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (a *App) benchHistory(f *historyFlags, files []string) error {
	if err := f.check(); err != nil {
		return err
	}
	if len(files) == 0 {
		files = []string{recordPath}
	}
	record, err := readHistory(files)
	if err != nil {
		return err
	}
	report := history.Judge(record, f.want)
	a.warnHistory(report)
	if len(report.Series) == 0 {
		return f.none(record)
	}
	out := bufio.NewWriter(a.Stdout)
	switch {
	case f.json:
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	case f.markdown:
		writeHistoryMarkdown(out, report, f.within)
	default:
		a.writeHistory(out, report, f.want)
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if f.failWorse && len(worsened(report, f.within, f.want.Metric == "")) > 0 {
		return &ExitError{Code: Regression}
	}
	return nil
}

func (f *historyFlags) check() error {
	const hint = "pitwall help bench history"
	known := []string{}
	for _, t := range bench.Traits() {
		known = append(known, string(t.Metric))
	}
	switch {
	case f.want.Metric != "" && !slices.Contains(known, string(f.want.Metric)):
		return usagef(hint, "--metric is one of %s, not %q", strings.Join(known, ", "), string(f.want.Metric))
	case f.within < 1:
		return usagef(hint, "--within is a number from 1, not %d", f.within)
	case f.json && f.markdown:
		return usagef(hint, "--json and --markdown are two ways to print")
	}
	return nil
}

// none is the error of a record without a series that was asked for.
func (f *historyFlags) none(r history.Record) error {
	names := map[string]bool{}
	for _, l := range r.Lines {
		names[l.Benchmark] = true
	}
	hint := "pitwall bench --record appends to it"
	if len(names) > 0 {
		all := slices.Sorted(maps.Keys(names))
		hint = "benchmarks in it: " + strings.Join(all[:min(10, len(all))], ", ")
	}
	return &ExitError{Code: Unmeasured, Err: errors.New("the record holds no such series"), Hint: hint}
}

func readHistory(files []string) (history.Record, error) {
	records := make([]history.Record, len(files))
	for i, name := range files {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return history.Record{}, &ExitError{Code: Unmeasured, Err: fmt.Errorf("there is no record %s", name), Hint: "pitwall bench --record makes it"}
		}
		if err != nil {
			return history.Record{}, err
		}
		records[i], err = history.Read(f)
		f.Close()
		if err != nil {
			return history.Record{}, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return history.Join(files, records), nil
}

// warnHistory says on stderr what of the record was not used.
func (a *App) warnHistory(r history.Report) {
	for i, b := range r.Bad {
		if i == 10 {
			break
		}
		fmt.Fprintf(a.Stderr, "%s, line %d: %s\n", Clean(b.File), b.Line, Clean(b.Why))
	}
	if more := r.Wrong - min(10, len(r.Bad)); more > 0 {
		fmt.Fprintf(a.Stderr, "and %d more lines that could not be used\n", more)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(a.Stderr, Clean(n))
	}
}

// worsened are the series that go on and whose newest change point is worse,
// sure, and among the newest points: those of metrics that gate, or all.
func worsened(r history.Report, within int, gates bool) []history.Series {
	gate := map[bench.Metric]bool{}
	for _, t := range bench.Traits() {
		gate[t.Metric] = t.Gates || !gates
	}
	var found []history.Series
	for i, s := range r.Series {
		if c := s.Newest(within); current(r, i) && gate[s.Metric] && c != nil && c.Sure && c.Verdict == stat.Worse {
			found = append(found, s)
		}
	}
	return found
}

// current says whether a series is the newest of its benchmark and metric.
// The others are of machines and Rubies before.
func current(r history.Report, i int) bool {
	if i == 0 {
		return true
	}
	s, before := r.Series[i], r.Series[i-1]
	return s.File != before.File || s.Benchmark != before.Benchmark || s.Metric != before.Metric
}

// mostPlots keeps the output of a large record to a few screens.
const mostPlots = 8

// writeHistory prints the plots, then what changed and what did not.
func (a *App) writeHistory(w *bufio.Writer, r history.Report, want history.Want) {
	columns, fancy := min(width(a.Stdout), 120), unicodeTerminal()
	asked, plots, left := want.Benchmark != "" || want.Metric != "" || len(r.Series) <= 3, 0, 0
	for _, s := range r.Series {
		if !asked && len(s.Changes) == 0 {
			continue
		}
		if plots == mostPlots {
			left++
			continue
		}
		plots++
		writeSeries(w, s, columns, fancy)
	}
	if left > 0 {
		fmt.Fprintf(w, "%d more series changed: --benchmark NAME and --metric NAME show them.\n\n", left)
	}
	writeChanges(w, r)
	writeUnchanged(w, r)
}

// writeSeries prints a series with its plot.
func writeSeries(w io.Writer, s history.Series, columns int, fancy bool) {
	fmt.Fprintf(w, "%s: %s, %s, %s\n", Clean(s.Benchmark), Clean(string(s.Metric)), orUnknown(s.CPU), orUnknown(s.Ruby))
	for _, line := range plotSeries(s, columns, fancy) {
		fmt.Fprintln(w, line)
	}
	if s.Begins != "" {
		fmt.Fprintf(w, "  begins with %s\n", Clean(s.Begins))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(w, "  %s\n", Clean(n))
	}
	fmt.Fprintln(w)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return Clean(s)
}

// writeChanges prints the table of change points, the newest first in each
// series.
func writeChanges(w io.Writer, r history.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := false
	for _, s := range r.Series {
		for _, c := range slices.Backward(s.Changes) {
			if !head {
				fmt.Fprintln(t, "BENCHMARK\tMETRIC\tVERDICT\tCHANGE\tBETWEEN\tWHEN\tPOINTS SINCE")
				head = true
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", Clean(s.Benchmark), Clean(string(s.Metric)), c.Verdict, changeText(s, c), Clean(revisions(s, c)), c.Time.Format("2006-01-02"), c.Points)
		}
	}
	t.Flush()
	if head {
		fmt.Fprintln(w)
	}
}

// changeText is how much a level moved, in a few words.
func changeText(s history.Series, c history.Change) string {
	switch {
	case c.Counted:
		return fmt.Sprintf("%s to %s", unit.Value(s.Points[c.At-1].Value.Point, s.Unit), unit.Value(s.Points[c.At].Value.Point, s.Unit))
	case !c.Ratio.Known():
		return "unknown"
	}
	return fmt.Sprintf("%s (%s to %s)", unit.Change(c.Ratio.Point), unit.Change(c.Ratio.Low), unit.Change(c.Ratio.High))
}

// revisions are the last one before a change and the first after it, as far
// apart as the place is unsure.
func revisions(s history.Series, c history.Change) string {
	return history.Short(s.Points[c.Earliest-1].Revision) + ".." + history.Short(s.Points[c.Latest].Revision)
}

// writeUnchanged counts the series without a change.
func writeUnchanged(w io.Writer, r history.Report) {
	still, points := 0, 0
	for _, s := range r.Series {
		if len(s.Changes) == 0 {
			still, points = still+1, max(points, len(s.Points))
		}
	}
	if still > 0 {
		fmt.Fprintf(w, "No change in %d of %d series, of up to %d points.\n", still, len(r.Series), points)
	}
}
