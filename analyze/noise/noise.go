// Package noise says what makes times on a machine worth little, with what
// helps, and which measurements were spoilt by it. What is counted (objects,
// statements, system calls, instructions) holds on any machine.
package noise

import (
	"fmt"
	"slices"

	"pitwall/core/run"
	"pitwall/core/unit"
)

// Input is a machine before and after something was measured on it.
type Input struct {
	Machine       run.Machine
	Before, After run.Reading
	Was, Is       run.Conditions // before and after
	Ours          float64        // seconds of processor time that we and what we measured used; -1 unknown: then nothing is said of other work
}

// Spoil is something that spoils times.
type Spoil struct {
	Name    string  `json:"name"`    // "other work", "steal": the same word each time
	What    string  `json:"what"`    // a sentence with its figure
	Amount  float64 `json:"amount"`  // the figure: a share, seconds or a count, as What says; -1 when there is none
	Advice  string  `json:"advice"`  // what helps
	Serious bool    `json:"serious"` // it did spoil these times; else it may
}

// The limits are rules of thumb, each about where a comparison of two quiet
// runs starts to fail; the first ones are those of a lap's preflight.
const (
	loadPerCore    = 0.25
	othersBusy     = 0.10 // of all processors
	stealShare     = 0.01
	throttledShare = 0.005
	frequencyDrop  = 0.90
	freeMemory     = 0.10
	leastMemory    = 1 << 29 // 512 MiB
)

// Spoils lists what spoils times here, what did so first; never nil.
func Spoils(in Input) []Spoil {
	found := []Spoil{}
	d := in.Before.Until(in.After, in.Machine.Cores)
	for _, look := range []func(Input, run.Drift) (Spoil, bool){
		others, load, steal, throttled, swapped, hot, memory, frequency, turbo, smt, virtual, layout,
	} {
		if s, yes := look(in, d); yes {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b Spoil) int { return rank(a) - rank(b) })
	return found
}

func rank(s Spoil) int {
	if s.Serious {
		return 0
	}
	return 1
}

// Text is the spoil as a sentence with its advice.
func (s Spoil) Text() string { return s.What + ": " + s.Advice }

func others(in Input, d run.Drift) (Spoil, bool) {
	if in.Ours < 0 || d.Busy < 0 || d.Seconds <= 0 || in.Machine.Cores <= 0 {
		return Spoil{}, false
	}
	share := d.Busy - in.Ours/d.Seconds/float64(in.Machine.Cores)
	return Spoil{
		Name: "other work", Amount: share, Serious: true,
		What:   fmt.Sprintf("other work used %s of the processors", unit.Percent(share)),
		Advice: "close it or use a quieter machine; what is counted holds",
	}, share > othersBusy
}

func load(in Input, _ run.Drift) (Spoil, bool) {
	cores := float64(in.Machine.Cores)
	return Spoil{
		Name: "load", Amount: in.Before.Load,
		What:   fmt.Sprintf("the load average was %.2f on %s before anything was measured", in.Before.Load, processors(in.Machine.Cores)),
		Advice: "see with top who works, and wait or close it",
	}, cores > 0 && in.Before.Load > loadPerCore*cores
}

func processors(n int) string {
	if n == 1 {
		return "one processor"
	}
	return fmt.Sprintf("%d processors", n)
}

func steal(_ Input, d run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "steal", Amount: d.Steal, Serious: true,
		What:   fmt.Sprintf("the hypervisor gave %s of the processors' time to others", unit.Percent(d.Steal)),
		Advice: "use a machine with processors of its own; CPU time suffers less than time, and counts do not",
	}, d.Steal > stealShare
}

func throttled(_ Input, d run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "throttled", Amount: d.Throttled, Serious: true,
		What:   fmt.Sprintf("the control group's quota stopped everything for %s of %s", unit.Seconds(d.Throttled), unit.Seconds(d.Seconds)),
		Advice: "raise the container's CPU limit (cpu.max), or measure outside of it",
	}, d.Seconds > 0 && d.Throttled > throttledShare*d.Seconds
}

func swapped(_ Input, d run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "swap", Amount: float64(d.SwapIns), Serious: true,
		What:   fmt.Sprintf("%s pages were read back from swap", unit.Count(float64(d.SwapIns))),
		Advice: "free memory first, or switch swap off (swapoff -a) while measuring",
	}, d.SwapIns > 0
}

func hot(in Input, _ run.Drift) (Spoil, bool) {
	events := in.Is.HotStops - in.Was.HotStops
	return Spoil{
		Name: "heat", Amount: float64(events), Serious: true,
		What:   fmt.Sprintf("processors slowed down for heat %s times", unit.Count(float64(events))),
		Advice: "cool it, let it rest between runs, or limit its clock (turbo off)",
	}, in.Was.HotStops >= 0 && events > 0
}

func memory(in Input, _ run.Drift) (Spoil, bool) {
	free := in.After.AvailableBytes
	if in.Before.AvailableBytes >= 0 && (free < 0 || in.Before.AvailableBytes < free) {
		free = in.Before.AvailableBytes
	}
	little := free >= 0 && (free < leastMemory || in.Machine.MemoryBytes > 0 && float64(free) < freeMemory*float64(in.Machine.MemoryBytes))
	return Spoil{
		Name: "memory", Amount: float64(free),
		What:   fmt.Sprintf("only %s of memory was free", unit.Bytes(float64(free))),
		Advice: "free some: file caches are dropped and the machine may swap",
	}, little
}

func frequency(in Input, _ run.Drift) (Spoil, bool) {
	r := in.After
	slowed := r.FrequencyHigh > 0 && r.FrequencyMost > 0 && float64(r.FrequencyHigh) < frequencyDrop*float64(r.FrequencyMost)
	if r.Governor == "" || r.Governor == "performance" && !slowed {
		return Spoil{}, false
	}
	s := Spoil{
		Name: "frequency", Amount: -1, Serious: slowed && in.Before.FrequencyHigh > 0 && r.FrequencyHigh != in.Before.FrequencyHigh,
		What:   "the processors' clock follows the load (governor " + r.Governor + ")",
		Advice: "fix it while measuring: cpupower frequency-set -g performance",
	}
	if r.FrequencyHigh > 0 && r.FrequencyMost > 0 {
		s.Amount = float64(r.FrequencyHigh) / float64(r.FrequencyMost)
		s.What += fmt.Sprintf(" and was at %s of its highest", unit.Percent(s.Amount))
	}
	return s, true
}

func turbo(in Input, _ run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "turbo", Amount: -1, What: "the clock rises when few cores work and it is cool (turbo)",
		Advice: "for equal conditions switch it off: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > /sys/devices/system/cpu/cpufreq/boost",
	}, in.Is.Turbo == "on"
}

func smt(in Input, _ run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "shared cores", Amount: -1, What: "two threads share a core (SMT), so that each slows the other",
		Advice: "leave the machine to one measurement at a time, or switch it off: echo off > /sys/devices/system/cpu/smt/control",
	}, in.Is.SMT == "on"
}

func virtual(in Input, _ run.Drift) (Spoil, bool) {
	name := in.Is.Virtual
	if name == "" || name == "no" {
		return Spoil{}, false
	}
	what := "this is a virtual machine"
	if name != "yes" {
		what += " (" + name + ")"
	}
	return Spoil{
		Name: "virtual", Amount: -1, What: what + ", which shares caches and memory with neighbours that nobody sees",
		Advice: "compare in pairs here and nowhere else; expect to see only larger changes in time than in counts",
	}, true
}

func layout(in Input, _ run.Drift) (Spoil, bool) {
	return Spoil{
		Name: "layout", Amount: 0, What: "memory layouts are not randomised (kernel.randomize_va_space is 0)",
		Advice: "switch it on: with one layout for all processes, a difference may be the layout's (Mytkowicz et al. 2009)",
	}, in.Is.Randomisation == 0
}
