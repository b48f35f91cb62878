package run

import "time"

// Unread marks a quantity of a Reading or Drift that could not be read.
const Unread = -1

// Reading is the state of the machine at one moment, as far as it says
// whether times can be measured on it. Unread quantities are -1, unread
// texts empty.
type Reading struct {
	Time           int64   `json:"time_ns"` // CLOCK_MONOTONIC
	Load           float64 `json:"load_1min"`
	Busy           float64 `json:"busy_s"`  // all processors together, since boot; steal left out
	Steal          float64 `json:"steal_s"` // since boot, all processors together
	Throttled      float64 `json:"throttled_s"`
	Governor       string  `json:"governor"`      // of the first processor: "performance", "powersave"
	FrequencyLow   int64   `json:"frequency_low"` // kHz, the slowest processor now
	FrequencyHigh  int64   `json:"frequency_high"`
	FrequencyMost  int64   `json:"frequency_most"` // kHz, what the processor can do
	AvailableBytes int64   `json:"available_bytes"`
	SwapFreeBytes  int64   `json:"swap_free_bytes"`
	SwapIns        int64   `json:"swap_ins"` // pages read back from swap since boot
}

// Drift is what happened to the machine between two readings. Shares are of
// the time of all processors; unread ones are -1.
type Drift struct {
	Seconds   float64 `json:"seconds"`
	Busy      float64 `json:"busy_ratio"` // everybody's work, ours included
	Steal     float64 `json:"steal_ratio"`
	Throttled float64 `json:"throttled_s"` // seconds, not a share: all that ran was stopped
	SwapIns   int64   `json:"swap_ins"`
}

// Until is what happened between r and a later reading on a machine with so
// many processors.
func (r Reading) Until(later Reading, processors int) Drift {
	d := Drift{Seconds: time.Duration(later.Time - r.Time).Seconds()}
	share := func(before, after float64) float64 {
		if before < 0 || after < before || d.Seconds <= 0 || processors <= 0 {
			return Unread
		}
		return (after - before) / d.Seconds / float64(processors)
	}
	d.Busy = share(r.Busy, later.Busy)
	d.Steal = share(r.Steal, later.Steal)
	d.Throttled = Unread
	if r.Throttled >= 0 && later.Throttled >= r.Throttled {
		d.Throttled = later.Throttled - r.Throttled
	}
	d.SwapIns = Unread
	if r.SwapIns >= 0 && later.SwapIns >= r.SwapIns {
		d.SwapIns = later.SwapIns - r.SwapIns
	}
	return d
}
