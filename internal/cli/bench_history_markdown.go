package cli

import (
	"fmt"
	"io"
	"strings"

	"pitwall/analyze/history"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// writeHistoryMarkdown prints what a pull request should know: what changed
// within the newest points, and how many series did not.
func writeHistoryMarkdown(w io.Writer, r history.Report, within int) {
	var rows []string
	still, worse := 0, 0
	for i, s := range r.Series {
		if !current(r, i) {
			continue
		}
		c := s.Newest(within)
		if c == nil {
			still++
			continue
		}
		if c.Verdict == stat.Worse {
			worse++
		}
		now := s.Points[len(s.Points)-1].Value.Point
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", cell(s.Benchmark), cell(string(s.Metric)), verdictMark(c.Verdict),
			cell(changeText(s, *c)), cell(unit.Value(now, s.Unit)), cell(revisions(s, *c))))
	}
	fmt.Fprintln(w, "### Benchmark history")
	fmt.Fprintln(w)
	if len(rows) > 0 {
		fmt.Fprintf(w, "%d of %d series changed within their last %d points, %d of them for the worse.\n\n", len(rows), len(rows)+still, within, worse)
		fmt.Fprintln(w, "| Benchmark | Metric | Verdict | Change | Now | Revisions |")
		fmt.Fprintln(w, "|---|---|---|---|---|---|")
		fmt.Fprintln(w, strings.Join(rows, "\n"))
	} else {
		fmt.Fprintf(w, "None of %d series changed within its last %d points.\n", still, within)
	}
	for i, s := range r.Series {
		if current(r, i) && s.Begins != "" && len(s.Points) <= within {
			fmt.Fprintf(w, "\n%s, %s: a new series of %d points, on %s.\n", cell(s.Benchmark), cell(string(s.Metric)), len(s.Points), cell(s.Begins))
		}
	}
	if r.Wrong > 0 {
		fmt.Fprintf(w, "\n%d lines of the record could not be used.\n", r.Wrong)
	}
}

func verdictMark(v stat.Verdict) string {
	if v == stat.Worse {
		return "**worse**"
	}
	return string(v)
}

// cell makes text safe in a Markdown table: no column ends, no markup, no
// mention of anybody.
func cell(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@':
			b.WriteString("&#64;")
		case r == '#':
			b.WriteString("&#35;")
		case strings.ContainsRune("\\|`*_[]~!", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
