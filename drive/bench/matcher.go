package bench

import (
	"maps"
	"slices"
	"sync"

	"pitwall/analyze/answer"
)

// matcher sees that all arms answer alike. Arms of a round are asked the same
// requests, so each answer is held against the first that came to its request
// in that round.
type matcher struct {
	benchmark string
	versions  []Version // of the arms
	rules     answer.Rules

	mu    sync.Mutex
	round int
	known []known // of the round, by number of the request
}

type known struct {
	arm    int
	normal answer.Normal
}

// itself sees that one arm gives one answer to one request, asked twice.
func (m *matcher) itself(arm int, q request, first, second answer.Answer) error {
	d := answer.Match(first, second, m.rules)
	if d == nil {
		return nil
	}
	return &answer.MismatchError{Benchmark: m.benchmark, Request: q.String(), Old: m.versions[arm].Name, New: m.versions[arm].Name, Diff: d, Itself: true}
}

// others holds the answer to request number n of a round against that of the
// arm that came first, and returns it as it was compared.
func (m *matcher) others(arm, round, n int, q request, a answer.Answer) (answer.Normal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.round != round {
		m.round, m.known = round, nil
	}
	normal := answer.Normalise(a, m.rules)
	if n >= len(m.known) {
		m.known = append(m.known, known{arm, normal})
		return normal, nil
	}
	first := m.known[n]
	d := answer.MatchNormal(first.normal, normal)
	if d == nil {
		return normal, nil
	}
	old, new := m.versions[first.arm], m.versions[arm]
	return normal, &answer.MismatchError{Benchmark: m.benchmark, Request: q.String(), Old: old.Name, New: new.Name, Diff: d, Itself: same(old, new)}
}

// same says whether two arms are one version, as a control arm is.
func same(a, b Version) bool {
	return a.Dir == b.Dir && slices.Equal(a.Ruby, b.Ruby) && maps.Equal(a.Env, b.Env)
}
