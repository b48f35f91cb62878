package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

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
		Short:   "Write the report of a stored lap again",
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
	result, err := readLap(ctx, st, name, again)
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
		if err := web.WriteReport(stdout, result); err != nil {
			return err
		}
		return stdout.Flush()
	}
	if err := replaceFile(out, func(w io.Writer) error { return web.WriteReport(w, result) }); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	path, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, Clean(path))
	return stdout.Flush()
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
