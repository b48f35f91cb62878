package bench

import (
	"math/rand/v2"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// Ability is what a machine can tell apart in one metric.
type Ability struct {
	Metric   core.Metric   `json:"metric"`
	Spread   float64       `json:"spread_ratio"` // standard deviation of the log ratio of a pair of equal processes
	Smallest []Reach       `json:"smallest"`
	False    stat.Estimate `json:"false_verdict_share"` // of runs of equal versions; N is how often the labels were dealt anew
}

// Reach is the smallest change that so many rounds find with 80 % power.
type Reach struct {
	Rounds int     `json:"rounds"`
	Ratio  float64 `json:"ratio"`
}

// relabelled is how often the labels of a self-test are dealt anew.
const relabelled = 1000

// Abilities works out what a machine can tell apart from a trial of which the
// first arm and the control are the same: the spread of its pairs, and how many
// runs would have called a difference had old and new been dealt to the two
// processes of each round by other coins.
func Abilities(t *Trial, b int, seed uint64) []Ability {
	arms := t.design.arms(b)
	control := arms[len(arms)-1]
	var out []Ability
	for _, trait := range core.Traits() {
		q, ok := t.question(b, control, trait, false)
		if !ok || len(q.old) < 2 {
			continue
		}
		a := Ability{Metric: trait.Metric, Smallest: []Reach{}}
		if sd, known := pairSpread(q.old, q.new); known {
			a.Spread = sd
			for _, n := range []int{6, 10, 20} {
				a.Smallest = append(a.Smallest, Reach{n, Smallest(sd, n)})
			}
		}
		a.False = stat.Wilson(t.falseVerdicts(q, rand.New(rand.NewPCG(seed, 5))), relabelled, 0.95)
		out = append(out, a)
	}
	return out
}

// falseVerdicts deals old and new anew within each round and counts the runs
// that any look would have called different.
func (t *Trial) falseVerdicts(q question, random *rand.Rand) int64 {
	var wrong int64
	old, new := make([]float64, len(q.old)), make([]float64, len(q.new))
	for range relabelled {
		for i := range q.old {
			old[i], new[i] = q.old[i], q.new[i]
			if random.IntN(2) == 0 {
				old[i], new[i] = new[i], old[i]
			}
		}
		if t.differs(question{rule: q.rule, counter: q.counter, old: old, new: new}) {
			wrong++
		}
	}
	return wrong
}

// differs runs a question through all looks.
func (t *Trial) differs(q question) bool {
	for at, n := range t.looks {
		if n > len(q.old) {
			return false
		}
		part := q
		part.old, part.new = q.old[:n], q.new[:n]
		part.rule.Level, part.rule.SameLevel = t.better[at], t.same[at]
		if v := part.compare().Verdict; v != stat.Undecided {
			return decided(v)
		}
	}
	return false
}
