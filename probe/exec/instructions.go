package exec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// How is a way to count instructions.
type How string

const (
	Perf     How = "perf_event" // the processor's own counter: exact enough, free, missing on most virtual machines
	Valgrind How = "valgrind"   // cachegrind without its caches: exact, some 20 to 50 times slower, no JIT compilers that map code twice
)

// Available says whether instructions can be counted so; the error is a
// *CounterError that says why not.
func Available(how How) error {
	switch how {
	case Perf:
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		c, err := openCounter(instructions())
		if err != nil {
			return err
		}
		c.close()
		return nil
	case Valgrind:
		if _, err := find("valgrind", "", os.Environ()); err != nil {
			return &CounterError{How: Valgrind, Why: "valgrind is not installed", Advice: "install the package valgrind", Err: err}
		}
		return nil
	}
	return &CounterError{How: how, Why: "no such way; there are perf_event and valgrind"}
}

// Instructions counts the user instructions of a command and its children.
// The outcome's times are those of a run under the counter, worthless for
// valgrind. The error is a *CounterError when they cannot be counted so.
func Instructions(ctx context.Context, c Command, how How) (int64, Outcome, error) {
	if err := Available(how); err != nil {
		return 0, Outcome{}, err
	}
	if how == Perf {
		c.Counts = true
		o, err := Run(ctx, c)
		if err == nil && o.Instructions < 0 {
			err = &CounterError{How: Perf, Why: "the counter never ran", Advice: "end other programs that use the counters"}
		}
		return o.Instructions, o, err
	}
	return cachegrind(ctx, c)
}

// cachegrind runs a command under valgrind and adds up what each of its
// processes wrote at its end.
func cachegrind(ctx context.Context, c Command) (int64, Outcome, error) {
	dir, err := os.MkdirTemp("", "pitwall-cachegrind-")
	if err != nil {
		return 0, Outcome{}, fmt.Errorf("counting instructions: %w", err)
	}
	defer os.RemoveAll(dir)
	if len(c.Args) == 0 {
		c.Args = []string{""}
	}
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	path, err := find(c.Args[0], c.Dir, env)
	if err != nil {
		return 0, Outcome{}, err
	}
	c.Args = append([]string{"valgrind", "--quiet", "--tool=cachegrind", "--cache-sim=no", "--branch-sim=no", "--trace-children=yes",
		"--log-file=" + filepath.Join(dir, "log.%p"), "--cachegrind-out-file=" + filepath.Join(dir, "out.%p"), path}, c.Args[1:]...)
	o, err := Run(ctx, c)
	if err != nil {
		return 0, o, err
	}
	n, err := countedIn(dir)
	return n, o, err
}

// mostProcesses bounds how many files of valgrind are read.
const mostProcesses = 10_000

func countedIn(dir string) (int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "out.*"))
	if err != nil || len(files) == 0 {
		return 0, &CounterError{How: Valgrind, Why: "it wrote no counts", Advice: "run the command under valgrind by hand to see why"}
	}
	if len(files) > mostProcesses {
		return 0, &CounterError{How: Valgrind, Why: fmt.Sprintf("the command made %d processes", len(files))}
	}
	total := int64(0)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return 0, fmt.Errorf("counting instructions: %w", err)
		}
		n, err := ReadCachegrind(f)
		f.Close()
		if err != nil {
			return 0, &CounterError{How: Valgrind, Why: err.Error(), Err: err}
		}
		total += n
	}
	return total, nil
}

// mostLine bounds a line of valgrind's; a file's name is the longest thing
// in it.
const mostLine = 1 << 20

// ReadCachegrind reads the instructions executed of a file that cachegrind
// or callgrind wrote: the column Ir of its events in its "summary:" or
// "totals:" line.
func ReadCachegrind(r io.Reader) (int64, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, mostLine)
	column := -1
	found := int64(-1)
	for lines.Scan() {
		name, rest, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			continue
		}
		fields := strings.Fields(rest)
		switch name {
		case "events":
			column = indexOf(fields, "Ir")
		case "summary", "totals":
			if column < 0 || column >= len(fields) {
				return 0, errors.New("reading valgrind's file: no column Ir")
			}
			n, err := strconv.ParseInt(fields[column], 10, 64)
			if err != nil || n < 0 || found >= 0 && found != n {
				return 0, fmt.Errorf("reading valgrind's file: %q is no count", clip(fields[column]))
			}
			found = n
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("reading valgrind's file: %w", err)
	}
	if found < 0 {
		return 0, errors.New("reading valgrind's file: it has no summary: the program was cut off")
	}
	return found, nil
}

func indexOf(all []string, one string) int {
	for i, s := range all {
		if s == one {
			return i
		}
	}
	return -1
}

func clip(s string) string { return s[:min(len(s), 40)] }

// Slope is the number of instructions of one call: count runs a worker with n
// calls and with twice as many, so that starting and ending cancel out. The
// more calls, the less the start-up's own jitter is in it. A worker that does
// not execute more for more calls is an error.
func Slope(n int64, count func(calls int64) (int64, error)) (float64, error) {
	if n <= 0 {
		return 0, fmt.Errorf("%d calls have no slope", n)
	}
	once, err := count(n)
	if err != nil {
		return 0, err
	}
	twice, err := count(2 * n)
	if err != nil {
		return 0, err
	}
	if twice <= once {
		return 0, fmt.Errorf("%d calls took %d instructions and %d calls %d: the calls drown in the start-up", n, once, 2*n, twice)
	}
	return float64(twice-once) / float64(n), nil
}
