package interchange

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// mostRows bounds a table: a comment on a pull request holds 65,536
// characters.
const mostRows = 200

// WriteMarkdown writes a result as a comment for a pull request: the verdict,
// a table, broken budgets, and what spoils the figures. Names and messages
// cannot become markup, links or mentions.
func WriteMarkdown(w io.Writer, r *bench.Result) error {
	out := bufio.NewWriter(w)
	title := "measured"
	if r.Verdict != "" {
		title = string(r.Verdict)
	}
	fmt.Fprintf(out, "### Benchmarks: %s\n\n%s\n", plainText(title), plainText(r.Text))
	if r.Partial != "" {
		fmt.Fprintf(out, "\nPartial: %s\n", plainText(r.Partial))
	}
	if comparing(r) {
		changeTable(out, r)
	} else {
		figureTable(out, r)
	}
	for _, b := range r.Benchmarks {
		remarks(out, b)
	}
	for i, d := range r.Doubts {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "- %s\n", plainText(d))
	}
	var arms []string
	for i, a := range r.Arms {
		arms = append(arms, plainText(armName(r, i, a)))
	}
	fmt.Fprintf(out, "\n<sub>%s; seed %d; run %s</sub>\n", strings.Join(arms, ", "), r.Seed, plainText(r.Run.ID))
	return out.Flush()
}

func comparing(r *bench.Result) bool {
	for _, b := range r.Benchmarks {
		if len(b.Changes) > 0 {
			return true
		}
	}
	return false
}

// changeTable has a row for each metric of each change, what changed first.
func changeTable(out io.Writer, r *bench.Result) {
	fmt.Fprint(out, "\n| benchmark | metric | old | new | new over old | verdict |\n|---|---|--:|--:|--:|---|\n")
	rows, left := 0, 0
	for _, changed := range []bool{true, false} {
		for _, b := range r.Benchmarks {
			for _, c := range b.Changes {
				for _, m := range c.Comparisons {
					if (m.Verdict == stat.Better || m.Verdict == stat.Worse) != changed {
						continue
					}
					if rows++; rows > mostRows {
						left++
						continue
					}
					fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", codeText(benchName(r, b, c)), plainText(m.Metric), value(m.Old), value(m.New), ratioText(m), verdictText(m))
				}
			}
		}
	}
	if left > 0 {
		fmt.Fprintf(out, "\n%d more rows are left out.\n", left)
	}
}

// benchName names the arm too where there are several new ones.
func benchName(r *bench.Result, b bench.Benchmark, c bench.Change) string {
	if len(b.Changes) > 1 && c.Arm >= 0 && c.Arm < len(r.Arms) {
		return b.Name + ", " + r.Arms[c.Arm].Name
	}
	return b.Name
}

func value(e stat.Estimate) string {
	if !e.Known() {
		return "unknown"
	}
	return plainText(unit.Value(e.Point, e.Unit))
}

func ratioText(m stat.Comparison) string {
	switch {
	case !m.Ratio.Known():
		return "unknown"
	case m.Ratio.Low == m.Ratio.High:
		return unit.Change(m.Ratio.Point)
	}
	return plainText(fmt.Sprintf("%s (%s to %s)", unit.Change(m.Ratio.Point), unit.Change(m.Ratio.Low), unit.Change(m.Ratio.High)))
}

func verdictText(m stat.Comparison) string {
	switch {
	case m.Verdict == stat.Better || m.Verdict == stat.Worse:
		return "**" + string(m.Verdict) + "**"
	case m.Verdict == stat.Undecided && m.Need > 0:
		return fmt.Sprintf("undecided, %d more pairs", m.Need)
	}
	return plainText(string(m.Verdict))
}

// figureTable is for a run without anything to compare.
func figureTable(out io.Writer, r *bench.Result) {
	fmt.Fprint(out, "\n| benchmark | metric | value | interval |\n|---|---|--:|--:|\n")
	rows := 0
	for _, b := range r.Benchmarks {
		for _, f := range b.Figures {
			if rows++; rows > mostRows {
				continue
			}
			e := f.Estimate
			between := "none"
			if e.Reached > 0 {
				between = unit.Value(e.Low, e.Unit) + " to " + unit.Value(e.High, e.Unit)
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", codeText(b.Name), plainText(string(f.Metric)), value(e), plainText(between))
		}
	}
	if rows > mostRows {
		fmt.Fprintf(out, "\n%d more rows are left out.\n", rows-mostRows)
	}
}

// remarks are what a table has no room for.
func remarks(out io.Writer, b bench.Benchmark) {
	broken, open := budgets(b)
	lines := append(broken, open...)
	if b.Refused != "" {
		lines = append(lines, "refused: "+b.Refused)
	}
	for _, c := range b.Changes {
		if c.Weak != "" {
			lines = append(lines, "weaker evidence: "+c.Weak)
		}
	}
	if b.Macro != "" {
		lines = append(lines, b.Macro)
	}
	for _, n := range b.Noise {
		if n.Alarm {
			lines = append(lines, fmt.Sprintf("the control was called changed in %s: distrust it", n.Metric))
		}
	}
	for i, line := range lines {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "- %s: %s\n", codeText(b.Name), plainText(line))
	}
}

// codeText is a name in a code element, in which forges link and mention
// nothing.
func codeText(s string) string { return "<code>" + plainText(s) + "</code>" }

// plainText writes every character that could mean something to Markdown,
// GitHub's extensions or HTML as a character reference, which stands for
// itself (CommonMark 0.31, section 2.5).
func plainText(s string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range oneLine(s) {
		switch {
		case r == '.' && (last == 'w' || last == 'W'), r < 0x80 && !quiet(r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// quiet says whether an ASCII character means nothing inside a line.
func quiet(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" -+.,;()%=?", r)
}
