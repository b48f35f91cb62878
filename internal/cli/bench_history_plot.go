package cli

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pitwall/analyze/history"
	"pitwall/core/unit"
)

// plotRows is how high a plot is.
const plotRows = 9

// unicodeTerminal says whether more than ASCII can be shown: TERM is set and
// not "dumb", and the locale names UTF-8 (POSIX: LC_ALL over LC_CTYPE over
// LANG).
func unicodeTerminal() bool {
	if term := os.Getenv("TERM"); term == "" || term == "dumb" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// signs are the characters of a plot.
type signs struct{ point, change, corner, across, up rune }

// canvas is a plot being drawn.
type canvas struct {
	signs
	cells  [][]rune
	margin int // columns of the labels on the left
	wide   int // columns of the points
	n      int // points
}

// plotSeries draws a series in lines of at most so many columns: a point is
// the median of the processes, a column with several points shows the median
// of theirs, and a change point is a line down. Below stand dates and
// revisions.
func plotSeries(s history.Series, columns int, fancy bool) []string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range s.Points {
		low, high = min(low, p.Value.Point), max(high, p.Value.Point)
	}
	if pad := (high - low) * 0.05; pad > 0 {
		low, high = low-pad, high+pad
	} else { // all are equal: in the middle
		pad = max(math.Abs(low)*0.05, math.SmallestNonzeroFloat64)
		low, high = low-pad, high+pad
	}
	labels := map[int]string{0: axisLabel(high, s.Unit), plotRows / 2: axisLabel(low+(high-low)/2, s.Unit), plotRows - 1: axisLabel(max(low, 0), s.Unit)}
	c := &canvas{signs: signs{'*', ':', '+', '-', '|'}, n: len(s.Points)}
	if fancy {
		c.signs = signs{'•', '┊', '└', '─', '│'}
	}
	for _, l := range labels {
		c.margin = max(c.margin, utf8.RuneCountInString(l))
	}
	c.wide = max(10, min(columns-c.margin-5, 5*c.n)) // a few points are not torn apart
	for range plotRows {
		c.cells = append(c.cells, []rune(strings.Repeat(" ", c.wide)))
	}
	c.changes(s)
	c.points(s, low, high)
	lines := make([]string, 0, plotRows+3)
	for row, cells := range c.cells {
		lines = append(lines, c.left(labels[row])+string(c.up)+strings.TrimRight(string(cells), " "))
	}
	lines = append(lines, c.left("")+string(c.corner)+strings.Repeat(string(c.across), c.wide))
	return append(lines, c.below(s)...)
}

// axisLabel is a value beside a plot, never so long that it has no room.
func axisLabel(v float64, name string) string {
	if l := unit.Value(v, name); utf8.RuneCountInString(l) <= 14 {
		return l
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func (c *canvas) left(label string) string {
	return "  " + strings.Repeat(" ", c.margin-utf8.RuneCountInString(label)) + label + " "
}

// column is where a point stands.
func (c *canvas) column(i int) int {
	if c.n < 2 {
		return 0
	}
	return int(math.Round(float64(i) * float64(c.wide-1) / float64(c.n-1)))
}

func (c *canvas) changes(s history.Series) {
	for _, ch := range s.Changes {
		for _, row := range c.cells {
			row[c.column(ch.At)] = c.change
		}
	}
}

func (c *canvas) points(s history.Series, low, high float64) {
	for from, to := 0, 0; from < c.n; from = to {
		var values []float64
		for to = from; to < c.n && c.column(to) == c.column(from); to++ {
			values = append(values, s.Points[to].Value.Point)
		}
		slices.Sort(values)
		row := int(math.Round((high - values[len(values)/2]) / (high - low) * (plotRows - 1)))
		c.cells[min(plotRows-1, max(0, row))][c.column(from)] = c.point
	}
}

// below labels the first point, the last one and the change points, the newest
// first, as far as there is room: dates over revisions.
func (c *canvas) below(s history.Series) []string {
	dates, revisions := []rune(strings.Repeat(" ", c.wide)), []rune(strings.Repeat(" ", c.wide))
	at := []int{c.n - 1}
	for _, ch := range slices.Backward(s.Changes) {
		at = append(at, ch.At)
	}
	for _, i := range append(at, 0) {
		p := s.Points[i]
		date, revision := []rune(p.Time.Format("2006-01-02")), []rune(Clean(history.Short(p.Revision)))
		long := max(len(date), len(revision))
		column := max(0, min(c.column(i), c.wide-long))
		if long > c.wide || !c.room(dates, revisions, column, long) {
			continue
		}
		copy(dates[column:], date)
		copy(revisions[column:], revision)
	}
	return []string{c.left("") + " " + strings.TrimRight(string(dates), " "), c.left("") + " " + strings.TrimRight(string(revisions), " ")}
}

// room says whether a label fits with a space on either side.
func (c *canvas) room(dates, revisions []rune, column, long int) bool {
	for i := max(0, column-1); i < min(c.wide, column+long+1); i++ {
		if dates[i] != ' ' || revisions[i] != ' ' {
			return false
		}
	}
	return true
}
