package bench

import (
	"fmt"

	core "pitwall/core/bench"
)

// contradiction says that two versions of a benchmark do not do the same work:
// the old version and its control return the same, and a new one something
// else. What the same version returns differently each time says nothing.
func (t *Trial) contradiction(b int) string {
	if t.design.Benchmarks[b].Differ || t.unstable(b) {
		return ""
	}
	digests := t.open[b].digests()
	for _, arm := range t.design.news(b) {
		for _, byArm := range digests {
			old, new := byArm[t.design.arms(b)[0]], byArm[arm]
			if old != "" && new != "" && old != new && t.controlled(b, byArm) {
				return fmt.Sprintf("%s and %s do not return the same: a difference in time would say nothing", t.design.Arms[t.design.arms(b)[0]].Name, t.design.Arms[arm].Name)
			}
		}
	}
	return ""
}

// controlled says that a round has a control unit that returned what the old
// one did.
func (t *Trial) controlled(b int, byArm map[int]string) bool {
	for _, arm := range t.design.arms(b) {
		if t.design.Arms[arm].Role == core.Control {
			return byArm[arm] != "" && byArm[arm] == byArm[t.design.arms(b)[0]]
		}
	}
	return false
}

// unstable says that the old version returned different things in one round.
func (t *Trial) unstable(b int) bool {
	for _, byArm := range t.open[b].digests() {
		for _, arm := range t.design.arms(b) {
			if t.design.Arms[arm].Role == core.Control && byArm[arm] != "" && byArm[t.design.arms(b)[0]] != "" && !t.controlled(b, byArm) {
				return true
			}
		}
	}
	return false
}

// digests are what the units of each round returned, by arm.
func (c *course) digests() map[int]map[int]string {
	out := map[int]map[int]string{}
	for _, u := range c.units {
		if out[u.Round] == nil {
			out[u.Round] = map[int]string{}
		}
		out[u.Round][u.Arm] = u.Digest
	}
	return out
}
