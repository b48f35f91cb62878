package bench

import (
	"fmt"
	"slices"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// weak is why a stored run is poorer evidence than processes of both versions
// side by side.
const weak = "the two were measured at different times: what the machine did in between is in the difference. Counters hold; times are only shown"

// Against puts a stored run beside one that measured this tree alone: the
// stored one becomes the first arm. Counters that are equal within each run are
// judged; times of two runs never are, because old-then-new calls a third of
// equal programs different. The old run's arm is the one that was its own tree.
func Against(old, now *core.Result) {
	arm := tree(old.Arms)
	for i := range now.Benchmarks {
		b := &now.Benchmarks[i]
		shift(b)
		at := slices.IndexFunc(old.Benchmarks, func(x core.Benchmark) bool { return x.Name == b.Name && x.File == b.File })
		switch {
		case b.Refused != "":
		case at < 0:
			b.Notes = append(b.Notes, "run "+old.Run.ID+" has no benchmark of this name and file")
		default:
			b.Changes = append(b.Changes, besides(old.Benchmarks[at], arm, *b))
		}
	}
	stored := old.Arms[arm]
	stored.Role, stored.Name = core.Old, "run "+old.Run.ID[:min(13, len(old.Run.ID))]
	now.Arms = append([]core.Arm{stored}, now.Arms...)
}

// tree is the arm of a run that was the tree it ran in: the last that is no
// control.
func tree(arms []core.Arm) int {
	for i := len(arms) - 1; i > 0; i-- {
		if arms[i].Role != core.Control {
			return i
		}
	}
	return 0
}

// shift makes room for an arm before all others.
func shift(b *core.Benchmark) {
	for i := range b.Units {
		b.Units[i].Arm++
	}
	for i := range b.Figures {
		b.Figures[i].Arm++
	}
	for i := range b.WarmUps {
		b.WarmUps[i].Arm++
	}
	for i := range b.GC {
		b.GC[i].Arm++
	}
}

func besides(old core.Benchmark, arm int, now core.Benchmark) core.Change {
	c := core.Change{Arm: 1, Comparisons: []stat.Comparison{}, Weak: weak, Stopped: "compared with a stored run"}
	for _, trait := range core.Traits() {
		before, after := valuesOf(old.Units, arm, trait), valuesOf(now.Units, 1, trait)
		if len(before) == 0 || len(after) == 0 {
			continue
		}
		q := question{rule: stat.Rule{Metric: string(trait.Metric), Unit: trait.Unit, Margin: Margin}, counter: trait.Counter, groups: true, old: before, new: after}
		if q.exact() {
			c.Comparisons = append(c.Comparisons, q.compare())
			continue
		}
		m := q.measure()
		c.Comparisons = append(c.Comparisons, stat.Unpaired(string(trait.Metric), m.Old, m.New, m.Ratio, "two runs at different times: a paired run decides"))
	}
	var counted []stat.Comparison
	for _, m := range c.Comparisons {
		if slices.ContainsFunc(core.Traits(), func(t core.Trait) bool { return string(t.Metric) == m.Metric && t.Gates && t.Counter }) {
			counted = append(counted, m)
		}
	}
	c.Verdict, c.Text = decide(counted, 0, "rounds")
	return c
}

func valuesOf(units []core.Unit, arm int, trait core.Trait) []float64 {
	var out []float64
	for _, u := range units {
		if v, ok := u.Value(trait.Metric); ok && u.Arm == arm && (trait.Counter || u.Discarded == "") {
			out = append(out, v)
		}
	}
	return out
}

// Doubts are what a reader of a run should know before believing it. rubies
// says that it compares Rubies on purpose.
func Doubts(r *core.Result, rubies bool) []string {
	out := []string{}
	if slices.ContainsFunc(r.Arms, func(a core.Arm) bool { return strings.HasSuffix(a.Revision, "+dirty") }) {
		out = append(out, "this tree has changes that are not committed: its figures cannot be found again by revision")
	}
	for i, arm := range r.Arms {
		if i > 0 && !rubies && arm.Ruby != r.Arms[0].Ruby && arm.Env["RUBYOPT"] == r.Arms[0].Env["RUBYOPT"] {
			out = append(out, fmt.Sprintf("%s runs %s, %s runs %s", r.Arms[0].Name, nameOf(r.Arms[0].Ruby), arm.Name, nameOf(arm.Ruby)))
		}
	}
	spoilt, units, alarms := 0, 0, map[core.Metric]int{}
	for _, b := range r.Benchmarks {
		for _, u := range b.Units {
			units++
			if u.Discarded != "" {
				spoilt++
			}
		}
		for _, n := range b.Noise {
			if n.Alarm {
				alarms[n.Metric]++
			}
		}
	}
	if spoilt > 0 {
		out = append(out, fmt.Sprintf("%d of %d processes were disturbed by the machine: the times of their rounds are left out", spoilt, units))
	}
	for _, t := range core.Traits() {
		if n := alarms[t.Metric]; t.Gates && n > 0 && n > len(r.Benchmarks)/10 {
			out = append(out, fmt.Sprintf("the control arm was called different from itself in %s, %d of %d times: distrust it here", t.Metric, n, len(r.Benchmarks)))
		}
	}
	return out
}

func nameOf(ruby string) string {
	if ruby == "" {
		return "an unknown Ruby"
	}
	return ruby
}
