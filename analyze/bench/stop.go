package bench

import (
	"fmt"

	core "pitwall/core/bench"
	"pitwall/core/stat"
)

// futile is how many times the rounds that are left an answer would have to
// take before measuring ends for lack of hope. That decides nothing, so it
// costs no error.
const futile = 4

// done says why a benchmark needs no more rounds of the first stage; empty
// when it does.
func (t *Trial) done(b, at int) string {
	c := t.open[b]
	news := t.design.news(b)
	last := at == len(t.looks)-1
	if len(news) == 0 { // figures only: the control shows the noise
		return "no other version to compare with"
	}
	open, hopeless := 0, 0
	for _, arm := range news {
		for _, trait := range core.Traits() {
			if _, settled := c.verdicts[claim{arm, trait.Metric}]; settled || !t.design.gates(trait) {
				continue
			}
			q, ok := t.question(b, arm, trait, false)
			if !ok {
				continue
			}
			open++
			left := t.design.most() - t.round
			if need := q.compare().Need; at > 0 && need > futile*max(1, left) {
				hopeless++
			}
		}
	}
	switch {
	case open == 0:
		return fmt.Sprintf("the answer was clear after %d rounds", t.round)
	case last:
		return fmt.Sprintf("all %d rounds were run", t.round)
	case open == hopeless:
		return fmt.Sprintf("after %d rounds no number of rounds up to %d would decide what is open", t.round, t.design.most())
	}
	return ""
}

// close ends the first stage of a benchmark, and opens the second where
// something looks worse: an alarm is raised only when fresh processes agree.
func (t *Trial) close(b int, why string) {
	c := t.open[b]
	if t.design.OneStage || t.suspect(b) == nil {
		c.stopped = why
		return
	}
	c.second = true
}

// suspect are the settled claims that something is worse and needs statistics.
func (t *Trial) suspect(b int) []claim {
	var out []claim
	for _, arm := range t.design.news(b) {
		for _, trait := range core.Traits() {
			key := claim{arm, trait.Metric}
			c, ok := t.open[b].verdicts[key]
			if q, known := t.question(b, arm, trait, false); ok && known && c.Verdict == stat.Worse && !q.exact() {
				out = append(out, key)
			}
		}
	}
	return out
}

// confirm judges a suspicion by the second stage alone: fresh processes, one
// side, 5 %. nil when there was no second stage.
func (t *Trial) confirm(b int, k claim) *core.Confirmation {
	if !t.open[b].second {
		return nil
	}
	for _, trait := range core.Traits() {
		if trait.Metric != k.metric {
			continue
		}
		q, ok := t.question(b, k.arm, trait, true)
		if !ok || len(q.old) == 0 {
			return &core.Confirmation{Metric: k.metric}
		}
		q.rule.Level = sameLevel
		c := q.measure()
		return &core.Confirmation{Metric: k.metric, Rounds: len(q.old), Ratio: c.Ratio, Held: c.Ratio.Reached > 0 && c.Ratio.Low > 1}
	}
	return nil
}
