package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	core "pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/drive/bench"
	"pitwall/drive/lap"
	"pitwall/drive/pairs"
	"pitwall/store"
)

// benchFlags is how pitwall bench was called.
type benchFlags struct {
	app        string
	store      string
	only       string
	against    string
	env        string
	rubies     []string
	allocators []string
	jit        bool
	rounds     int
	margin     float64
	gate       []string
	gc         string
	valgrind   bool
	limit      time.Duration
	seed       uint64
	json       bool
	report     string
	record     bool
	junit      string
	markdown   string
	goFormat   string
	force      bool
	wait       bool
}

// newBenchCmd is "pitwall bench" and the commands under it.
func newBenchCmd(app *App) *cobra.Command {
	f := &benchFlags{}
	c := &cobra.Command{
		Use:     "bench [FILE...]",
		Short:   "Benchmark code, routes, jobs and commands, with verdicts that hold",
		GroupID: stageBench,
		Example: `  pitwall bench                                 # every file of ./benchmarks
  pitwall bench --against main                  # is this tree faster than main?
  pitwall bench benchmarks/export.yml --only rows
  pitwall bench --against RUBY_GC_HEAP_INIT_SLOTS=600000
  pitwall bench --jit                           # YJIT on against off
  pitwall bench --ruby ruby,jruby
  pitwall bench selftest                        # what can this machine tell apart?`,
		Long: `Measures each benchmark in fresh processes, old and new in balanced random order
with the old version once more as a control, until the answer is clear.

What is counted comes first (objects, statements), then CPU time, then time. Each
metric ends as better, worse, same or undecided.`,
		RunE: func(c *cobra.Command, args []string) error { return app.bench(c.Context(), f, args) },
	}
	flags := c.Flags()
	flags.StringVarP(&f.app, "file", "f", "", "`file` that describes the app; the nearest pitwall.yml when not given")
	flags.StringVar(&f.store, "store", "", "`directory` of the store")
	flags.StringVar(&f.only, "only", "", "run the benchmarks whose name matches this regular `expression`")
	flags.StringVar(&f.against, "against", "", "compare with a git `revision`, a stored run, or a setting NAME=VALUE")
	flags.StringVar(&f.env, "env", "", "compare values of a setting: `NAME=a,b`")
	flags.StringSliceVar(&f.rubies, "ruby", nil, "compare these Rubies: `commands` with commas")
	flags.StringSliceVar(&f.allocators, "allocator", nil, "compare these allocators: `names` with commas, such as default,jemalloc")
	flags.BoolVar(&f.jit, "jit", false, "compare YJIT on with off")
	flags.IntVar(&f.rounds, "rounds", 20, "rounds at most; a round is one fresh process of each version")
	flags.Float64Var(&f.margin, "margin", 0, "what counts as the same: 0.02 is ±2 %; over that of the file")
	flags.StringSliceVar(&f.gate, "gate", nil, "`metrics` that decide the verdict and the exit code; objects, statements, instructions, cpu, time when not given")
	flags.StringVar(&f.gc, "gc", "natural", "garbage collection while timing: natural, between or off")
	flags.BoolVar(&f.valgrind, "valgrind", false, "count a command's instructions with valgrind where the processor does not")
	flags.DurationVar(&f.limit, "limit", time.Minute, "how long one call or command may take")
	flags.Uint64Var(&f.seed, "seed", 0, "of everything that is drawn by chance; random when not given")
	flags.BoolVar(&f.json, "json", false, "print the whole result as JSON")
	flags.StringVarP(&f.report, "output", "o", "", "also write the report to this `file`")
	flags.BoolVar(&f.record, "record", false, "append this commit's figures to benchmarks/history.ndjson")
	flags.StringVar(&f.junit, "junit", "", "also write JUnit XML to this `file`")
	flags.StringVar(&f.markdown, "markdown", "", "also write a Markdown table to this `file`")
	flags.StringVar(&f.goFormat, "go-format", "", "also write Go's benchmark format to this `file`, for benchstat")
	flags.BoolVar(&f.force, "force", false, "run beside another measurement, or against a run of another machine")
	flags.BoolVar(&f.wait, "wait", false, "wait for another measurement to end")
	c.AddCommand(app.benchHistoryCmd(), app.benchImportCmd(), newBenchSelftestCmd(app))
	return c
}

// bench runs "pitwall bench".
func (a *App) bench(ctx context.Context, f *benchFlags, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	files, err := a.benchFiles(ctx, f, args)
	if err != nil {
		return err
	}
	app, err := benchApp(f, files)
	if err != nil {
		return err
	}
	st, err := a.benchStore(ctx, f, app, files[0].Root())
	if err != nil {
		return err
	}
	if st != nil {
		defer st.Close()
	}
	baseline, err := a.benchChoice(ctx, f, files[0].Root(), st)
	if err != nil {
		return err
	}
	return a.oneBench(ctx, f, files, app, st, baseline)
}

// check refuses what cannot be before anything is started.
func (f *benchFlags) check() error {
	help := "pitwall help bench"
	chosen := 0
	for _, given := range []bool{f.against != "", f.env != "", len(f.rubies) > 1, len(f.allocators) > 0, f.jit} {
		if given {
			chosen++
		}
	}
	switch {
	case chosen > 1:
		return usagef(help, "one comparison at a time: give one of --against, --env, --ruby, --allocator, --jit")
	case f.rounds < 2 || f.rounds > 1000:
		return usagef(help, "--rounds is 2 to 1000, not %d", f.rounds)
	case !within(f.margin, 0, 0.5):
		return usagef(help, "--margin is a ratio from 0 to 0.5 (0.02 is ±2 %%), not %v", f.margin)
	case !slices.Contains([]string{"natural", "between", "off"}, f.gc):
		return usagef(help, "--gc is natural, between or off, not %q", f.gc)
	case f.limit < time.Second || f.limit > 24*time.Hour:
		return usagef(help, "--limit is a time from 1s to 24h, not %s", f.limit)
	case len(f.allocators) == 1:
		return usagef("pitwall bench --allocator default,jemalloc", "--allocator compares: name at least two")
	case f.env != "" && !setting.MatchString(f.env):
		return usagef("pitwall bench --env MALLOC_ARENA_MAX=2,8", "--env is a setting with its values, not %q", f.env)
	case f.env != "" && !strings.Contains(f.env, ","):
		return usagef("pitwall bench --against "+f.env, "--env compares values: name at least two, or compare one with how it is")
	}
	for _, g := range f.gate {
		if !slices.ContainsFunc(core.Traits(), func(t core.Trait) bool { return string(t.Metric) == g }) {
			return usagef("pitwall bench --gate objects,statements", "--gate: %q is no metric", g)
		}
	}
	if _, err := regexp.Compile(f.only); err != nil {
		return usagef("pitwall bench --only rows", "--only: %v", err)
	}
	return nil
}

// benchFiles reads the files that were named, or all of ./benchmarks.
func (a *App) benchFiles(ctx context.Context, f *benchFlags, args []string) ([]*spec.Bench, error) {
	paths, err := benchPaths(args)
	if err != nil {
		return nil, err
	}
	only := regexp.MustCompile(f.only) // check has compiled it
	var out []*spec.Bench
	left := 0
	for _, path := range paths {
		b, err := bench.Load(ctx, path, rubyWords(f))
		if err != nil {
			return nil, &ExitError{Code: Usage, Err: err, Hint: adviceOf(err, "the form of a benchmark file: docs/benchmark-file.md")}
		}
		b.Benchmarks = slices.DeleteFunc(b.Benchmarks, func(x spec.Benchmark) bool { return !only.MatchString(x.Name) })
		left += len(b.Benchmarks)
		if len(out) > 0 && b.Root() != out[0].Root() {
			return nil, usagef("run them apart", "%s and %s belong to different directories (%s and %s)", out[0].File, b.File, out[0].Root(), b.Root())
		}
		if len(b.Benchmarks) > 0 {
			out = append(out, b)
		}
	}
	if left == 0 {
		return nil, usagef("pitwall bench", "no benchmark's name matches %q", f.only)
	}
	return out, nil
}

// adviceOf is what an error says to do about it, or else.
func adviceOf(err error, otherwise string) string {
	var advised interface{ Advice() string }
	if errors.As(err, &advised) && advised.Advice() != "" {
		return advised.Advice()
	}
	return otherwise
}

func rubyWords(f *benchFlags) []string {
	if len(f.rubies) == 0 {
		return nil
	}
	words, _ := spec.Words(f.rubies[0])
	return words
}

func benchPaths(args []string) ([]string, error) {
	if len(args) == 0 {
		args = []string{"benchmarks"}
		if _, err := os.Stat("benchmarks"); err != nil {
			return nil, usagef("write one: docs/benchmark-file.md; or name it: pitwall bench FILE", "there is no directory ./benchmarks")
		}
	}
	var out []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, usagef("pitwall bench FILE...", "%v", err)
		}
		if !info.IsDir() {
			out = append(out, arg)
			continue
		}
		for _, ending := range []string{"*.yml", "*.yaml", "*.rb"} {
			found, _ := filepath.Glob(filepath.Join(arg, ending))
			out = append(out, found...)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return nil, usagef("write one: docs/benchmark-file.md", "%s holds no benchmark file (*.yml, *.rb)", strings.Join(args, ", "))
	}
	return slices.Compact(out), nil
}

// benchApp is the app that the files belong to; nil when there is none and
// none is needed.
func benchApp(f *benchFlags, files []*spec.Bench) (*spec.Spec, error) {
	path := f.app
	if path == "" {
		path = files[0].AppPath()
	}
	var s *spec.Spec
	var err error
	if path != "" {
		s, err = lap.LoadSpec(path)
	}
	if err != nil && f.app == "" && !needsApp(files) {
		return nil, nil
	}
	if err != nil {
		return nil, &ExitError{Code: Usage, Err: err}
	}
	for _, b := range files {
		if err := spec.CheckRoutes(b, s); err != nil {
			return nil, &ExitError{Code: Usage, Err: err}
		}
	}
	return s, nil
}

// needsApp says that a benchmark is of an app, and not of code or commands.
func needsApp(files []*spec.Bench) bool {
	for _, f := range files {
		if slices.ContainsFunc(f.Benchmarks, func(b spec.Benchmark) bool { return b.Route != "" || b.Job != "" }) {
			return true
		}
	}
	return false
}

// benchStore opens the store; a run goes on without one.
func (a *App) benchStore(ctx context.Context, f *benchFlags, app *spec.Spec, dir string) (*store.Store, error) {
	if app != nil {
		dir = app.Dir
	}
	st, err := store.Open(ctx, store.Locate(f.store, dir))
	var unwritable *store.UnwritableError
	if errors.As(err, &unwritable) {
		fmt.Fprintf(a.Stderr, "%s the run is not stored: %s\n", a.Paint(a.Stderr, Yellow, "pitwall:"), CleanText(err.Error()))
		return nil, nil
	}
	return st, err
}

// benchChoice finds out what --against names. A stored run is returned; the
// rest is in the choice.
func (a *App) benchChoice(ctx context.Context, f *benchFlags, dir string, st *store.Store) (*core.Result, error) {
	if f.against == "" || setting.MatchString(f.against) || pairs.Resolve(ctx, dir, f.against) != "" {
		return nil, nil
	}
	if st == nil {
		return nil, usagef("pitwall bench --against main", "%q is neither a setting NAME=VALUE nor a git revision, and there is no store", f.against)
	}
	r, err := lastBench(ctx, st, f.against)
	if err != nil {
		return nil, usagef("pitwall runs; pitwall bench --against main", "%q is neither a setting NAME=VALUE, nor a git revision, nor a stored run of benchmarks: %v", f.against, err)
	}
	return r, nil
}

// lastBench reads a stored run of benchmarks by its id, or the last.
func lastBench(ctx context.Context, st *store.Store, name string) (*core.Result, error) {
	if name == store.Last {
		list, err := st.List(ctx, store.Filter{Command: "bench", Status: run.Complete, Limit: 1})
		if err != nil || len(list) == 0 {
			return nil, errors.Join(err, errors.New("no run of benchmarks is stored"))
		}
		return st.Bench(ctx, list[0])
	}
	r, err := st.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return st.Bench(ctx, r)
}

func (f *benchFlags) choice(baseline *core.Result) bench.Choice {
	c := bench.Choice{Env: f.env, JIT: f.jit, Allocators: f.allocators}
	if len(f.rubies) > 1 {
		c.Rubies = f.rubies
	}
	switch {
	case baseline != nil || f.against == "":
	case setting.MatchString(f.against):
		c.Setting = f.against
	default:
		c.Revision = f.against
	}
	return c
}

// saveBench stores a result.
func saveBench(w *store.Writer, r *core.Result) error {
	if w == nil {
		return nil
	}
	ctx := context.Background() // an interrupted run is stored all the same
	part, err := w.Part(ctx, store.BenchPart, "application/json")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(part).Encode(r); err != nil {
		part.Close()
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	return w.Finish(ctx, r.Run)
}

// writeFile writes one of the files that were asked for.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	if err := replaceFile(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
