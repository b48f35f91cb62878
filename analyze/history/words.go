package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/stat"
	"pitwall/core/unit"
)

// describe puts the changes and the series in words. entries are the points'
// lines.
func (s *Series) describe(entries []Entry) {
	for i := range s.Changes {
		c := &s.Changes[i]
		c.Text = fmt.Sprintf("%s: %s %s between %s and %s", c.Verdict, s.Metric, s.moved(*c), Short(c.Good), Short(c.Bad))
		if c.Latest > c.Earliest {
			c.Text += fmt.Sprintf(" (anywhere from %s to %s)", Short(s.Points[c.Earliest-1].Revision), Short(s.Points[c.Latest].Revision))
		}
		c.Text += environment(entries[c.At-1].Env, entries[c.At].Env)
	}
	last := s.Points[len(s.Points)-1].Value
	s.Text = fmt.Sprintf("%s of %s: %s", s.Metric, s.Benchmark, unit.Value(last.Point, s.Unit))
	if n := len(s.Changes); n > 0 {
		s.Text += "; " + s.Changes[n-1].Text
	} else {
		s.Text += fmt.Sprintf(", no change in %d points", len(s.Points))
	}
}

// moved says how a change moved the level.
func (s *Series) moved(c Change) string {
	switch {
	case c.Verdict == stat.Undecided:
		return "changed in spread more than in level"
	case c.Counted:
		return fmt.Sprintf("from %s to %s", unit.Value(s.Points[c.At-1].Value.Point, s.Unit), unit.Value(s.Points[c.At].Value.Point, s.Unit))
	case !c.Ratio.Known():
		return "changed from 0"
	}
	return fmt.Sprintf("%s (%s to %s)", unit.Change(c.Ratio.Point), unit.Change(c.Ratio.Low), unit.Change(c.Ratio.High))
}

// environment says what of the environment changed with a change point: it
// may be the cause.
func environment(old, new map[string]string) string {
	names := map[string]bool{}
	for name := range old {
		names[name] = true
	}
	for name := range new {
		names[name] = true
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if old[name] != new[name] {
			fmt.Fprintf(&text, "; %s changed with it, from %q to %q", name, old[name], new[name])
		}
	}
	return text.String()
}

// Short is a revision as people write it: ten characters, and whether files
// had changed. The empty one is "unknown".
func Short(revision string) string {
	revision, dirty := strings.CutSuffix(revision, "+dirty")
	if revision = revision[:min(10, len(revision))]; revision == "" {
		return "unknown"
	}
	if dirty {
		return revision + "+dirty"
	}
	return revision
}
