package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"pitwall/core/spec"
	"pitwall/store"
	"pitwall/web"
)

// newServeCmd is "pitwall serve".
func newServeCmd(app *App) *cobra.Command {
	s := &shelf{app: app}
	var listen string
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Show stored runs and their reports in a browser",
		GroupID: stageStore,
		Example: `  pitwall serve
  pitwall serve --listen 127.0.0.1:0   # any free port`,
		Long: `It prints its address and serves this machine only, until Ctrl-C. It changes
nothing. Users of this machine can read what it shows.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.with(c.Context(), func(ctx context.Context, st *store.Store) error { return serve(ctx, app, st, listen) })
		},
	}
	c.Flags().StringVar(&s.dir, "store", "", "`directory` of the store")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:7747", "loopback `address` to listen on; port 0 takes a free one")
	return c
}

// historyFile is where the record of benchmarks is: beside the pitwall.yml of
// this directory. It need not be there yet; without a pitwall.yml it is empty.
func historyFile() string {
	if _, err := os.Stat(spec.FileName); err != nil {
		return ""
	}
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	return filepath.Join(here, "benchmarks", "history.ndjson")
}

func serve(ctx context.Context, app *App, st *store.Store, listen string) error {
	l, err := web.Listen(ctx, listen)
	var outside *web.NotLoopbackError
	switch {
	case errors.As(err, &outside):
		return &ExitError{Code: Usage, Err: err, Hint: "to read from elsewhere: ssh -L 7747:127.0.0.1:7747 this-machine"}
	case errors.Is(err, syscall.EADDRINUSE):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "pitwall serve --listen 127.0.0.1:0 takes a free port"}
	case errors.Is(err, syscall.EACCES):
		return &ExitError{Code: Unmeasured, Err: err, Hint: "ports below 1024 are the system's: pitwall serve --listen 127.0.0.1:0"}
	case err != nil:
		return &ExitError{Code: Usage, Err: err, Hint: "pitwall serve --listen 127.0.0.1:7747"}
	}
	address := l.Addr().String()
	fmt.Fprintf(app.Stdout, "http://%s/\n", address)
	fmt.Fprintf(app.Stderr, "Runs of %s. Ctrl-C ends it.\n", Clean(st.Dir()))
	return web.Serve(ctx, l, web.Handler(st, web.Options{Listen: address, History: historyFile()}))
}
