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
	"path/filepath"

	"github.com/spf13/cobra"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/store"
	"pitwall/web"
)

// newReportCmd is "pitwall report".
func newReportCmd(app *App) *cobra.Command {
	s := &shelf{app: app}
	var out string
	var again bool
	c := &cobra.Command{
		Use:     "report RUN",
		Short:   "Write the report of a stored lap or run of benchmarks again",
		GroupID: stageLoop,
		Example: `  pitwall report last -o lap.html
  pitwall report 0190c3 --json        # all of it, for a program`,
		Long: `The report is one HTML file that needs no network. It is made from the store
alone: the app need not be there any more.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error { return s.report(ctx, st, args[0], out, again) })
		},
	}
	s.flags(c)
	c.Flags().StringVarP(&out, "output", "o", "pitwall-report.html", "`file` to write; - for stdout")
	c.Flags().BoolVar(&again, "judge-again", false, "work the result out of the stored evidence anew")
	return c
}

func (s *shelf) report(ctx context.Context, st *store.Store, name, out string, again bool) error {
	result, write, err := readReport(ctx, st, name, again)
	if err != nil {
		return err
	}
	stdout := bufio.NewWriter(s.app.Stdout)
	switch {
	case s.json:
		if err := json.NewEncoder(stdout).Encode(result); err != nil {
			return err
		}
		return stdout.Flush()
	case out == "-":
		if err := write(stdout); err != nil {
			return err
		}
		return stdout.Flush()
	}
	if err := replaceFile(out, write); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	path, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, Clean(path))
	return stdout.Flush()
}

// readReport reads what a run came to, and says how its file is written.
func readReport(ctx context.Context, st *store.Store, name string, again bool) (result any, write func(io.Writer) error, err error) {
	measured, err := readBench(ctx, st, name)
	if err != nil {
		return nil, nil, err
	}
	if measured != nil && again {
		return nil, nil, usagef("pitwall report "+name, "--judge-again is for laps")
	}
	if measured != nil {
		return measured, func(w io.Writer) error { return web.WriteBench(w, measured) }, nil
	}
	lap, err := readLap(ctx, st, name, again)
	if err != nil {
		return nil, nil, err
	}
	return lap, func(w io.Writer) error { return web.WriteReport(w, lap) }, nil
}

// readBench reads the result of benchmarks of the run that a user named; nil
// when that run is of another kind.
func readBench(ctx context.Context, st *store.Store, name string) (*bench.Result, error) {
	r, err := st.Get(ctx, name)
	if name == store.Last {
		r, err = newestResult(ctx, st)
	}
	if err != nil || !store.HoldsBench(r) {
		return nil, err
	}
	return st.Bench(ctx, r)
}

// newestResult is the newest run that has a result; without one the zero run.
func newestResult(ctx context.Context, st *store.Store) (run.Run, error) {
	runs, err := st.List(ctx, store.Filter{})
	if err != nil {
		return run.Run{}, err
	}
	for _, r := range runs {
		if r.Status == run.Open {
			continue
		}
		if store.HoldsBench(r) {
			return r, nil
		}
		if _, err := readResult(ctx, st, r, false); !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return run.Run{}, nil
}

// replaceFile writes a file whole or not at all. It takes the place of one of
// that name, and of a link rather than what the link points at.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pitwall-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	out := bufio.NewWriter(f)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
