//go:build !linux

package machine

import (
	"pitwall/core/run"
	"pitwall/probe/clock"
)

// describe knows nothing more here than the Go runtime does.
func describe(*run.Machine, string) {}

func read(string) run.Reading {
	return run.Reading{
		Time: clock.Now(), Load: run.Unread, Busy: run.Unread, Steal: run.Unread, Throttled: run.Unread,
		FrequencyLow: run.Unread, FrequencyHigh: run.Unread, FrequencyMost: run.Unread,
		AvailableBytes: run.Unread, SwapFreeBytes: run.Unread, SwapIns: run.Unread,
	}
}

func conditions(string) run.Conditions {
	return run.Conditions{Randomisation: run.Unread, HotStops: run.Unread}
}
