package load

import (
	"fmt"
	"time"

	"pitwall/core/hist"
	"pitwall/core/unit"
)

// lagFloor is the send lag that is always allowed: an eighth of a frame's
// time, far below what a person or a Rails app notices, and above what a busy
// two-core machine does to a sleeping thread.
const lagFloor = 5 * time.Millisecond

// Invalid says why the driver, not the app, set the figures; empty when it
// did not. The rule, after wrk2's and vegeta's silent failures under a
// generator that falls behind (Schroeder, Wierman and Harchol-Balter, "Open
// versus closed", NSDI 2006, on what that does to an open loop): the 99th
// percentile of send lag may be at most 5 ms or a tenth of the median
// response, whichever is more; no arrival may have been refused; and the
// process may not have used more than nine tenths of the CPU that it could.
func (o Outcome) Invalid() string {
	refused := int64(0)
	response := hist.New()
	for i := range o.Cells {
		refused += o.Cells[i].Errors[kindRefused]
		response.Merge(o.Cells[i].Response)
	}
	length := o.Window.End - o.Window.Start
	switch limit := lagLimit(response); {
	case refused > 0:
		return fmt.Sprintf("%d of %d requests were not sent: too many were in flight", refused, o.Requests)
	case o.Lag.Count() > 0 && lagP99(o.Lag) > limit:
		return fmt.Sprintf("1 %% of requests left %s late or more; up to %s would not matter", unit.Nanos(lagP99(o.Lag)), unit.Nanos(limit))
	case length > 0 && o.CPU*10 > length*int64(o.Cores)*9:
		return fmt.Sprintf("the driver used %.0f %% of the CPU that it could", 100*float64(o.CPU)/float64(length*int64(o.Cores)))
	}
	return ""
}

func lagP99(lag *hist.Histogram) int64 {
	low, _ := lag.Quantile(0.99)
	return low
}

// lagLimit is the most send lag that leaves the response times what they are.
func lagLimit(response *hist.Histogram) int64 {
	median, _ := response.Quantile(0.5)
	return max(int64(lagFloor), median/10)
}

// Add takes in another stage: cells one after the other, costs summed, the
// window as long as both together. It is for judging like stages as one.
func (o *Outcome) Add(p Outcome) {
	if o.Lag == nil {
		o.Lag = hist.New()
		o.Window.Kind, o.Window.Start, o.Window.End = p.Window.Kind, p.Window.Start, p.Window.Start
	}
	o.Cells = append(o.Cells, p.Cells...)
	o.Lag.Merge(p.Lag)
	o.Window.End += p.Window.End - p.Window.Start
	o.CPU, o.Cores = o.CPU+p.CPU, max(o.Cores, p.Cores)
	o.Requests, o.Connects, o.Retried, o.Tokens = o.Requests+p.Requests, o.Connects+p.Connects, o.Retried+p.Retried, o.Tokens+p.Tokens
}
