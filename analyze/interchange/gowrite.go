package interchange

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"pitwall/core/bench"
)

// goUnit is a metric in Go's benchmark format: its name there, and what a
// value is multiplied by.
type goUnit struct {
	metric bench.Metric
	name   string
	factor float64
}

func goUnits() []goUnit {
	return []goUnit{
		{bench.Time, "ns/op", 1e9}, {bench.Bytes, "B/op", 1}, {bench.Objects, "allocs/op", 1}, {bench.CPU, "cpu-ns/op", 1e9},
		{bench.Statements, "statements/op", 1}, {bench.Syscalls, "syscalls/op", 1}, {bench.Instructions, "instructions/op", 1},
		{bench.Collections, "collections/op", 1}, {bench.Memory, "peak-RSS-bytes", 1},
	}
}

// WriteGo writes a result in Go's benchmark format (golang.org/design/14313),
// one line a process, so that "benchstat -col arm FILE" reads it. Rounds of
// which a process was discarded are left out. A file that holds several Rubies
// names them in comments, since benchstat would part its tables by them.
func WriteGo(w io.Writer, r *bench.Result) error {
	out := bufio.NewWriter(w)
	config := func(key, value string) {
		if value = oneLine(value); value != "" {
			fmt.Fprintf(out, "%s: %s\n", key, value)
		}
	}
	config("pitwall-run", r.Run.ID)
	config("app", r.Run.App)
	config("machine", r.Run.Machine.Fingerprint)
	config("cpu", r.Run.Machine.CPU)
	config("seed", strconv.FormatUint(r.Seed, 10))
	config(processLine, "one process")
	if ruby, one := oneRuby(r); one {
		config("ruby", ruby)
	} else {
		for _, arm := range r.Arms {
			fmt.Fprintf(out, "# %s: %s\n", oneLine(arm.Name), oneLine(arm.Ruby))
		}
	}
	for _, u := range goUnits()[3:] { // the others benchstat knows
		fmt.Fprintf(out, "Unit %s better=lower\n", u.name)
	}
	names := goNames(r.Benchmarks)
	for i, arm := range r.Arms {
		fmt.Fprintln(out)
		config("arm", armName(r, i, arm))
		for b, one := range r.Benchmarks {
			goArm(out, names[b], one, i)
		}
	}
	return out.Flush()
}

// armName tells arms apart that have the same name, as the control has.
func armName(r *bench.Result, i int, arm bench.Arm) string {
	name := arm.Name
	if arm.Role == bench.Control {
		name += " (control)"
	}
	for j, other := range r.Arms[:i] {
		if armName(r, j, other) == name {
			return fmt.Sprintf("%s #%d", name, i)
		}
	}
	return name
}

func oneRuby(r *bench.Result) (string, bool) {
	for _, arm := range r.Arms {
		if arm.Ruby != r.Arms[0].Ruby {
			return "", false
		}
	}
	if len(r.Arms) > 0 && r.Arms[0].Ruby != "" {
		return r.Arms[0].Ruby, true
	}
	return r.Run.Ruby, true
}

// goArm writes a line for each process of one benchmark in one arm; of rounds
// that were disturbed with what is counted alone.
func goArm(out io.Writer, name string, b bench.Benchmark, arm int) {
	discarded := map[int]bool{}
	for _, u := range b.Units {
		if u.Discarded != "" {
			discarded[u.Round] = true
		}
	}
	for _, u := range b.Units {
		if u.Arm != arm {
			continue
		}
		var values strings.Builder
		for _, unit := range goUnits() {
			if v, ok := u.Value(unit.metric); ok && (!discarded[u.Round] || unit.metric.Counter()) {
				fmt.Fprintf(&values, " %s %s", strconv.FormatFloat(v*unit.factor, 'g', 12, 64), unit.name)
			}
		}
		if values.Len() > 0 {
			fmt.Fprintf(out, "Benchmark%s-1 %d%s\n", name, calls(u), values.String())
		}
	}
}

// calls is how many a process timed in its steady state; 1 when it timed none.
func calls(u bench.Unit) int64 {
	var n int64
	for i, b := range u.Blocks {
		if i >= u.WarmUp.First && b.Calls > 0 {
			n += b.Calls
		}
	}
	return max(1, n)
}

// goNames are the names of benchmarks without what would part a line, each
// once: what is alike then gets a number, as Go's own do.
func goNames(list []bench.Benchmark) []string {
	seen := map[string]bool{}
	names := make([]string, len(list))
	for i, b := range list {
		name := goName(b.Name)
		for n := 1; seen[name]; n++ {
			name = fmt.Sprintf("%s#%02d", goName(b.Name), n)
		}
		seen[name] = true
		names[i] = name
	}
	return names
}

func goName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, clip(s))
	first, size := utf8.DecodeRuneInString(s)
	if unicode.IsLower(first) {
		return string(unicode.ToUpper(first)) + s[size:]
	}
	if s == "" || !unicode.IsLetter(first) {
		return "_" + s
	}
	return s
}

// oneLine is text without line ends, other control characters, and what
// reorders or hides text.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, clip(s)))
}
