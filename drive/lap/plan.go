package lap

import (
	"math/rand/v2"
	"time"

	core "pitwall/core/lap"
)

// budget is how a lap's time is spent. Installing, seeding and booting are
// not in it.
type budget struct {
	warm, closed, solo, open time.Duration
}

// DefaultTime of a lap: warm-up up to 25 s, closed loop 15 s, windows 100 s
// (a fifth of it with one request in flight), report 10 s.
const DefaultTime = 150 * time.Second

// divide splits a lap's time in the proportions of DefaultTime.
func divide(total time.Duration) budget {
	windows := total * 100 / 150
	return budget{
		warm:   total * 25 / 150,
		closed: total * 15 / 150,
		solo:   windows / 5,
		open:   windows - windows/5,
	}
}

const (
	windowLength = 5 * time.Second
	blockLength  = 2500 * time.Millisecond
)

// openWindows lists the kinds of the open-loop windows: as many bare as
// watched ones, the order drawn anew within each pair, so that drift falls on
// both alike. The last pair may be shorter than windowLength asks.
func openWindows(open time.Duration, watchable bool, seed uint64) ([]core.Kind, time.Duration) {
	n := int(open / windowLength)
	n -= n % 2
	n = max(n, 2)
	length := open / time.Duration(n)
	kinds := make([]core.Kind, 0, n)
	random := rand.New(rand.NewPCG(seed, 0x77696e646f77))
	for len(kinds) < n {
		pair := [2]core.Kind{core.Bare, core.Watched}
		if random.IntN(2) == 1 {
			pair[0], pair[1] = pair[1], pair[0]
		}
		kinds = append(kinds, pair[:]...)
	}
	if !watchable {
		for i := range kinds {
			kinds[i] = core.Bare
		}
	}
	return kinds, length
}
