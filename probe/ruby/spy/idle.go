package spy

import (
	_ "embed"
	"fmt"
	"strings"

	"pitwall/core/profile"
)

//go:embed idle.txt
var idleTable string

// place is where code waits: a file's end and, unless empty, a label's end.
type place struct{ file, label string }

func (p place) fits(f profile.Frame) bool {
	if !strings.HasSuffix(f.File, p.file) {
		return false
	}
	return p.label == "" || strings.HasSuffix(f.Name, p.label)
}

// idleRules say by frames whether a waiting thread waits for work.
type idleRules struct{ skip, near, any []place }

func parseIdle(text string) (r idleRules, err error) {
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 2 || len(f) > 3 {
			return r, fmt.Errorf("idle rules: line %d: want KIND FILE [LABEL]", n+1)
		}
		p := place{file: f[1]}
		if len(f) == 3 {
			p.label = f[2]
		}
		switch f[0] {
		case "skip":
			r.skip = append(r.skip, p)
		case "near":
			r.near = append(r.near, p)
		case "any":
			r.any = append(r.any, p)
		default:
			return r, fmt.Errorf("idle rules: line %d: unknown kind %q", n+1, f[0])
		}
	}
	return r, nil
}

// what a frame means for idleness
const (
	rankOther = iota // code that works
	rankSkip         // says nothing
	rankNear
	rankAny
)

func (r idleRules) rank(f profile.Frame) uint8 {
	if f.Kind == profile.CFunc || f.Kind == profile.Synthetic || f.Kind == profile.Native || strings.HasPrefix(f.File, "<internal:") {
		return rankSkip
	}
	for _, set := range []struct {
		places []place
		rank   uint8
	}{{r.any, rankAny}, {r.near, rankNear}, {r.skip, rankSkip}} {
		for _, p := range set.places {
			if p.fits(f) {
				return set.rank
			}
		}
	}
	return rankOther
}

// idle tells whether a thread with this stack (root first) waits for work. It
// must sleep or block; the caller knows.
func (n *names) idle(stack []int32) bool {
	for len(n.ranks) < len(n.frames) {
		n.ranks = append(n.ranks, n.rules.rank(n.frames[len(n.ranks)]))
	}
	seen := false // the innermost frame that says something
	for i := len(stack) - 1; i >= 0; i-- {
		switch rank := n.ranks[stack[i]]; {
		case rank == rankAny, rank == rankNear && !seen:
			return true
		case rank != rankSkip:
			seen = true
		}
	}
	return false
}
