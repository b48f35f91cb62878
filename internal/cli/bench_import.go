package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pitwall/analyze/interchange"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// importSchema is the version of what pitwall bench import --json prints.
const importSchema = 1

// importFlags is how pitwall bench import was called.
type importFlags struct {
	old    []string
	new    []string
	margin float64
	inTurn bool
	json   bool
}

// imported is what pitwall bench import says.
type imported struct {
	Schema     int                     `json:"schema"`
	Old        *interchange.File       `json:"old"` // nil without --old
	New        *interchange.File       `json:"new"`
	Margin     float64                 `json:"margin_ratio"`
	Judgements []interchange.Judgement `json:"judgements"`
	Notes      []string                `json:"notes"`
}

// benchImportCmd is "pitwall bench import".
func (a *App) benchImportCmd() *cobra.Command {
	f := &importFlags{}
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Judge again what other benchmark tools measured",
		Example: `  pitwall bench import hyperfine.json
  pitwall bench import --old before.json --new after.json
  pitwall bench import --in-turn --old a1.json --old a2.json --new b1.json --new b2.json`,
		Long: `Reads files of benchmark-ips (hold!, save!, json!), hyperfine (--export-json),
Go's benchmark format, yjit-bench and derailed, and prints what their own tool
claims beside what may honestly be said.

Samples that one process took, or one sitting, give no verdict, however many
they are. Several files a side do when they were measured in turn: --in-turn
says that they were, first the first old one, then the first new one, and so on.

Exit code with --old and --new: 1 when something got worse, 4 when nothing could
be decided.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.benchImport(f, args) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.old, "old", nil, "`file` of the old side; several times for several sittings")
	flags.StringArrayVar(&f.new, "new", nil, "`file` of the new side")
	flags.Float64Var(&f.margin, "margin", 0.02, "same means wholly inside this ratio")
	flags.BoolVar(&f.inTurn, "in-turn", false, "the files of both sides were measured in turn, in the order given")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (a *App) benchImport(f *importFlags, files []string) error {
	const hint = "pitwall bench import --old FILE --new FILE"
	switch {
	case !(f.margin > 0 && f.margin < 1):
		return usagef(hint, "--margin is a ratio between 0 and 1, not %v", f.margin)
	case f.inTurn && (len(files) > 0 || len(f.old) != len(f.new)):
		return usagef(hint, "--in-turn wants as many files of --old as of --new")
	case len(files) > 0 && len(f.old)+len(f.new) > 0:
		return usagef(hint, "%q is neither --old nor --new", files[0])
	case len(files) == 0 && (len(f.old) == 0 || len(f.new) == 0):
		return usagef(hint, "no file to read: one or several, or --old and --new")
	}
	found, err := f.judge(files)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.Stdout)
	if f.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(found)
	} else {
		writeImported(wrapped(a.Stdout), found)
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	return found.exit()
}

// judge reads the files and compares: two sides, or the one with itself.
func (f *importFlags) judge(files []string) (*imported, error) {
	found := &imported{Schema: importSchema, Margin: f.margin, Judgements: []interchange.Judgement{}, Notes: []string{}}
	options := interchange.Options{Margin: f.margin, InTurn: f.inTurn}
	var err error
	if len(files) > 0 {
		if found.New, err = readImported(files); err != nil {
			return nil, err
		}
		found.Judgements = interchange.Within(found.New, options)
		return found, nil
	}
	if found.Old, err = readImported(f.old); err != nil {
		return nil, err
	}
	if found.New, err = readImported(f.new); err != nil {
		return nil, err
	}
	if found.Old.Source != found.New.Source {
		return nil, usagef("", "%s is of %s and %s is of %s: they do not compare", f.old[0], found.Old.Source, f.new[0], found.New.Source)
	}
	found.Judgements, found.Notes = interchange.Compare(found.Old, found.New, options)
	if len(found.Judgements) == 0 {
		return nil, &ExitError{Code: Unmeasured, Err: errors.New("the old and the new files have no benchmark in common"), Hint: "pitwall bench import FILE lists what a file holds"}
	}
	return found, nil
}

// readImported reads the files of one side.
func readImported(names []string) (*interchange.File, error) {
	var files []*interchange.File
	for _, name := range names {
		file, err := readForeign(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return interchange.Merge(files)
}

func readForeign(name string) (*interchange.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return interchange.Read(name, f)
}

// exit is 1 or 4 where two sides were compared; listing one is always fine.
func (i *imported) exit() error {
	if i.Old == nil {
		return nil
	}
	decided := false
	for _, j := range i.Judgements {
		if j.Comparison.Verdict == stat.Worse {
			return &ExitError{Code: Regression}
		}
		decided = decided || j.Comparison.Verdict != stat.Undecided
	}
	if !decided {
		return &ExitError{Code: NotDecided}
	}
	return nil
}

func writeImported(w io.Writer, i *imported) {
	if i.Old == nil {
		fmt.Fprintf(w, "%s: %s\n", i.New.Source, Clean(strings.Join(i.New.Files, ", ")))
		writeForeign(w, i.New)
	} else {
		fmt.Fprintf(w, "%s\nold: %s\nnew: %s\n", i.New.Source, Clean(strings.Join(i.Old.Files, ", ")), Clean(strings.Join(i.New.Files, ", ")))
	}
	for _, j := range i.Judgements {
		writeJudgement(w, i.New.Source, j)
	}
	notes := append([]string{}, i.Notes...)
	if i.Old != nil {
		notes = append(notes, i.Old.Notes...)
	}
	for n, note := range append(notes, i.New.Notes...) {
		if n == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, "Note:", Clean(note))
	}
}

// mostListed bounds the table of a file.
const mostListed = 200

// writeForeign lists what a file holds.
func writeForeign(w io.Writer, f *interchange.File) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BENCHMARK\tMETRIC\tMEAN\tSAMPLES\tPROCESSES")
	for n, b := range f.Benchmarks {
		if n == mostListed {
			fmt.Fprintf(t, "and %d more\n", len(f.Benchmarks)-n)
			break
		}
		name, samples, processes := b.Name, fmt.Sprint(len(b.Samples())), fmt.Sprint(len(b.Processes()))
		if b.Variant != "" {
			name += ", " + b.Variant
		}
		if len(b.Processes()) == 0 {
			samples, processes = "only a mean", "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", Clean(name), Clean(b.Metric), Clean(unit.Value(b.Mean(), b.Unit)), samples, processes)
	}
	t.Flush()
}

func writeJudgement(w io.Writer, source interchange.Source, j interchange.Judgement) {
	c := j.Comparison
	fmt.Fprintf(w, "\n%s, %s\n", Clean(j.Benchmark), Clean(c.Metric))
	fmt.Fprintf(w, "  %s: %s; %s: %s\n", Clean(j.Old), Clean(unit.Value(c.Old.Point, c.Old.Unit)), Clean(j.New), Clean(unit.Value(c.New.Point, c.New.Unit)))
	if j.Claim != "" {
		tool := string(source)
		if source == interchange.Go {
			tool = "benchstat"
		}
		fmt.Fprintf(w, "  %s says: %s\n", tool, Clean(j.Claim))
	}
	if c.Ratio.Known() {
		where := ""
		if c.Ratio.Reached > 0 {
			where = fmt.Sprintf(" [%.4g, %.4g]", c.Ratio.Low, c.Ratio.High)
		}
		fmt.Fprintf(w, "  ratio: %.4g%s (%s)\n", c.Ratio.Point, where, Clean(c.Ratio.Method))
	}
	fmt.Fprintf(w, "  %s: %s\n", c.Verdict, Clean(c.Why))
	if c.Verdict != stat.Undecided && j.Weak != "" {
		fmt.Fprintf(w, "  but %s\n", Clean(j.Weak))
	}
}
