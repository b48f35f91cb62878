package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/core/unit"
	"pitwall/store"
)

// runsSchema is the version of what --json of the runs commands prints.
const runsSchema = 1

// shelf is what the commands that read the store share.
type shelf struct {
	app  *App
	dir  string // of --store
	json bool
}

// newRunsCmd is "pitwall runs" and the commands under it.
func newRunsCmd(app *App) *cobra.Command {
	s := &shelf{app: app}
	var filter store.Filter
	var status string
	c := &cobra.Command{
		Use:     "runs",
		Short:   "List, show, label, compare and delete stored runs",
		GroupID: stageStore,
		Example: `  pitwall runs                        # newest first
  pitwall runs show last
  pitwall runs label 0190c3 branch=fewer-queries
  pitwall runs compare 0190c3 last    # what the code does more or less of
  pitwall runs rm 0190c3`,
		Long: `A run is named by its id, the beginning of one, or last.

Runs are in the directory of --store; else in .pitwall beside pitwall.yml; else
in $XDG_STATE_HOME/pitwall, which is ~/.local/state/pitwall unless set.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			filter.Status = run.Status(status)
			return s.list(c.Context(), filter)
		},
	}
	s.flags(c)
	c.Flags().StringVar(&filter.App, "app", "", "only runs of this `app`")
	c.Flags().StringVar(&status, "status", "", "only runs that are complete, partial, failed or open")
	c.Flags().IntVarP(&filter.Limit, "limit", "n", 20, "how many; 0 for all")
	c.AddCommand(s.showCmd(), s.labelCmd(), s.compareCmd(), s.rmCmd())
	return c
}

// flags are those of every command that reads the store.
func (s *shelf) flags(c *cobra.Command) {
	c.PersistentFlags().StringVar(&s.dir, "store", "", "`directory` of the store")
	c.PersistentFlags().BoolVar(&s.json, "json", false, "print JSON")
}

func (s *shelf) showCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "show RUN",
		Short:   "Show what a run was and what is stored of it",
		Example: "  pitwall runs show last",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error {
				r, err := st.Get(ctx, args[0])
				if err != nil {
					return err
				}
				return s.print(map[string]any{"run": r}, func(w io.Writer) { writeRun(w, r) })
			})
		},
	}
}

func (s *shelf) labelCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "label RUN KEY=VALUE...",
		Short:   "Set labels of a run; an empty value removes one",
		Example: "  pitwall runs label last branch=fewer-queries",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			for _, label := range args[1:] {
				if key, _, ok := strings.Cut(label, "="); !ok || key == "" {
					return usagef("pitwall runs label RUN key=value", "%q is no label", label)
				}
			}
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error { return s.label(ctx, st, args[0], args[1:]) })
		},
	}
}

func (s *shelf) label(ctx context.Context, st *store.Store, id string, labels []string) error {
	r, err := st.Get(ctx, id)
	if err != nil {
		return err
	}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		if err := st.Label(ctx, r.ID, key, value); err != nil {
			return err
		}
	}
	if r, err = st.Get(ctx, r.ID); err != nil {
		return err
	}
	return s.print(map[string]any{"run": r}, func(w io.Writer) { fmt.Fprintln(w, r.ID, Clean(labelText(r.Labels))) })
}

func (s *shelf) rmCmd() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:     "rm RUN...",
		Short:   "Delete runs, and what only they hold",
		Example: "  pitwall runs rm 0190c3 --yes",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error { return s.remove(ctx, st, args, yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (s *shelf) remove(ctx context.Context, st *store.Store, names []string, yes bool) error {
	ids := []string{}
	for _, name := range names { // all are known before one goes
		r, err := st.Get(ctx, name)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.app.Stderr, strings.ReplaceAll(line(r, r.ID), "\t", "  "))
		ids = append(ids, r.ID)
	}
	if !yes {
		if !IsTerminal(s.app.Stdin) {
			return usagef("pitwall runs rm "+strings.Join(ids, " ")+" --yes", "deleting asks first, and there is no terminal to ask on")
		}
		if !confirm(s.app.Stdin, s.app.Stderr, "Delete?") {
			return nil
		}
	}
	for _, id := range ids {
		var missing *store.NotFoundError
		if err := st.Delete(ctx, id); err != nil && !errors.As(err, &missing) { // named twice
			return err
		}
	}
	return s.print(map[string]any{"deleted": ids}, func(w io.Writer) { fmt.Fprintln(w, "deleted", strings.Join(ids, ", ")) })
}

// confirm asks a question; only a typed yes is one.
func confirm(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func (s *shelf) list(ctx context.Context, f store.Filter) error {
	switch f.Status {
	case "", run.Open, run.Complete, run.Partial, run.Failed:
	default:
		return usagef("pitwall help runs", "--status is complete, partial, failed or open, not %q", string(f.Status))
	}
	if f.Limit < 0 {
		return usagef("pitwall help runs", "--limit is a number from 0, not %d", f.Limit)
	}
	if dir, err := storeDir(s.dir); err == nil && s.dir == "" && missing(dir) {
		fmt.Fprintf(s.app.Stderr, "No runs in %s yet. pitwall lap makes one.\n", Clean(dir))
		return s.print(map[string]any{"runs": []run.Run{}}, func(io.Writer) {})
	}
	return s.with(ctx, func(ctx context.Context, st *store.Store) error {
		all, err := st.List(ctx, store.Filter{})
		if err != nil {
			return err
		}
		runs, err := st.List(ctx, f)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Fprintf(s.app.Stderr, "No runs in %s yet. pitwall lap makes one.\n", Clean(st.Dir()))
		}
		return s.print(map[string]any{"runs": runs}, func(w io.Writer) { writeRuns(w, runs, all) })
	})
}

// writeRuns prints the table; ids are short, and unique among all runs.
func writeRuns(w io.Writer, runs, all []run.Run) {
	if len(runs) == 0 {
		return
	}
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.ID
	}
	short := run.Shorten(ids)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tWHEN\tAPP\tREVISION\tSTATUS\tSUMMARY")
	for _, r := range runs {
		id := short[r.ID]
		if id == "" { // begun since
			id = r.ID
		}
		fmt.Fprintln(t, line(r, id))
	}
	t.Flush()
}

// line is a run on one line, in columns.
func line(r run.Run, id string) string {
	cells := []string{id, r.Started.Local().Format("2006-01-02 15:04"), r.App, revision(r), string(r.Status), r.Summary}
	for i, cell := range cells {
		cells[i] = Clean(cell)
		if cell == "" {
			cells[i] = "-"
		}
	}
	return strings.Join(cells, "\t")
}

// revision is short enough for a table and still says that files had changed.
func revision(r run.Run) string {
	rev, dirty := strings.CutSuffix(r.Revision, "+dirty")
	rev = rev[:min(10, len(rev))]
	if dirty {
		rev += "+dirty"
	}
	return rev
}

// writeRun prints one run in full.
func writeRun(w io.Writer, r run.Run) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	ended := "-"
	if !r.Ended.IsZero() {
		ended = fmt.Sprintf("%s (after %s)", r.Ended.Local().Format(time.RFC3339), unit.Seconds(r.Ended.Sub(r.Started).Seconds()))
	}
	m := r.Machine
	for _, row := range [][2]string{
		{"run", r.ID}, {"app", r.App}, {"command", strings.Join(append([]string{"pitwall"}, r.Args...), " ")}, {"status", string(r.Status)},
		{"summary", r.Summary}, {"started", r.Started.Local().Format(time.RFC3339)}, {"ended", ended}, {"revision", r.Revision},
		{"ruby", r.Ruby}, {"pitwall", r.Pitwall}, {"seed", fmt.Sprint(r.Seed)}, {"labels", labelText(r.Labels)}, {"settings", r.Settings},
		{"machine", fmt.Sprintf("%s, %s, %d cores, %s (%s)", m.Hostname, m.CPU, m.Cores, unit.Bytes(float64(m.MemoryBytes)), m.Fingerprint)},
		{"system", strings.Join([]string{m.OS, m.Kernel, m.Arch, m.Container}, " ")},
	} {
		if value := strings.TrimSpace(row[1]); value != "" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], Clean(value))
		}
	}
	for _, p := range r.Parts {
		where := ""
		if p.Ref != "" {
			where = ", in " + p.Ref
		}
		fmt.Fprintf(t, "part\t%s\n", Clean(fmt.Sprintf("%s (%s)%s", p.Name, unit.Bytes(float64(p.Bytes)), where)))
	}
	for _, d := range r.Dropped {
		fmt.Fprintf(t, "lost\t%s\n", Clean(d))
	}
	t.Flush()
}

func labelText(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, key := range sortedKeys(labels) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return strings.Join(pairs, " ")
}

// print writes value as versioned JSON with --json, else what text writes.
func (s *shelf) print(value map[string]any, text func(io.Writer)) error {
	out := bufio.NewWriter(s.app.Stdout)
	if s.json {
		value["schema"] = runsSchema
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(value); err != nil {
			return err
		}
	} else {
		text(out)
	}
	return out.Flush()
}

// with opens the store for a command, and says of its errors what to do.
func (s *shelf) with(ctx context.Context, do func(context.Context, *store.Store) error) error {
	dir, err := storeDir(s.dir)
	if err != nil {
		return err
	}
	if missing(dir) { // reading makes none
		return &ExitError{Code: Unmeasured, Err: fmt.Errorf("no runs are stored in %s", dir), Hint: "pitwall lap stores one; --store DIR says where they are"}
	}
	st, err := store.Open(ctx, dir)
	if err != nil {
		return storeError(err)
	}
	defer st.Close()
	return storeError(do(ctx, st))
}

func missing(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

// storeDir is where the store is: flag is what --store said.
func storeDir(flag string) (string, error) {
	beside := ""
	if _, err := os.Stat(spec.FileName); err == nil {
		if beside, err = os.Getwd(); err != nil {
			return "", err
		}
	}
	return store.Locate(flag, beside), nil
}

// storeError gives errors of the store their code and hint.
func storeError(err error) error {
	var missing *store.NotFoundError
	var several *store.AmbiguousError
	var newer *store.NewerFormatError
	var used *store.InUseError
	var corrupt *store.CorruptError
	var no *store.UnwritableError
	switch {
	case errors.As(err, &missing), errors.As(err, &several):
		return &ExitError{Code: Usage, Err: err, Hint: "pitwall runs lists them"}
	case errors.As(err, &newer):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "use the newer pitwall, or another --store"}
	case errors.As(err, &used):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "wait for it, or end that process"}
	case errors.As(err, &corrupt):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "pitwall runs lists what else is there"}
	case errors.As(err, &no):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "--store DIR names another directory"}
	}
	return err
}
