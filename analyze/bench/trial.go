package bench

import (
	"cmp"
	"math"
	"slices"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// Design is a run as it is planned.
type Design struct {
	Seed       uint64
	Arms       []core.Arm // the first is what the new ones are compared with; a control arm is the last
	Benchmarks []Plan
	Least      int           // rounds before the first look; 6 when 0
	Most       int           // rounds at most; 20 when 0
	Every      int           // rounds between looks; 2 when 0
	Gate       []core.Metric // that decide; every gating one when empty
	Level      float64       // of the family of all gating metrics; 0.95 when 0
	OneStage   bool          // what looks worse is not put to fresh processes
	Boots      bool          // units are boots of a whole app: too few to be judged as pairs
	Tolerance  float64       // objects that moved by no more decide nothing
}

// Plan is one benchmark of a design.
type Plan struct {
	Name   string
	Kind   core.Kind
	File   string
	Arms   []int   // indices of the design's arms that it is measured in; all when nil
	Margin float64 // 0.02 when 0
	Differ bool    // versions may return different things
}

const (
	defaultLeast = 6
	defaultMost  = 20
	defaultEvery = 2
	defaultLevel = 0.95
	// Margin is what counts as the same when nothing else is said: ±2 %.
	Margin = 0.02
	// waveringMargin is the margin of a counter that differs between processes
	// of one version.
	waveringMargin = 0.001
)

func (d Design) least() int { return max(2, cmp.Or(d.Least, defaultLeast)) }
func (d Design) most() int  { return max(d.least(), cmp.Or(d.Most, defaultMost)) }

// looks are the rounds after which is judged, the last of them all rounds.
func (d Design) looks() []int {
	var out []int
	for n := d.least(); n < d.most(); n += max(1, cmp.Or(d.Every, defaultEvery)) {
		out = append(out, n)
	}
	return append(out, d.most())
}

func (d Design) arms(b int) []int {
	if d.Benchmarks[b].Arms != nil {
		return d.Benchmarks[b].Arms
	}
	out := make([]int, len(d.Arms))
	for i := range out {
		out[i] = i
	}
	return out
}

// news are the arms of a benchmark that are judged against its first.
func (d Design) news(b int) []int {
	var out []int
	for _, a := range d.arms(b)[1:] {
		if d.Arms[a].Role == core.New {
			out = append(out, a)
		}
	}
	return out
}

// more is what there could be more of.
func (d Design) more() string {
	if d.Boots {
		return "boots of each"
	}
	return "rounds"
}

func (d Design) gates(t core.Trait) bool {
	if len(d.Gate) == 0 {
		return t.Gates
	}
	return slices.Contains(d.Gate, t.Metric)
}

func (d Design) margin(b int) float64 { return cmp.Or(d.Benchmarks[b].Margin, Margin) }

// Ask is one unit to be measured.
type Ask struct {
	Benchmark int
	Arm       int
	Round     int
}

// Trial is a run under way: it is told what was measured and says what to
// measure next, and when to stop. It holds no clock and draws no chance but
// from the seed: the same units in the same order end alike.
type Trial struct {
	design Design
	looks  []int
	better []float64 // level of each look that decides better or worse
	same   []float64 // level of each look that decides same
	open   []*course // by benchmark
	round  int
}

// course is where one benchmark of a trial is.
type course struct {
	units    []core.Unit
	refused  string
	hint     string
	verdicts map[claim]stat.Comparison // settled at a look
	stopped  string                    // why; empty while open
	rounds   int                       // of the first stage
	second   bool                      // it confirms
}

// claim is one metric of one new arm.
type claim struct {
	arm    int
	metric core.Metric
}

// NewTrial starts a run.
func NewTrial(d Design) *Trial {
	t := &Trial{design: d, looks: d.looks()}
	fractions := make([]float64, len(t.looks))
	for i, n := range t.looks {
		fractions[i] = float64(n) / float64(t.looks[len(t.looks)-1])
	}
	t.better = stat.Spend(stat.OBrienFleming, cmp.Or(d.Level, defaultLevel), fractions)
	t.same = stat.Spend(stat.OBrienFleming, sameLevel, fractions)
	for range d.Benchmarks {
		t.open = append(t.open, &course{verdicts: map[claim]stat.Comparison{}})
	}
	return t
}

// sameLevel is two one-sided tests at 5 %.
const sameLevel = 0.90

// Next is the next round: one unit of every arm of every benchmark that is not
// settled, in the order in which to run them. None means that the run is over.
func (t *Trial) Next() []Ask {
	t.look()
	var out []Ask
	for b, c := range t.open {
		if c.stopped != "" {
			continue
		}
		arms := t.design.arms(b)
		for _, i := range Turns(len(arms), t.round, t.design.Seed+uint64(b)<<32) {
			out = append(out, Ask{b, arms[i], t.round})
		}
	}
	t.round++
	return out
}

// Add takes a unit that was asked for.
func (t *Trial) Add(benchmark int, u core.Unit) {
	c := t.open[benchmark]
	c.units = append(c.units, u)
}

// Refuse ends a benchmark that cannot be measured; hint is what to do about
// it, empty when nobody knows.
func (t *Trial) Refuse(benchmark int, why, hint string) {
	c := t.open[benchmark]
	c.refused, c.hint, c.stopped = why, hint, "it could not be measured"
}

// Rounds is how many rounds have been asked for, and how many there are at
// most.
func (t *Trial) Rounds() (asked, most int) { return t.round, t.design.most() }

// look judges where a look is due, and closes what is settled.
func (t *Trial) look() {
	for b := range t.open {
		if why := t.contradiction(b); why != "" && t.open[b].refused == "" {
			t.Refuse(b, why, "if that is meant, say so in the file: allow: [results]")
		}
	}
	t.lookFirst()
	for b, c := range t.open {
		if c.second && c.stopped == "" && t.valid(b, c.second) >= c.rounds {
			c.stopped = "the suspicion was put to fresh processes"
		}
	}
}

// lookFirst is the first stage: it decides, settles, or goes on.
func (t *Trial) lookFirst() {
	at := slices.Index(t.looks, t.round)
	if at < 0 {
		return
	}
	due, family, same := t.family(at)
	for i, c := range answer(family, t.better[at], same) {
		if c.Verdict != stat.Undecided {
			due[i].course.verdicts[due[i].claim] = c
		}
	}
	for b, c := range t.open {
		if c.stopped != "" || c.second {
			continue
		}
		c.rounds = t.round
		if why := t.done(b, at); why != "" {
			t.close(b, why)
		}
	}
}

// due is a question of a family with where its answer belongs.
type due struct {
	course *course
	claim  claim
}

// family are the gating questions of all benchmarks that are open. What was
// settled at an earlier look stays settled; what was settled as the same still
// counts, because only what was found to differ makes room in a family.
func (t *Trial) family(at int) (where []due, family []question, same int) {
	for b, c := range t.open {
		for _, settled := range c.verdicts {
			if settled.Verdict == stat.Same && settled.Ratio.Low != settled.Ratio.High {
				same++
			}
		}
		if c.refused != "" || c.second || c.stopped != "" {
			continue
		}
		for _, arm := range t.design.news(b) {
			for _, trait := range core.Traits() {
				if _, settled := c.verdicts[claim{arm, trait.Metric}]; settled || !t.design.gates(trait) {
					continue
				}
				if q, ok := t.question(b, arm, trait, false); ok {
					q.rule.SameLevel = t.same[at]
					where, family = append(where, due{c, claim{arm, trait.Metric}}), append(family, q)
				}
			}
		}
	}
	return where, family, same
}

// question gathers one metric of one new arm against the first arm, from the
// rounds in which both were measured and neither was spoilt, which may be none;
// false when it was not measured, or does not compare between their Rubies.
func (t *Trial) question(b, arm int, trait core.Trait, second bool) (question, bool) {
	old, new := t.pairs(b, t.design.arms(b)[0], arm, trait, second)
	rule := stat.Rule{Metric: string(trait.Metric), Unit: trait.Unit, Margin: t.design.margin(b), PlanLevel: cmp.Or(t.design.Level, defaultLevel)}
	if trait.Counter {
		rule.Margin = max(waveringMargin, t.design.Tolerance)
	}
	return question{rule: rule, counter: trait.Counter, groups: t.design.Boots, old: old, new: new}, t.measured(b, arm, trait)
}

// measured says that a metric was measured in both arms, and means the same in
// both: a JVM counts bytes that CRuby's malloc does not see.
func (t *Trial) measured(b, arm int, trait core.Trait) bool {
	first := t.design.arms(b)[0]
	engines, seen := map[string]bool{}, map[int]bool{}
	for _, u := range t.open[b].units {
		if _, ok := u.Value(trait.Metric); ok && (u.Arm == first || u.Arm == arm) {
			engine, _, _ := strings.Cut(u.Ruby, " ")
			engines[engine], seen[u.Arm] = true, true
		}
	}
	return seen[first] && seen[arm] && (len(engines) == 1 || trait.Metric != core.Bytes)
}

// pairs are the values of a metric in two arms, round by round. The times of a
// round that was spoilt are left out on both sides; its counters hold.
func (t *Trial) pairs(b, first, other int, trait core.Trait, second bool) (old, new []float64) {
	c := t.open[b]
	values := map[int][2]float64{}
	spoilt := c.spoilt()
	for _, u := range c.units {
		if (u.Round >= c.rounds && c.second) != second || !trait.Counter && spoilt[u.Round] {
			continue
		}
		v, ok := u.Value(trait.Metric)
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			continue
		}
		pair, seen := values[u.Round]
		if !seen {
			pair = [2]float64{math.NaN(), math.NaN()}
		}
		switch u.Arm {
		case first:
			pair[0] = v
		case other:
			pair[1] = v
		}
		values[u.Round] = pair
	}
	for round := range t.round {
		if pair, ok := values[round]; ok && !math.IsNaN(pair[0]) && !math.IsNaN(pair[1]) {
			old, new = append(old, pair[0]), append(new, pair[1])
		}
	}
	return old, new
}

// spoilt are the rounds of which a unit was discarded.
func (c *course) spoilt() map[int]bool {
	out := map[int]bool{}
	for _, u := range c.units {
		if u.Discarded != "" {
			out[u.Round] = true
		}
	}
	return out
}

// valid is how many rounds a stage has, spoilt ones included: a machine that
// spoils every round would otherwise never end.
func (t *Trial) valid(b int, second bool) int {
	c := t.open[b]
	rounds := map[int]bool{}
	for _, u := range c.units {
		if (u.Round >= c.rounds) == second {
			rounds[u.Round] = true
		}
	}
	return len(rounds)
}
