package answer

import (
	"fmt"
	"strconv"
	"strings"
)

// Diff is the first thing in which two answers differ.
type Diff struct {
	Part      string         // "status", "content type", "location" or "body"
	Path      string         // in a JSON body: "$.items[3].price"; else empty
	Line      int            // of the body, from 1; 0 in other parts
	Old, New  string         // the differing line or value, as it was compared
	Text      string         // lines of a unified diff, control characters escaped
	Replaced  map[string]int // rule -> what it took out of both answers
	Suggested []string       // patterns for "ignore:" that would take this difference out; never nil
}

// Match compares two answers after the rules. It is nil when they are the
// same.
func Match(old, new Answer, r Rules) *Diff {
	return MatchNormal(Normalise(old, r), Normalise(new, r))
}

// MatchNormal is Match of answers to which the rules were applied already.
func MatchNormal(a, b Normal) *Diff {
	for _, p := range []struct{ part, old, new string }{
		{"status", word(a.Status), word(b.Status)},
		{"content type", a.Type, b.Type},
		{"location", a.Location, b.Location},
	} {
		if p.old != p.new {
			d := &Diff{Part: p.part, Old: p.old, New: p.new, Text: "-" + visible(p.old, 0) + "\n+" + visible(p.new, 0) + "\n"}
			return d.complete(a, b)
		}
	}
	at := firstDifference(a.lines, b.lines)
	if at < 0 {
		return nil
	}
	d := &Diff{Part: "body", Line: at + 1, Old: textAt(a.lines, at), New: textAt(b.lines, at), Path: pathOf(a, b, at)}
	d.Text = unified(a.lines, b.lines, at)
	return d.complete(a, b)
}

func (d *Diff) complete(a, b Normal) *Diff {
	d.Replaced, d.Suggested = map[string]int{}, []string{}
	for _, n := range []Normal{a, b} {
		for name, count := range n.Replaced {
			d.Replaced[name] += count
		}
	}
	if d.Part == "body" || d.Part == "location" {
		if pattern := suggest(d.Old, d.New); pattern != "" {
			d.Suggested = append(d.Suggested, pattern)
		}
	}
	return d
}

// String is the difference for people: where, then the lines.
func (d *Diff) String() string {
	where := d.Part
	switch {
	case d.Path != "":
		where = "body: first difference at " + visible(d.Path, 0)
	case d.Part == "body":
		where = fmt.Sprintf("body: first difference in line %d", d.Line)
	}
	return where + "\n" + d.Text
}

func pathOf(a, b Normal, at int) string {
	if !a.structed || !b.structed {
		return ""
	}
	if at < len(a.lines) {
		return a.path(at)
	}
	return b.path(at)
}

func firstDifference(a, b []line) int {
	for i := range min(len(a), len(b)) {
		if a[i].text != b[i].text {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return min(len(a), len(b))
}

func textAt(lines []line, at int) string {
	if at >= len(lines) {
		return ""
	}
	return strings.TrimSuffix(lines[at].text, "\n")
}

func word(n int) string { return strconv.Itoa(n) }

func describeLong(a Answer) string {
	return fmt.Sprintf("%d bytes with digest %s (longer than %d MiB: compared as a whole, without rules)\n", a.Bytes, a.Digest, MaxBody>>20)
}
