package cli

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// writeBench prints what a run of benchmarks says.
func (a *App) writeBench(out io.Writer, r *bench.Result) error {
	w := bufio.NewWriter(out)
	if r.Partial != "" || r.Verdict != "" {
		fmt.Fprintln(w)
	}
	if r.Partial != "" {
		fmt.Fprintf(w, "%s %s\n\n", a.Paint(a.Stdout, Yellow, "Partial:"), CleanText(r.Partial))
	}
	if r.Verdict != "" {
		fmt.Fprintf(w, "%s (%s, seed %d)\n", a.Paint(a.Stdout, Bold, Clean(armsLine(r))), Clean(r.Text), r.Seed)
	}
	axis := axisOf(r)
	for _, b := range r.Benchmarks {
		a.writeBenchmark(w, r, b, axis)
	}
	writeLines(w, "Doubtful", r.Doubts)
	return w.Flush()
}

// armsLine is "this tree against main".
func armsLine(r *bench.Result) string {
	var news []string
	for _, arm := range r.Arms[1:] {
		if arm.Role == bench.New {
			news = append(news, arm.Name)
		}
	}
	return strings.Join(news, ", ") + " against " + r.Arms[0].Name
}

func (a *App) writeBenchmark(w io.Writer, r *bench.Result, b bench.Benchmark, axis float64) {
	if b.Refused != "" {
		fmt.Fprintf(w, "\n%s  %s\n", a.Paint(a.Stdout, Bold, Clean(b.Name)), a.Paint(a.Stdout, Red, "not measured"))
		fmt.Fprintf(w, "  %s\n", CleanText(b.Refused))
		if b.Hint != "" {
			fmt.Fprintf(w, "  %s\n", Clean(b.Hint))
		}
		return
	}
	if len(b.Changes) == 0 {
		a.writeFigures(w, r, b)
	}
	for _, c := range b.Changes {
		a.writeChange(w, r, b, c, axis)
	}
	for _, budget := range b.Budgets {
		word, style := "kept", Green
		switch budget.Holds {
		case stat.Worse:
			word, style = "broken", Red
		case stat.Undecided:
			word, style = "undecided", Yellow
		}
		fmt.Fprintf(w, "  budget %s: %s, %s\n", Clean(budget.Text), a.Paint(a.Stdout, style, word), Clean(budget.Why))
	}
	for _, line := range benchNotes(r, b) {
		fmt.Fprintf(w, "  %s\n", a.Paint(a.Stdout, Dim, Clean(line)))
	}
}

// writeChange is a row for each metric, with its interval drawn on the run's
// axis.
func (a *App) writeChange(w io.Writer, r *bench.Result, b bench.Benchmark, c bench.Change, axis float64) {
	name := b.Name
	if len(b.Changes) > 1 {
		name += ", " + r.Arms[c.Arm].Name
	}
	fmt.Fprintf(w, "\n%s  %s  %s\n", a.Paint(a.Stdout, Bold, Clean(name)), a.Paint(a.Stdout, verdictStyle(c.Verdict), string(c.Verdict)),
		Clean(strings.TrimPrefix(c.Text, string(c.Verdict)+": ")))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	columns := a.columns()
	for _, m := range c.Comparisons {
		if m.Old.Known() && m.Old.Point == 0 && m.New.Point == 0 {
			continue
		}
		drawn, ratio := picture(m.Ratio, m.Margin, axis, ascii())+"\t", ratioText(m.Ratio)
		if columns < roomForPicture {
			drawn = ""
		}
		if columns < roomForInterval && m.Ratio.Known() {
			ratio = unit.Change(m.Ratio.Point)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s%s\t%s\n", m.Metric, fromTo(m), drawn, ratio, verdictOf(m))
	}
	t.Flush()
	if c.Weak != "" {
		fmt.Fprintf(w, "  weaker evidence: %s\n", Clean(c.Weak))
	}
	if k := c.Confirmed; k != nil {
		word := "did not confirm it"
		if k.Held {
			word = "confirmed it"
		}
		fmt.Fprintf(w, "  %d rounds of fresh processes %s: %s %s\n", k.Rounds, word, k.Metric, ratioText(k.Ratio))
	}
	fmt.Fprintf(w, "  %s\n", a.Paint(a.Stdout, Dim, Clean(c.Stopped)))
}

// Columns that the table of a change takes with everything, and without its
// picture.
const (
	roomForPicture  = 108
	roomForInterval = 80
)

// columns is how wide the table may be: what goes to a file or another program
// has no width.
func (a *App) columns() int {
	if !IsTerminal(a.Stdout) {
		return roomForPicture
	}
	return width(a.Stdout)
}

// verdictOf is empty for what decides nothing and is not decided.
func verdictOf(m stat.Comparison) string {
	for _, t := range bench.Traits() {
		if string(t.Metric) == m.Metric && !t.Gates && m.Verdict == stat.Undecided {
			return ""
		}
	}
	return string(m.Verdict)
}

func fromTo(c stat.Comparison) string {
	if !c.Old.Known() || !c.New.Known() {
		return "unknown"
	}
	return figure(c.Old) + " to " + figure(c.New)
}

func figure(e stat.Estimate) string {
	if e.Unit == "1" && (e.Point >= 1 || e.Point == 0) {
		return unit.Count(e.Point)
	}
	return unit.Value(e.Point, e.Unit)
}

// ratioText is "-12.3 % (-13.0 to -11.6)".
func ratioText(e stat.Estimate) string {
	switch {
	case !e.Known():
		return ""
	case e.Low == e.High && e.Point == 1, unit.Change(e.Low) == unit.Change(1) && unit.Change(e.High) == unit.Change(1):
		return "equal"
	case e.Reached == 0 || e.Low == e.High:
		return unit.Change(e.Point)
	}
	return fmt.Sprintf("%s (%s to %s)", unit.Change(e.Point), strings.TrimSuffix(unit.Change(e.Low), " %"), unit.Change(e.High))
}

const (
	pictureHalf = 10                 // columns on each side of no change
	widestAxis  = math.Ln2           // beyond twice or half an interval runs off the picture
	leastAxis   = 0.0487901641694320 // 5 %
)

// axisOf is the log ratio at the ends of the picture: one for the whole run.
func axisOf(r *bench.Result) float64 {
	most := leastAxis
	for _, b := range r.Benchmarks {
		for _, c := range b.Changes {
			for _, m := range c.Comparisons {
				if m.Ratio.Reached > 0 && m.Ratio.Low > 0 {
					most = max(most, math.Abs(math.Log(m.Ratio.Low)), math.Abs(math.Log(m.Ratio.High)))
				}
			}
		}
	}
	return min(most, widestAxis)
}

// ascii says that a terminal may show nothing but ASCII.
func ascii() bool { return os.Getenv("TERM") == "dumb" }

// picture draws a ratio with its interval: no change in the middle, faster to
// the left. An end that runs off is an arrow.
func picture(e stat.Estimate, margin, axis float64, plainly bool) string {
	marks := struct{ rest, middle, line, point, left, right string }{"·", "│", "─", "●", "←", "→"}
	if plainly {
		marks = struct{ rest, middle, line, point, left, right string }{".", "|", "-", "o", "<", ">"}
	}
	cells := make([]string, 2*pictureHalf+1)
	for i := range cells {
		cells[i] = " "
	}
	at := func(ratio float64) int {
		return int(math.Round(math.Log(ratio) / axis * pictureHalf))
	}
	for i := at(1 - margin); i <= at(1+margin); i++ {
		if abs := max(i, -i); abs <= pictureHalf {
			cells[pictureHalf+i] = marks.rest
		}
	}
	cells[pictureHalf] = marks.middle
	if !e.Known() || !(e.Point > 0) || !(e.Low > 0) {
		return strings.Join(cells, "")
	}
	low, high, point := at(e.Low), at(e.High), at(e.Point)
	for i := max(low, -pictureHalf); i <= min(high, pictureHalf); i++ {
		cells[pictureHalf+i] = marks.line
	}
	cells[pictureHalf+max(-pictureHalf, min(pictureHalf, point))] = marks.point
	if low < -pictureHalf {
		cells[0] = marks.left
	}
	if high > pictureHalf {
		cells[2*pictureHalf] = marks.right
	}
	return strings.Join(cells, "")
}

// writeFigures is what one version alone does.
func (a *App) writeFigures(w io.Writer, r *bench.Result, b bench.Benchmark) {
	fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, Clean(b.Name)))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range b.Figures {
		if r.Arms[f.Arm].Role == bench.Control {
			continue
		}
		text := figure(f.Estimate)
		if f.Estimate.Reached > 0 && f.Estimate.Low != f.Estimate.High {
			text = unit.Interval(f.Estimate.Point, f.Estimate.Low, f.Estimate.High, f.Estimate.Unit)
		}
		fmt.Fprintf(t, "  %s\t%s\n", f.Metric, text)
	}
	t.Flush()
}

// benchNotes are the noise floor, the warm-up and the rest that a reader who
// doubts looks at.
func benchNotes(r *bench.Result, b bench.Benchmark) []string {
	var out []string
	for _, n := range b.Noise {
		if n.Metric != bench.Time || n.Smallest <= 0 {
			continue
		}
		line := fmt.Sprintf("noise: %s against itself %s in time; %d rounds could see ±%s", firstOf(r, b), ratioText(n.Ratio), n.Ratio.N, unit.Percent(n.Smallest))
		if n.Alarm {
			line += "; the same version was called different: distrust times here"
		}
		out = append(out, line)
	}
	for _, u := range b.WarmUps {
		if line := warmLine(r, u); line != "" {
			out = append(out, line)
		}
	}
	if line := gcLine(r, b); line != "" {
		out = append(out, line)
	}
	if b.Macro != "" {
		out = append(out, b.Macro)
	}
	return append(out, b.Notes...)
}

// firstOf is the version that the control repeats: the one that figures or
// changes of the benchmark begin with.
func firstOf(r *bench.Result, b bench.Benchmark) string {
	for _, u := range b.Units {
		if r.Arms[u.Arm].Role == bench.Control {
			return strings.TrimSuffix(r.Arms[u.Arm].Name, bench.Again)
		}
	}
	return "it"
}

// warmLine is said of processes that were not simply flat.
func warmLine(r *bench.Result, w bench.Warmed) string {
	if r.Arms[w.Arm].Role == bench.Control {
		return ""
	}
	var parts []string
	for _, c := range []bench.Class{bench.Flat, bench.WarmedUp, bench.Slowdown, bench.Unsteady, bench.Unjudged} {
		if n := w.Classes[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	if len(parts) == 1 && w.Classes[bench.Flat] > 0 {
		return ""
	}
	line := fmt.Sprintf("warm-up of %s: %s", r.Arms[w.Arm].Name, strings.Join(parts, ", "))
	if w.Took > 0 {
		line += ", steady after " + unit.Seconds(w.Took)
	}
	return line
}

func gcLine(r *bench.Result, b bench.Benchmark) string {
	var parts []string
	for _, g := range b.GC {
		if r.Arms[g.Arm].Role == bench.Control || g.Share < 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s", r.Arms[g.Arm].Name, unit.Percent(g.Share)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "garbage collection, share of CPU time: " + strings.Join(parts, ", ")
}
