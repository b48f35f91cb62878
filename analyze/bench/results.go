package bench

import (
	"fmt"
	"strings"

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
			if differ(old, new) && t.controlled(b, byArm) {
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
			old := byArm[t.design.arms(b)[0]]
			return byArm[arm] != "" && old != "" && !differ(byArm[arm], old)
		}
	}
	return false
}

// unstable says that the old version returned different things in one round.
func (t *Trial) unstable(b int) bool {
	for _, byArm := range t.open[b].digests() {
		for _, arm := range t.design.arms(b) {
			if t.design.Arms[arm].Role == core.Control && differ(byArm[arm], byArm[t.design.arms(b)[0]]) {
				return true
			}
		}
	}
	return false
}

// differ says that two digests are of different results. A slow body is called
// less often before it is timed, and "3 results" do not compare with "5
// results".
func differ(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	before, _, found := strings.Cut(a, of)
	other, _, too := strings.Cut(b, of)
	return a != b && (!found || !too || before == other)
}

// of stands between the number of results and their digest.
const of = " results "

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
