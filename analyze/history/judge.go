package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/bench"
	"pitwall/core/stat"
)

// Bounds of a report.
const (
	mostSeries = 2000
	mostPoints = 1000 // of a series: its newest
	mostNotes  = 50
)

// Want says which series of a record are judged; the zero value means all.
type Want struct {
	Benchmark string
	Metric    bench.Metric
}

// Judge says what a record holds: its series, and the points at which they
// changed. The same record always gives the same report.
func Judge(r Record, want Want) Report {
	report := Report{Schema: Schema, Series: []Series{}, Bad: slices.Clone(r.Bad), Wrong: r.Wrong, Lines: r.Read, Notes: []string{}}
	if report.Bad == nil {
		report.Bad = []Bad{}
	}
	c := newCollection(want)
	for _, e := range r.Lines {
		c.add(e)
	}
	for _, group := range c.groups() {
		for i, t := range group {
			s := t.series(c.traits[t.key.metric])
			if i+1 < len(group) { // newest first
				s.Begins = begins(group[i+1], t)
			}
			report.Series = append(report.Series, s)
		}
	}
	report.Notes = append(report.Notes, c.notes()...)
	return report
}

// key is what the points of a series have in common.
type key struct {
	file, benchmark string
	metric          bench.Metric
	machine, ruby   string
}

// same says whether two series differ by machine and Ruby at most.
func (k key) same(o key) bool {
	return k.file == o.file && k.benchmark == o.benchmark && k.metric == o.metric
}

// track is the lines of one series.
type track struct {
	key    key
	points []Entry
	left   int // older points that are not judged
}

func (t *track) last() Entry { return t.points[len(t.points)-1] }

// collection sorts lines into tracks.
type collection struct {
	want    Want
	traits  map[bench.Metric]bench.Trait
	place   map[bench.Metric]int // in order of trust
	found   map[key]*track
	seen    map[string]bool
	unknown map[bench.Metric]int
	twice   int
	full    int
}

func newCollection(want Want) *collection {
	c := &collection{
		want: want, traits: map[bench.Metric]bench.Trait{}, place: map[bench.Metric]int{},
		found: map[key]*track{}, seen: map[string]bool{}, unknown: map[bench.Metric]int{},
	}
	for i, t := range bench.Traits() {
		c.traits[t.Metric], c.place[t.Metric] = t, i
	}
	return c
}

func (c *collection) add(e Entry) {
	if c.want.Benchmark != "" && e.Benchmark != c.want.Benchmark {
		return
	}
	if e.Run != "" { // a merge of two branches may leave a line twice
		id := strings.Join([]string{e.Run, e.File, e.Benchmark, e.Machine, e.Ruby, e.Revision, e.Time.String()}, "\x00")
		if c.seen[id] {
			c.twice++
			return
		}
		c.seen[id] = true
	}
	for metric := range e.Values {
		if c.want.Metric != "" && metric != c.want.Metric {
			continue
		}
		if _, ok := c.traits[metric]; !ok {
			c.unknown[metric]++
			continue
		}
		k := key{e.File, e.Benchmark, metric, e.Machine, e.Ruby}
		t := c.found[k]
		if t == nil {
			t = &track{key: k}
			c.found[k] = t
		}
		t.points = append(t.points, e)
	}
}

// groups are the tracks of each benchmark and metric, newest first.
func (c *collection) groups() [][]*track {
	all := make([]*track, 0, len(c.found))
	for _, t := range c.found {
		slices.SortStableFunc(t.points, func(a, b Entry) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.At, b.At)) })
		t.left = max(0, len(t.points)-mostPoints)
		t.points = t.points[t.left:]
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *track) int {
		return cmp.Or(cmp.Compare(a.key.file, b.key.file), cmp.Compare(a.key.benchmark, b.key.benchmark), cmp.Compare(c.place[a.key.metric], c.place[b.key.metric]),
			b.last().Time.Compare(a.last().Time), cmp.Compare(b.last().At, a.last().At), cmp.Compare(a.key.machine, b.key.machine), cmp.Compare(a.key.ruby, b.key.ruby))
	})
	c.full = max(0, len(all)-mostSeries)
	all = all[:len(all)-c.full]
	var groups [][]*track
	for from, to := 0, 0; from < len(all); from = to {
		for to = from; to < len(all) && all[to].key.same(all[from].key); to++ {
		}
		groups = append(groups, all[from:to])
	}
	return groups
}

// begins says why a series is another than the one before it. Neither reason
// is a change of the code.
func begins(before, t *track) string {
	var why []string
	if before.key.machine != t.key.machine {
		why = append(why, fmt.Sprintf("another machine: %s, before %s", machine(t.last()), machine(before.last())))
	}
	if before.key.ruby != t.key.ruby {
		why = append(why, fmt.Sprintf("another Ruby: %s, before %s", named(t.key.ruby), named(before.key.ruby)))
	}
	return strings.Join(why, "; ")
}

func machine(e Entry) string {
	return fmt.Sprintf("%s (%s)", named(e.CPU), named(e.Machine[:min(12, len(e.Machine))]))
}

func named(s string) string { return cmp.Or(s, "unknown") }

// notes say what was left out.
func (c *collection) notes() []string {
	var out []string
	if c.twice > 0 {
		out = append(out, fmt.Sprintf("%d lines stand in the record twice, as a merge leaves them", c.twice))
	}
	if c.full > 0 {
		out = append(out, fmt.Sprintf("%d series beyond the first %d are not judged", c.full, mostSeries))
	}
	for _, metric := range slices.Sorted(maps.Keys(c.unknown)) {
		if len(out) == mostNotes {
			break
		}
		out = append(out, fmt.Sprintf("%d lines hold %.40q, a metric that this pitwall does not know", c.unknown[metric], metric))
	}
	return out
}

// series judges a track.
func (t *track) series(trait bench.Trait) Series {
	last := t.last()
	s := Series{
		File: t.key.file, Benchmark: t.key.benchmark, Metric: t.key.metric, Unit: trait.Unit, Machine: t.key.machine, CPU: last.CPU, Ruby: t.key.ruby,
		Points: make([]Point, 0, len(t.points)), Changes: []Change{}, Notes: []string{},
	}
	if t.left > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d older points are not judged", t.left))
	}
	fixed := trait.Counter // the same in each process, at every point
	for _, e := range t.points {
		values := e.Values[t.key.metric]
		fixed = fixed && stat.Constant(values)
		s.Points = append(s.Points, Point{Time: e.Time, Revision: e.Revision, Run: e.Run, Value: stat.Median(values, trait.Unit, level), Line: e.At})
	}
	if !fixed || !s.count() {
		s.measure()
	}
	s.describe(t.points)
	return s
}
