package noise

import (
	"fmt"

	"pitwall/core/run"
	"pitwall/core/unit"
)

// What spoils a single measurement. A unit keeps one processor busy, so that
// time taken from it is held against one. The kernel counts steal in ticks of
// 10 ms: less than two of them is not told from none.
const (
	stolenOfOne = 0.05
	leastStolen = 0.020 // seconds
	mostPages   = 256   // read back from swap: 1 MiB
)

// Discard says why what was measured between two readings is not to be used,
// empty when it is. What is unknown spoils nothing.
func Discard(before, after run.Reading) string {
	d := before.Until(after, 1)
	if d.Seconds <= 0 {
		return ""
	}
	if d.Throttled > throttledShare*d.Seconds {
		return fmt.Sprintf("the control group's quota stopped it for %s of %s", unit.Seconds(d.Throttled), unit.Seconds(d.Seconds))
	}
	if stolen := d.Steal * d.Seconds; d.Steal > stolenOfOne && stolen >= leastStolen {
		return fmt.Sprintf("the hypervisor took %s of processor time away in %s", unit.Seconds(stolen), unit.Seconds(d.Seconds))
	}
	if d.SwapIns >= mostPages {
		return fmt.Sprintf("%s pages were read back from swap meanwhile", unit.Count(float64(d.SwapIns)))
	}
	return ""
}
