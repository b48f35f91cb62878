// Package bench plans and judges paired boots of two versions of an app. It is
// pure: the loop that boots and drives lives elsewhere and asks it.
package bench

import "math/rand/v2"

// Arm is one of two versions.
type Arm int

const (
	Old Arm = iota // what is compared against
	New
)

// String is the arm's name.
func (a Arm) String() string {
	if a == New {
		return "new"
	}
	return "old"
}

// LeastPairs is how many boots of each version a comparison has at least.
const LeastPairs = 4

// Order says in which order to boot: each version pairs times, at least
// LeastPairs. Pairs come two and two as ABBA or BAAB, by the seed, so that a
// steady drift of the machine falls on both alike; an odd last pair is in
// random order. The same seed gives the same order.
func Order(pairs int, seed uint64) []Arm {
	pairs = max(pairs, LeastPairs)
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	out := make([]Arm, 0, 2*pairs)
	for len(out) < 2*pairs {
		first := Arm(random.IntN(2))
		second := 1 - first
		out = append(out, first, second, second, first)
	}
	return out[:2*pairs]
}
