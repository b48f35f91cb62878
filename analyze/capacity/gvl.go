package capacity

import "math"

// Law is throughput of one process whose threads share one lock: the closed
// machine-repair model (Palm 1943; exact MVA of one queueing station and one
// delay). Amdahl's law, which most advice uses, is 3 to 28 % low for two
// threads and more.
type Law struct {
	GVL      float64 // seconds a request needs the lock: Ruby code and GC
	Released float64 // seconds a request is out of the lock: database, IO, sleep
}

// Valid says whether the law can be computed: a request that needs no lock, or
// figures that are unknown, have no ceiling.
func (l Law) Valid() bool {
	return l.GVL > 0 && l.Released >= 0 && !math.IsInf(l.GVL, 0) && !math.IsInf(l.Released, 0)
}

// Utilisation of the lock with threads always busy: U = 1 - ErlangB(T, z/c).
func (l Law) Utilisation(threads int) float64 {
	if !l.Valid() || threads <= 0 {
		return 0
	}
	if l.Released == 0 {
		return 1
	}
	return 1 - ErlangB(threads, l.Released/l.GVL)
}

// PerSecond is requests a second of one process with threads always busy:
// X = U/c, at most 1/c.
func (l Law) PerSecond(threads int) float64 {
	if !l.Valid() {
		return 0
	}
	return l.Utilisation(threads) / l.GVL
}

// Threads is the fewest that reach a share of the ceiling 1/c; 0 when the law
// is not valid or the answer is above mostThreads.
func (l Law) Threads(share float64) int {
	for t := 1; l.Valid() && t <= mostThreads; t++ {
		if l.Utilisation(t) >= share {
			return t
		}
	}
	return 0
}

// mostThreads bounds the search of Threads.
const mostThreads = 1024
