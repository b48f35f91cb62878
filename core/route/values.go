package route

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
)

// Values draws the parameters of one route. Draw may be called from many
// goroutines, each with a generator of its own; what is counted (Sequence,
// Unique) is counted over all of them.
type Values struct {
	names  []string // sorted, so that a seed draws the same whatever the map's order
	params []Param
	counts []atomic.Int64
	salt   string
}

// NewValues prepares to draw params. The salt begins every value of a Unique
// parameter: give each run another one.
func NewValues(params map[string]Param, salt string) *Values {
	v := &Values{salt: salt, counts: make([]atomic.Int64, len(params))}
	for name := range params {
		v.names = append(v.names, name)
	}
	slices.Sort(v.names)
	for _, name := range v.names {
		v.params = append(v.params, params[name])
	}
	return v
}

// Draw puts one value for every parameter into dst.
func (v *Values) Draw(rng *rand.Rand, dst map[string]string) {
	for i, p := range v.params {
		dst[v.names[i]] = v.draw(rng, i, p)
	}
}

func (v *Values) draw(rng *rand.Rand, i int, p Param) string {
	switch {
	case len(p.Range) == 2:
		return strconv.FormatInt(between(rng, p.Range[0], p.Range[1]), 10)
	case len(p.Values) > 0:
		return p.Values[rng.IntN(len(p.Values))]
	case p.Sequence != nil:
		return strconv.FormatInt(*p.Sequence+v.counts[i].Add(1)-1, 10)
	case p.Unique:
		return v.salt + strconv.FormatInt(v.counts[i].Add(1), 36)
	}
	return ""
}

// between is uniform over low to high, both inclusive and of any distance.
func between(rng *rand.Rand, low, high int64) int64 {
	span := uint64(high) - uint64(low) + 1
	if span == 0 {
		return int64(rng.Uint64())
	}
	return int64(uint64(low) + rng.Uint64N(span))
}
