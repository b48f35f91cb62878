package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"pitwall/analyze/history"
	"pitwall/core/bench"
	"pitwall/store"
)

// recordOf writes a record of 50 commits into ./benchmarks: the objects of
// "rows" grow at commit 30, the time of "rows" at commit 45, "head" stays.
func recordOf(t *testing.T, name string) {
	t.Helper()
	t.Chdir(t.TempDir())
	random := rand.New(rand.NewPCG(4, 2))
	var lines []bench.Line
	for i := range 50 {
		l := bench.Line{
			Time: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, i), Revision: fmt.Sprintf("%02dc0ffee0000", i), Run: fmt.Sprint(i),
			Benchmark: name, File: "benchmarks/a.yml", Machine: "m1", CPU: "Xeon", Ruby: "ruby 3.1.2", Values: map[bench.Metric][]float64{},
		}
		objects, level := 120.0, 0.010
		if i >= 30 {
			objects = 126
		}
		if i >= 45 {
			level = 0.012
		}
		for range 5 {
			l.Values[bench.Objects] = append(l.Values[bench.Objects], objects)
			l.Values[bench.Time] = append(l.Values[bench.Time], level*math.Exp(0.01*random.NormFloat64()))
		}
		other := l
		other.Benchmark, other.Values = "head", map[bench.Metric][]float64{bench.Objects: {7}}
		lines = append(lines, l, other)
	}
	if err := store.Record(t.Context(), recordPath, lines); err != nil {
		t.Fatal(err)
	}
}

// runHistory runs "pitwall bench history" under a bench of its own.
func runHistory(t *testing.T, args ...string) (code Code, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	app := &App{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test"}
	above := &cobra.Command{Use: "bench"}
	above.AddCommand(app.benchHistoryCmd())
	root := newRootCmd(app, above)
	root.SetArgs(append([]string{"bench", "history"}, args...))
	code = app.finish(root.ExecuteContext(t.Context()))
	return code, out.String(), errs.String()
}

func TestHistoryText(t *testing.T) {
	recordOf(t, "rows")
	t.Setenv("TERM", "dumb")
	code, out, stderr := runHistory(t)
	if code != Fine || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		"rows: objects, Xeon, ruby 3.1.2\n", "126 |", "rows: time", "worse", "120 to 126", "29c0ffee00..30c0ffee00", "2026-01-31", "44c0ffee00..45c0ffee00",
		"BENCHMARK", "POINTS SINCE", "No change in 1 of 3 series, of up to 50 points.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if utf8.RuneCountInString(line) > 110 || strings.IndexFunc(line, func(r rune) bool { return r > 0x7e && r != '±' && r != 'µ' }) >= 0 {
			t.Errorf("%q", line)
		}
	}
	_, out, _ = runHistory(t, "--benchmark", "head")
	if !strings.Contains(out, "head: objects") || strings.Contains(out, "rows") {
		t.Error(out)
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("LC_ALL", "de_CH.UTF-8")
	if _, out, _ := runHistory(t); !strings.Contains(out, "•") || !strings.Contains(out, "┊") {
		t.Error(out)
	}
}

func TestHistoryExitCodes(t *testing.T) {
	recordOf(t, "rows")
	for _, c := range []struct {
		args []string
		want Code
	}{
		{nil, Fine},
		{[]string{"--fail-on-worse"}, Regression},
		{[]string{"--fail-on-worse", "--within", "4"}, Fine},
		{[]string{"--fail-on-worse", "--within", "5", "--json"}, Regression},
		{[]string{"--fail-on-worse", "--metric", "objects"}, Fine}, // 20 points ago
		{[]string{"--fail-on-worse", "--metric", "objects", "--within", "20"}, Regression},
		{[]string{"--fail-on-worse", "--benchmark", "head"}, Fine},
		{[]string{"--metric", "speed"}, Usage},
		{[]string{"--within", "0"}, Usage},
		{[]string{"--json", "--markdown"}, Usage},
		{[]string{"--benchmark", "nobody"}, Unmeasured},
		{[]string{"nowhere"}, Unmeasured},
		{[]string{"."}, Unmeasured},
	} {
		if code, out, stderr := runHistory(t, c.args...); code != c.want {
			t.Errorf("%q: code %d, %q, %q", c.args, code, out, stderr)
		}
	}
	if _, _, stderr := runHistory(t, "--benchmark", "nobody"); !strings.Contains(stderr, "head, rows") {
		t.Error(stderr)
	}
}

func TestHistoryJSON(t *testing.T) {
	recordOf(t, "rows")
	f, err := os.OpenFile(recordPath, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "<<<<<<< HEAD\n\x1b[2J\n")
	f.Close()
	code, out, stderr := runHistory(t, "--json")
	var r history.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != Fine || r.Schema != history.Schema || len(r.Series) != 3 || r.Wrong != 2 || r.Bad[0].File != recordPath || r.Bad[0].Line != 101 {
		t.Errorf("code %d, %v, %+v", code, err, r.Bad)
	}
	if !strings.Contains(stderr, recordPath+", line 101: the mark of a merge conflict") {
		t.Errorf("%q", stderr)
	}
	safe(t, stderr)
}

func TestHistoryMarkdown(t *testing.T) {
	recordOf(t, "ro|ws <b>*x* @all")
	code, out, _ := runHistory(t, "--markdown")
	want := `### Benchmark history

1 of 3 series changed within their last 10 points, 1 of them for the worse.

| Benchmark | Metric | Verdict | Change | Now | Revisions |
|---|---|---|---|---|---|
| ro\|ws &lt;b&gt;\*x\* &#64;all | time | **worse** | `
	if code != Fine || !strings.HasPrefix(out, want) {
		t.Errorf("code %d, %s", code, out)
	}
	if _, out, _ := runHistory(t, "--markdown", "--metric", "objects"); !strings.Contains(out, "None of 2 series changed within its last 10 points.") {
		t.Error(out)
	}
}

func TestHistoryOfHostileNames(t *testing.T) {
	recordOf(t, hostileName)
	for _, args := range [][]string{nil, {"--markdown"}, {"--benchmark", "x"}} {
		_, out, stderr := runHistory(t, args...)
		safe(t, out+stderr)
	}
}

// A plot fits any width and any series.
func TestPlots(t *testing.T) {
	for _, values := range [][]float64{{1}, {0, 0, 0}, {5, 5}, {1, 2, 3}, {1e-9, 1e300, 0}, make([]float64, 1000)} {
		var s history.Series
		for i, v := range values {
			p := history.Point{Time: time.Unix(int64(i)*86400, 0).UTC(), Revision: "0123456789ab"}
			p.Value.Point = v
			s.Points = append(s.Points, p)
		}
		s.Changes = []history.Change{{At: len(values) - 1, Earliest: 1, Latest: 1}}
		for _, columns := range []int{1, 40, 80, 120} {
			lines := plotSeries(s, columns, false)
			if len(lines) != plotRows+3 {
				t.Errorf("%d lines", len(lines))
			}
			points := 0
			for _, line := range lines {
				points += strings.Count(line, "*")
				if n := utf8.RuneCountInString(line); columns >= 40 && n > columns {
					t.Errorf("%d columns: %q has %d", columns, line, n)
				}
			}
			if points == 0 {
				t.Errorf("%v at %d columns has no point", values[:1], columns)
			}
		}
	}
}

func TestUnicodeTerminal(t *testing.T) {
	for _, c := range []struct {
		term, all, ctype, lang string
		want                   bool
	}{
		{"xterm", "", "", "en_GB.UTF-8", true}, {"xterm", "", "C.utf8", "C", true}, {"xterm", "C", "C.utf8", "C.utf8", false},
		{"dumb", "", "", "en_GB.UTF-8", false}, {"", "", "", "en_GB.UTF-8", false}, {"xterm", "", "", "", false},
	} {
		t.Setenv("TERM", c.term)
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if got := unicodeTerminal(); got != c.want {
			t.Errorf("%+v", c)
		}
	}
}

func TestHistoryFilesTogether(t *testing.T) {
	recordOf(t, "rows")
	text, err := os.ReadFile(recordPath)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for i, part := range [][]string{lines[:60], lines[60:]} {
		if err := os.WriteFile(filepath.Join(".", fmt.Sprint(i)), []byte(strings.Join(part, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, want, _ := runHistory(t)
	if _, got, _ := runHistory(t, "1", "0"); got != want {
		t.Errorf("%s\n%s", got, want)
	}
}
