// Package bench plans and judges runs of two or more versions in fresh
// processes: in which order, how many, and what may be said of them. It is pure:
// the loop that starts processes lives elsewhere and asks it.
package bench

import "math/rand/v2"

// LeastPairs is how many boots of each version a comparison of whole apps has
// at least.
const LeastPairs = 4

// Turns is the order of the arms in one round. Rounds come two and two: the
// first in random order, the second reversed (ABBA or BAAB for two arms), so
// that a steady drift of the machine falls on all alike. The same seed gives
// the same order.
func Turns(arms, round int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15+uint64(round/2)))
	order := random.Perm(arms)
	if round%2 == 1 {
		for i, j := 0, arms-1; i < j; i, j = i+1, j-1 {
			order[i], order[j] = order[j], order[i]
		}
	}
	return order
}
