package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/probe/exec"
	"pitwall/probe/syscalls"
)

// CommandError is a command that did not end as it should.
type CommandError struct {
	Version string
	Stage   string // "command", "setup", "prepare", "conclude", "cleanup"
	How     string // "exit code 3", "killed by SIGKILL", "ended at its time limit"
	Wanted  string // "exit code 0"
	Stderr  []string
}

// Error is "STAGE: HOW, not WANTED: the end of what it wrote".
func (e *CommandError) Error() string {
	text := fmt.Sprintf("%s: %s, not %s", e.Stage, e.How, e.Wanted)
	if len(e.Stderr) > 0 {
		text += ": " + strings.Join(e.Stderr, "\n")
	}
	return text
}

// wordsOfFailure is how many lines of standard error an error shows.
const wordsOfFailure = 8

// within runs a program between prepare and conclude, and wants it to end as
// the benchmark says.
func (c *Command) within(ctx context.Context, v Version, program exec.Command, run func(context.Context, exec.Command) (exec.Outcome, error)) (exec.Outcome, error) {
	if c.benchmark.Prepare != "" {
		prepared, err := c.aside(ctx, v, "prepare", c.benchmark.Prepare)
		if err != nil {
			return exec.Outcome{}, err
		}
		defer prepared.EndLeft()
	}
	o, err := run(ctx, program)
	if err != nil {
		return o, err
	}
	if err := c.accept(v, o); err != nil {
		return o, err
	}
	if c.benchmark.Conclude != "" {
		concluded, err := c.aside(ctx, v, "conclude", c.benchmark.Conclude)
		if err != nil {
			return o, err
		}
		concluded.EndLeft()
	}
	return o, nil
}

// accept wants an exit code that the benchmark calls well.
func (c *Command) accept(v Version, o exec.Outcome) error {
	well := c.benchmark.Exit
	if len(well) == 0 {
		well = []int{0}
	}
	if o.Signal == "" && !o.TimedOut && slices.Contains(well, o.Exit) {
		return nil
	}
	return failure(v, "command", o, well)
}

func failure(v Version, stage string, o exec.Outcome, well []int) error {
	var codes []string
	for _, code := range well {
		codes = append(codes, fmt.Sprint(code))
	}
	return &CommandError{Version: v.Name, Stage: stage, How: o.How(), Wanted: "exit code " + strings.Join(codes, " or "), Stderr: o.Stderr.Lines(wordsOfFailure)}
}

// aside runs what is not measured. What it leaves running goes on until the
// caller ends it: a setup may start a server.
func (c *Command) aside(ctx context.Context, v Version, stage, text string) (exec.Outcome, error) {
	words, err := c.words(text)
	if err != nil {
		return exec.Outcome{}, fmt.Errorf("%s: %w", stage, err)
	}
	o, err := exec.Run(ctx, exec.Command{Args: words, Dir: c.dir(v), Env: c.env(v, 0), Limit: c.options.Limit, Spare: true, Warden: c.warden})
	if err != nil {
		o.EndLeft()
		return o, fmt.Errorf("%s: %w", stage, err)
	}
	if o.Exit != 0 || o.TimedOut {
		o.EndLeft()
		return o, failure(v, stage, o, []int{0})
	}
	return o, nil
}

// refusal is why system calls cannot be counted, when that is what an error
// says.
func refusal(err error) (string, bool) {
	var no *syscalls.UnsupportedError
	if errors.As(err, &no) {
		return no.Why, true
	}
	return "", false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
