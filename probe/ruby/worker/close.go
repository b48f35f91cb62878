package worker

import (
	"context"
	"strings"
	"time"

	"pitwall/probe/exec"
)

// End is what is known of a worker when it has ended.
type End struct {
	Peak   int64  // bytes, largest resident set; -1 unknown
	Stdout string // the end of what it wrote
	Stderr string
	Wrote  int64 // bytes to standard output in all
}

// Close runs teardown, reads the largest resident set and ends the worker. It
// returns what is known also when teardown raised, or when the worker was
// dead already.
func (w *Worker) Close(ctx context.Context) (End, error) {
	defer w.Kill()
	if w.in == nil {
		return w.end(-1), nil
	}
	err := w.ask(ctx, "teardown", command{Do: "close"}, nil)
	peak := int64(-1)
	if w.in != nil {
		peak = largest(w.pid())
		w.in.Close()
		select { // at_exit of the user's code
		case <-w.ended:
		case <-time.After(grace):
		case <-ctx.Done():
		}
	}
	w.Kill()
	return w.end(peak), err
}

// end: where the process could not be looked at, what the kernel counted at
// its end will do. It is no first choice: Linux lets a child begin with the
// largest set of who started it.
func (w *Worker) end(peak int64) End {
	if peak < 0 {
		peak = w.outcome.MaxRSS
	}
	return End{Peak: peak, Stdout: text(w.outcome.Stdout), Stderr: text(w.outcome.Stderr), Wrote: w.outcome.Stdout.Bytes}
}

// keeps is how much of the end of an output is shown, in bytes.
const keeps = 8 << 10

// text is the end of what was written, whatever it was.
func text(o exec.Output) string {
	all := strings.ToValidUTF8(string(o.Tail[max(0, len(o.Tail)-keeps):]), "\uFFFD")
	return strings.TrimRight(all, "\n")
}
