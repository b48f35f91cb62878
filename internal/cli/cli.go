// Package cli is the command line: one file per command, wiring and
// printing. It holds no measuring and no judging.
//
// Data goes to stdout, everything else to stderr. Errors say what happened
// and why; the hint under them says what to type next.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// App is what every command is given: where to read and write, and how.
type App struct {
	Stdin   io.Reader
	Stdout  io.Writer // data only
	Stderr  io.Writer // everything else
	Args    []string  // as typed, without the program's name
	Version string

	color string // of --color: "auto", "always", "never"
}

// Run runs one command line and returns its exit code. It is all of the
// program but the process: tests call it. Ending ctx ends the command
// cleanly with what it has so far.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	app := &App{Stdin: stdin, Stdout: stdout, Stderr: stderr, Args: args, Version: Version()}
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "pitwall: internal fault: %s\n%s", Clean(fmt.Sprint(r)), debug.Stack())
			fmt.Fprintln(stderr, "This is a defect in Pitwall. Please report it with the lines above.")
			code = int(Fault)
		}
	}()
	root := newRootCmd(app, commands(app)...)
	root.SetArgs(args)
	return int(app.finish(root.ExecuteContext(ctx)))
}

// commands are all commands, in the order in which help shows them. One is
// listed when it works.
func commands(app *App) []*cobra.Command {
	return []*cobra.Command{
		newLapCmd(app),
		newBenchCmd(app),
		newInitCmd(app),
		newReportCmd(app),
		newRunsCmd(app),
		newServeCmd(app),
		newVersionCmd(app),
		newSuperviseCmd(app),
	}
}

// The stages of the work, by which help groups the commands.
const (
	stageLoop  = "loop"
	stageBench = "bench"
	stageStore = "store"
	stageOther = "other"
)

// newRootCmd puts the commands under one root and makes every error of
// theirs a typed one.
func newRootCmd(app *App, subs ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "pitwall",
		Short: "The whole loop of performance work on a web service",
		Long: `Pitwall takes a web service around the loop of performance work: find what is
hot, measure it, profile it, change it, measure again. One turn is a lap.`,
		Example: `  pitwall init      # write pitwall.yml for the app in this directory
  pitwall lap       # boot it, drive it, sample it, say what was found`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          runRoot,
	}
	root.SetIn(app.Stdin)
	root.SetOut(app.Stdout)
	root.SetErr(app.Stderr)
	root.SetHelpFunc(app.help)
	root.SetUsageFunc(func(c *cobra.Command) error { app.help(c, nil); return nil })
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&app.color, "color", "auto", "colours: auto, always or never")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return app.checkColor() }
	root.Flags().Bool("version", false, "print the version")
	root.AddGroup(
		&cobra.Group{ID: stageLoop, Title: "The loop"},
		&cobra.Group{ID: stageBench, Title: "Benchmark"},
		&cobra.Group{ID: stageStore, Title: "The store"},
		&cobra.Group{ID: stageOther, Title: "Other"},
	)
	root.SuggestionsMinimumDistance = 2
	root.SetHelpCommand(newHelpCmd())
	root.SetCompletionCommandGroupID(stageOther)
	root.AddCommand(subs...)
	typeErrors(root)
	return root
}

// runRoot is what a command line without a known command word does.
func runRoot(c *cobra.Command, args []string) error {
	if v, _ := c.Flags().GetBool("version"); v {
		fmt.Fprintln(c.OutOrStdout(), "pitwall", Version())
		return nil
	}
	if len(args) == 0 {
		return c.Help()
	}
	hint := "pitwall help"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean: pitwall " + strings.Join(near, ", pitwall ")
	}
	return usagef(hint, "unknown command %q", args[0])
}

// newHelpCmd is "pitwall help COMMAND".
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Help about a command",
		GroupID: stageOther,
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("pitwall help", "no command %q", strings.Join(args, " "))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// typeErrors wraps a command and those under it: what it refuses before it
// runs is usage, and what it returns has a code.
func typeErrors(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			return usageError(c, check(c, args))
		}
	}
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error { return typed(run(c, args)) }
	}
	for _, sub := range c.Commands() {
		typeErrors(sub)
	}
}

func usageError(c *cobra.Command, err error) error {
	var exit *ExitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	return &ExitError{Code: Usage, Err: plainUsage(c, err), Hint: helpFor(c)}
}

var (
	countError = regexp.MustCompile(`^(?:accepts .*arg\(s\)|requires at .*arg\(s\)).* received (\d+)$|, only received (\d+)$`)
	valueError = regexp.MustCompile(`^invalid argument "(.*)" for "(.*)" flag: `)
)

// plainUsage says in words of this program what the libraries say in Go's.
func plainUsage(c *cobra.Command, err error) error {
	if countError.MatchString(err.Error()) {
		return fmt.Errorf("wrong number of arguments: %s", strings.TrimSuffix(c.UseLine(), " [flags]"))
	}
	m := valueError.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	name := m[2][strings.LastIndex(m[2], "-")+1:]
	if i := strings.Index(m[2], "--"); i >= 0 {
		name = m[2][i+2:]
	}
	wants := "a number"
	if f := c.Flag(name); f != nil {
		switch f.Value.Type() {
		case "duration":
			wants = "a time such as 90s or 5m"
		case "bool":
			wants = "true or false"
		}
	}
	return fmt.Errorf("--%s wants %s, not %q", name, wants, m[1])
}

func flagError(c *cobra.Command, err error) error { return usageError(c, err) }

func helpFor(c *cobra.Command) string {
	return "pitwall help" + strings.TrimPrefix(c.CommandPath(), "pitwall")
}

// finish prints the error that ended a command and returns the exit code.
// An error that no command typed was found before one ran: it is usage.
func (a *App) finish(err error) Code {
	if err == nil {
		return Fine
	}
	exit := &ExitError{Code: Usage, Err: err, Hint: "pitwall help"}
	errors.As(err, &exit)
	if exit.Err != nil {
		fmt.Fprintf(a.Stderr, "%s %s\n", a.Paint(a.Stderr, Red, "pitwall:"), CleanText(err.Error()))
	}
	if exit.Hint != "" {
		fmt.Fprintf(a.Stderr, "  %s\n", CleanText(exit.Hint))
	}
	return exit.Code
}
