package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
	"pitwall/store"
)

func cutPrefix(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// showLap prints a result: JSON, or what a person wants to know first.
// where is " --store DIRECTORY" if other commands would not find the run by
// themselves.
func (a *App) showLap(f *lapFlags, r *core.Result, report, where string, stored bool) error {
	out := bufio.NewWriter(a.Stdout)
	if f.json {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
		return out.Flush()
	}
	text := bufio.NewWriter(wrapped(a.Stdout))
	a.writeLap(text, r)
	if err := text.Flush(); err != nil {
		return err
	}
	if report != "" {
		fmt.Fprintf(out, "\nReport  %s\n", Clean(report))
	}
	if stored {
		fmt.Fprintf(out, "Again   pitwall serve%[1]s; pitwall runs%[1]s; pitwall report %[2]s -o lap.html%[1]s\n", where, shortID(r))
	}
	return out.Flush()
}

func shortID(r *core.Result) string { return shortRun(r.Run.ID) }

func shortRun(id string) string { return id[:min(len(id), 13)] }

func (a *App) writeLap(w io.Writer, r *core.Result) {
	fmt.Fprintln(w)
	if r.Partial != "" {
		fmt.Fprintf(w, "%s %s\n\n", a.Paint(a.Stdout, Yellow, "Partial:"), CleanText(r.Partial))
	}
	for _, line := range r.Headline {
		fmt.Fprintln(w, Clean(line))
	}
	a.writeComparison(w, r.Comparison)
	if r.Comparison != nil && r.Comparison.Paired {
		return // the last boot's own figures are in the report: they are too short to read much into
	}
	a.writeWorkList(w, r)
	a.writeFindings(w, r.Findings)
	writeLines(w, "What measuring cost", overheadLines(r))
	if r.Capacity != nil {
		writeLines(w, "Servers", r.Capacity.Text)
	}
	writeLines(w, "Lost", r.Lost)
	writeLines(w, "Doubtful", r.Doubts)
}

// writeWorkList is a row per route, by share of server time.
func (a *App) writeWorkList(w io.Writer, r *core.Result) {
	if len(r.Routes) == 0 {
		a.writeTop(w, r)
		return
	}
	fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "Routes by share of server time"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "share\tmean\tp95\tper s\terrors\t  route and leading cause\t")
	for _, route := range r.Routes {
		cause := ""
		if route.Cause != nil {
			cause = ": " + route.Cause.Title
		}
		rate, wrong := "unknown", "unknown"
		if route.Requests > 0 || route.RatePerS > 0 {
			rate, wrong = unit.Count(route.RatePerS), fmt.Sprint(route.Errors)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t  %s\n", percent(route.Share), seconds(route.Mean), seconds(route.Latency.P95), rate, wrong, Clean(route.Name+cause))
	}
	t.Flush()
}

// writeTop is what an app that was only watched did: its threads' states, and
// the methods they were in.
func (a *App) writeTop(w io.Writer, r *core.Result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.States) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "Thread time by state"))
		for _, s := range r.States {
			fmt.Fprintf(t, "%s\t  %s\n", percent(s.Share), Clean(s.Name))
		}
		t.Flush()
	}
	if len(r.Top) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "Methods by self time"))
		fmt.Fprintln(t, "self\ttotal\t  method")
		for _, m := range r.Top[:min(len(r.Top), 15)] {
			fmt.Fprintf(t, "%s\t%s\t  %s\n", percent(m.Self), percent(m.Total), Clean(frameText(m.Frame.Name, m.Frame.File, m.Frame.Line)))
		}
		t.Flush()
	}
}

func frameText(name, file string, line int32) string {
	switch {
	case file == "":
		return name
	case line <= 0: // unknown
		return fmt.Sprintf("%s (%s)", name, file)
	}
	return fmt.Sprintf("%s (%s:%d)", name, file, line)
}

func percent(e *stat.Estimate) string {
	if e == nil {
		return "unknown"
	}
	return unit.Percent(e.Point)
}

func seconds(e *stat.Estimate) string {
	if e == nil {
		return "unknown"
	}
	return unit.Seconds(e.Point)
}

// severities in the order of reading, with their colours.
var severities = []struct {
	is    finding.Severity
	style Style
}{{finding.Critical, Red}, {finding.Warning, Yellow}, {finding.Advice, Green}, {finding.Note, Dim}}

func (a *App) writeFindings(w io.Writer, all []finding.Finding) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "Findings"))
	for _, s := range severities {
		for _, f := range all {
			if f.Severity != s.is {
				continue
			}
			fmt.Fprintf(w, "%s %s: %s\n", a.Paint(a.Stdout, s.style, fmt.Sprintf("%-8s", f.Severity)), Clean(f.Subject), Clean(f.Title))
			if f.Severity == finding.Note {
				continue
			}
			for i, e := range f.Evidence {
				if i < 2 && e.Text != "" {
					fmt.Fprintf(w, "           %s\n", Clean(strings.TrimSpace(e.Text+" "+e.Line)))
				}
			}
			for i, next := range f.Next {
				if i < 1 {
					fmt.Fprintf(w, "           next: %s\n", strings.ReplaceAll(CleanText(next), "\n", "\n                 "))
				}
			}
		}
	}
}

func overheadLines(r *core.Result) []string {
	var lines []string
	for _, o := range r.Overhead {
		lines = append(lines, o.Text)
	}
	return lines
}

func writeLines(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", Clean(line))
	}
}

// elsewhere is the flag that other commands need to find a store that is not
// where they would look; empty when they need none.
func elsewhere(st *store.Store) string {
	if st == nil {
		return ""
	}
	found, err := storeDir("")
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err == nil && found == st.Dir() {
		return ""
	}
	here, err := os.Getwd()
	if err != nil {
		return " --store " + quoted(st.Dir())
	}
	if near, err := filepath.Rel(here, st.Dir()); err == nil && !strings.HasPrefix(near, "..") {
		return " --store " + quoted(near)
	}
	return " --store " + quoted(st.Dir())
}

// quoted is a path as a shell takes it for one word.
func quoted(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%~") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
