package noise

import (
	"strings"
	"testing"

	"pitwall/core/run"
)

// quiet is a machine of which nothing is to be said, over 100 s.
func quiet() Input {
	r := run.Reading{
		Load: 0.1, Busy: 1000, Steal: 5, Throttled: 1, Governor: "performance", FrequencyLow: 2e6, FrequencyHigh: 2e6, FrequencyMost: 2e6,
		AvailableBytes: 4 << 30, SwapFreeBytes: 1 << 30, SwapIns: 7,
	}
	c := run.Conditions{Turbo: "off", SMT: "off", Randomisation: 2, Virtual: "no", HotStops: 3}
	in := Input{Machine: run.Machine{Cores: 4, MemoryBytes: 8 << 30}, Before: r, After: r, Was: c, Is: c, Ours: 90}
	in.After.Time = 100e9
	in.After.Busy += 92
	return in
}

func TestSpoils(t *testing.T) {
	if got := Spoils(quiet()); got == nil || len(got) != 0 {
		t.Errorf("a quiet machine: %+v", got)
	}
	unknown := Input{
		Machine: run.Machine{MemoryBytes: -1}, Ours: -1, Was: run.Conditions{Randomisation: -1, HotStops: -1}, Is: run.Conditions{Randomisation: -1, HotStops: -1},
	}
	for _, r := range []*run.Reading{&unknown.Before, &unknown.After} {
		*r = run.Reading{Load: -1, Busy: -1, Steal: -1, Throttled: -1, FrequencyLow: -1, FrequencyHigh: -1, FrequencyMost: -1, AvailableBytes: -1, SwapFreeBytes: -1, SwapIns: -1}
	}
	if got := Spoils(unknown); len(got) != 0 {
		t.Errorf("an unknown machine: %+v", got)
	}
	for name, c := range map[string]struct {
		change  func(*Input)
		want    string
		amount  float64
		serious bool
	}{
		"other work":   {func(in *Input) { in.After.Busy += 140 }, "other work used 36 % of the processors", 0.355, true},
		"load":         {func(in *Input) { in.Before.Load = 3.2 }, "the load average was 3.20 on 4 processors", 3.2, false},
		"steal":        {func(in *Input) { in.After.Steal += 20 }, "gave 5.0 % of the processors' time", 0.05, true},
		"throttled":    {func(in *Input) { in.After.Throttled += 12 }, "stopped everything for 12", 12, true},
		"swap":         {func(in *Input) { in.After.SwapIns += 500 }, "500 pages", 500, true},
		"heat":         {func(in *Input) { in.Is.HotStops += 9 }, "for heat 9 times", 9, true},
		"memory":       {func(in *Input) { in.After.AvailableBytes = 100 << 20 }, "only 100 MiB of memory", 100 << 20, false},
		"frequency":    {func(in *Input) { in.After.Governor, in.After.FrequencyHigh = "powersave", 1e6 }, "governor powersave) and was at 50 %", 0.5, true},
		"turbo":        {func(in *Input) { in.Is.Turbo = "on" }, "(turbo)", -1, false},
		"shared cores": {func(in *Input) { in.Is.SMT = "on" }, "two threads share a core", -1, false},
		"virtual":      {func(in *Input) { in.Is.Virtual = "QEMU" }, "a virtual machine (QEMU)", -1, false},
		"layout":       {func(in *Input) { in.Is.Randomisation = 0 }, "not randomised", 0, false},
	} {
		in := quiet()
		c.change(&in)
		got := Spoils(in)
		if len(got) != 1 || got[0].Name != name || !strings.Contains(got[0].What, c.want) || got[0].Serious != c.serious || got[0].Advice == "" {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if d := got[0].Amount - c.amount; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: amount %v, want %v", name, got[0].Amount, c.amount)
		}
	}
	both := quiet()
	both.Is.Turbo, both.After.SwapIns = "on", 500
	if got := Spoils(both); len(got) != 2 || got[0].Name != "swap" || got[0].Text() != got[0].What+": "+got[0].Advice {
		t.Errorf("what did spoil comes first: %+v", got)
	}
}

func TestDiscard(t *testing.T) {
	base := run.Reading{Busy: 100, Steal: 5, Throttled: 1, SwapIns: 7}
	for name, c := range map[string]struct {
		after run.Reading
		want  string
	}{
		"quiet":               {run.Reading{Time: 1e9, Steal: 5.01, Throttled: 1, SwapIns: 9}, ""},
		"one tick of 50 ms":   {run.Reading{Time: 50e6, Steal: 5.01, Throttled: 1, SwapIns: 7}, ""},
		"three ticks of five": {run.Reading{Time: 50e6, Steal: 5.03, Throttled: 1, SwapIns: 7}, "the hypervisor took 30"},
		"stolen":              {run.Reading{Time: 1e9, Steal: 5.1, Throttled: 1, SwapIns: 7}, "the hypervisor took 100"},
		"throttled":           {run.Reading{Time: 1e9, Steal: 5, Throttled: 1.2, SwapIns: 7}, "quota stopped it for 200"},
		"hardly throttled":    {run.Reading{Time: 1e9, Steal: 5, Throttled: 1.001, SwapIns: 7}, ""},
		"swapped":             {run.Reading{Time: 1e9, Steal: 5, Throttled: 1, SwapIns: 7 + 256}, "256 pages"},
		"unknown":             {run.Reading{Time: 1e9, Steal: -1, Throttled: -1, SwapIns: -1}, ""},
		"no time":             {run.Reading{Steal: 9}, ""},
	} {
		got := Discard(base, c.after)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
