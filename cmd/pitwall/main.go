// Command pitwall takes a web service around the loop of performance work:
// drive it, profile it, change it, drive it again. See "pitwall help".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"pitwall/internal/cli"
)

func main() {
	os.Exit(run())
}

// run ends the context at the first Ctrl-C, SIGTERM or closed terminal, so that a command can
// end cleanly with what it has. A second one ends the program at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
