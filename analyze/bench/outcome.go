package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// Result is what may be said of the units so far, at any time: an interrupted
// trial leaves undecided what no look had settled.
func (t *Trial) Result() []core.Benchmark {
	out := make([]core.Benchmark, 0, len(t.open))
	for b := range t.open {
		out = append(out, t.benchmark(b))
	}
	return out
}

func (t *Trial) benchmark(b int) core.Benchmark {
	c, p := t.open[b], t.design.Benchmarks[b]
	out := core.Benchmark{
		Name: p.Name, Kind: p.Kind, File: p.File, Refused: c.refused, Hint: c.hint, Units: slices.Clone(c.units), Rounds: t.valid(b, false),
		Changes: []core.Change{}, Figures: t.figures(b), Noise: t.noise(b), WarmUps: warmed(c.units), GC: collected(c.units),
		Budgets: []core.Budget{}, Notes: []string{},
	}
	if out.Units == nil {
		out.Units = []core.Unit{}
	}
	if c.refused == "" {
		for _, arm := range t.design.news(b) {
			out.Changes = append(out.Changes, t.change(b, arm))
		}
	}
	return out
}

// change is what a new arm did.
func (t *Trial) change(b, arm int) core.Change {
	c := t.open[b]
	out := core.Change{Arm: arm, Comparisons: []stat.Comparison{}, Stopped: c.stopped}
	if out.Stopped == "" {
		out.Stopped = "measuring was ended early"
	}
	var deciding []stat.Comparison
	for _, trait := range core.Traits() {
		q, ok := t.question(b, arm, trait, false)
		if !ok {
			continue
		}
		comparison, gates := t.settled(c, claim{arm, trait.Metric}, q), t.design.gates(trait)
		if gates && comparison.Verdict == stat.Worse && !q.exact() {
			if held := t.confirm(b, claim{arm, trait.Metric}); held != nil && !held.Held {
				comparison.Verdict, comparison.Why = stat.Undecided, comparison.Why+"; fresh processes did not confirm it"
				out.Confirmed = held
			} else if held != nil && out.Confirmed == nil {
				out.Confirmed = held
			}
		}
		out.Comparisons = append(out.Comparisons, comparison)
		if gates {
			deciding = append(deciding, comparison)
		}
	}
	out.Verdict, out.Text = decide(deciding, t.design.Tolerance, t.design.more())
	return out
}

// settled is a claim as a look left it. What no look settled is undecided when
// it gates; a metric that gates nothing is judged by itself.
func (t *Trial) settled(c *course, k claim, q question) stat.Comparison {
	if done, ok := c.verdicts[k]; ok && !q.exact() {
		return done
	}
	trait := core.Traits()[slices.IndexFunc(core.Traits(), func(x core.Trait) bool { return x.Metric == k.metric })]
	if q.exact() && c.rounds > 0 || !t.design.gates(trait) {
		return q.compare()
	}
	at := slices.IndexFunc(t.looks, func(n int) bool { return n > c.rounds }) - 1
	if at == -2 {
		at = len(t.looks) - 1
	}
	if at >= 0 {
		q.rule.Level, q.rule.SameLevel = t.better[at], t.same[at]
	}
	comparison := q.compare()
	if comparison.Verdict != stat.Undecided {
		comparison.Why += "; but not by the level that this look asks"
		if at < 0 {
			comparison.Why = fmt.Sprintf("%d rounds, and the first look is after %d", len(q.old), t.looks[0])
		}
		comparison.Verdict = stat.Undecided
	}
	return comparison
}

// figures are the metrics of every arm but the control.
func (t *Trial) figures(b int) []core.Figure {
	out := []core.Figure{}
	spoilt := t.open[b].spoilt()
	for _, arm := range t.design.arms(b) {
		if t.design.Arms[arm].Role == core.Control {
			continue
		}
		for _, trait := range core.Traits() {
			var values []float64
			for _, u := range t.open[b].units {
				if v, ok := u.Value(trait.Metric); ok && u.Arm == arm && (trait.Counter || !spoilt[u.Round]) {
					values = append(values, v)
				}
			}
			if len(values) == 0 {
				continue
			}
			e := stat.Mean(values, trait.Unit, 0.95)
			if trait.Counter && stat.Constant(values) {
				e = stat.Estimate{Point: values[0], Low: values[0], High: values[0], Unit: trait.Unit, Asked: 0.95, Reached: 1, N: len(values), Method: "counter, equal each time"}
			}
			out = append(out, core.Figure{Arm: arm, Metric: trait.Metric, Estimate: e})
		}
	}
	return out
}

// noise is what the control arm shows: the first arm against itself.
func (t *Trial) noise(b int) []core.Noise {
	out := []core.Noise{}
	control := -1
	for _, a := range t.design.arms(b) {
		if t.design.Arms[a].Role == core.Control {
			control = a
		}
	}
	if control < 0 {
		return out
	}
	for _, trait := range core.Traits() {
		q, ok := t.question(b, control, trait, false)
		if !ok || len(q.old) == 0 {
			continue
		}
		c := q.compare()
		n := core.Noise{Metric: trait.Metric, Ratio: c.Ratio, Alarm: decided(c.Verdict)}
		if sd, known := pairSpread(q.old, q.new); known && len(q.old) >= leastSpread {
			n.Spread = sd
			n.Smallest = Smallest(sd, len(q.old))
		}
		out = append(out, n)
	}
	return out
}

// leastSpread is how many pairs a spread is estimated from at least.
const leastSpread = 4

// pairSpread is the standard deviation of the log ratios of pairs.
func pairSpread(old, new []float64) (float64, bool) {
	var d []float64
	for i := range old {
		if old[i] > 0 && new[i] > 0 {
			d = append(d, math.Log(new[i]/old[i]))
		}
	}
	if len(d) < 2 {
		return 0, false
	}
	var mean, square float64
	for _, x := range d {
		mean += x / float64(len(d))
	}
	for _, x := range d {
		square += (x - mean) * (x - mean)
	}
	return math.Sqrt(square / float64(len(d)-1)), true
}

// Smallest is the smallest change that so many pairs find with 80 % power at
// 95 %, when the log ratio of a pair has the standard deviation sd: 0.03 is
// ±3 % (Cohen 1988, section 2.4). The normal quantiles make it a little too
// small under ten pairs.
func Smallest(sd float64, pairs int) float64 {
	return math.Expm1((1.959964 + 0.841621) * sd / math.Sqrt(float64(pairs)))
}

func warmed(units []core.Unit) []core.Warmed {
	out := []core.Warmed{}
	for _, arm := range armsOf(units) {
		w := core.Warmed{Arm: arm, Classes: map[core.Class]int{}, Took: -1}
		var took []float64
		for _, u := range units {
			if u.Arm != arm || u.WarmUp.Class == "" {
				continue
			}
			w.Classes[u.WarmUp.Class]++
			if u.WarmUp.Class != core.Unsteady && u.WarmUp.Class != core.Unjudged {
				took = append(took, float64(u.WarmUp.Took)/1e9)
			}
		}
		if len(took) > 0 {
			slices.Sort(took)
			w.Took = stat.OrderQuantile(0.5, took)
		}
		if len(w.Classes) > 0 {
			out = append(out, w)
		}
	}
	return out
}

func armsOf(units []core.Unit) []int {
	var out []int
	for _, u := range units {
		if !slices.Contains(out, u.Arm) {
			out = append(out, u.Arm)
		}
	}
	slices.Sort(out)
	return out
}

// collected sums up garbage collection by arm.
func collected(units []core.Unit) []core.Collected {
	out := []core.Collected{}
	for _, arm := range armsOf(units) {
		c := core.Collected{Arm: arm, GC: core.GC{Share: -1, Minor: -1, Major: -1}}
		var share, n float64
		for _, u := range units {
			if u.Arm != arm || u.GC.Mode == "" {
				continue
			}
			c.Mode = u.GC.Mode
			if u.GC.Share >= 0 {
				share, n = share+u.GC.Share, n+1
			}
			if u.GC.Minor >= 0 {
				c.Minor, c.Major = max(0, c.Minor)+u.GC.Minor, max(0, c.Major)+max(0, u.GC.Major)
			}
		}
		if n > 0 {
			c.Share = share / n
		}
		if c.Mode != "" {
			out = append(out, c)
		}
	}
	return out
}

// Overall is the verdict of a run: worse when any benchmark is, then undecided,
// better, same; empty when nothing was compared. The text counts them.
func Overall(benchmarks []core.Benchmark) (stat.Verdict, string) {
	count := map[stat.Verdict]int{}
	refused := 0
	for _, b := range benchmarks {
		if b.Refused != "" {
			refused++
		}
		for _, c := range b.Changes {
			count[c.Verdict]++
		}
	}
	var verdict stat.Verdict
	var parts []string
	for _, v := range []stat.Verdict{stat.Worse, stat.Undecided, stat.Better, stat.Same} {
		if count[v] == 0 {
			continue
		}
		if verdict == "" {
			verdict = v
		}
		parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
	}
	if refused > 0 {
		parts = append(parts, fmt.Sprintf("%d not measured", refused))
	}
	if len(parts) == 0 {
		return "", fmt.Sprintf("%d measured", len(benchmarks))
	}
	return verdict, strings.Join(parts, ", ")
}
