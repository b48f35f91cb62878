package cli

import (
	"context"
	"errors"
	"fmt"
)

// Code is an exit code. The same codes mean the same in every command.
type Code int

const (
	Fine        Code = 0 // done as asked
	Regression  Code = 1 // something got worse, or a threshold was crossed
	Usage       Code = 2 // the command line or pitwall.yml is wrong
	Unmeasured  Code = 3 // could not measure
	NotDecided  Code = 4 // not enough data to say, or ended early
	Fault       Code = 5 // a defect in Pitwall
	codesLength      = 6
)

// String is the code's meaning in a few words.
func (c Code) String() string {
	names := [codesLength]string{"fine", "something got worse", "wrong usage", "could not measure", "undecided", "internal fault"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("exit code %d", int(c))
	}
	return names[c]
}

// Worst is the code that wins when several parts of a command end
// differently: 5, 2, 3, 1, 4, 0 in this order. No codes mean Fine.
func Worst(codes ...Code) Code {
	worst := Fine
	for _, c := range codes {
		if c.rank() < worst.rank() {
			worst = c
		}
	}
	return worst
}

func (c Code) rank() int {
	for i, o := range [codesLength]Code{Fault, Usage, Unmeasured, Regression, NotDecided, Fine} {
		if c == o {
			return i
		}
	}
	return 0 // an unknown code is a fault
}

// ExitError ends a command with a code. Err is printed as "pitwall: Err";
// nil prints nothing (the verdict is on stdout already). Hint is the next
// thing to type, printed on a line of its own; only commands give hints.
type ExitError struct {
	Code Code
	Err  error
	Hint string
}

// Error is the message of Err, or what the code means.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return e.Code.String()
	}
	return e.Err.Error()
}

// Unwrap is Err.
func (e *ExitError) Unwrap() error { return e.Err }

// ending is how a command ends that came to exit (which may be nil) and met
// failures on the way, such as a report that could not be written: with both,
// and the worse code.
func ending(exit error, failures ...error) error {
	failed := errors.Join(failures...)
	if failed == nil {
		return exit
	}
	all := &ExitError{Code: Unmeasured, Err: errors.Join(failed, exit)}
	var ended *ExitError
	if errors.As(exit, &ended) {
		all.Code, all.Hint = Worst(Unmeasured, ended.Code), ended.Hint
	}
	return all
}

// usagef is an error in what the user typed.
func usagef(hint, format string, args ...any) error {
	return &ExitError{Code: Usage, Err: fmt.Errorf(format, args...), Hint: hint}
}

// typed gives every error that a command returns a code: what the command
// chose, 4 for a run that was ended early, else 3.
func typed(err error) error {
	if err == nil {
		return nil
	}
	var exit *ExitError
	switch {
	case errors.As(err, &exit):
		return err
	case errors.Is(err, context.Canceled):
		return &ExitError{Code: NotDecided, Err: err}
	}
	return &ExitError{Code: Unmeasured, Err: err}
}
