package preflight

import (
	"fmt"

	"pitwall/core/finding"
	"pitwall/core/run"
	"pitwall/core/unit"
)

// The limits from which a machine is called unfit. They are rules of thumb:
// each is about where a comparison of two quiet laps starts to fail.
const (
	loadPerCore    = 0.25 // load average per core before anything of ours ran
	othersBusy     = 0.10 // share of all cores taken by others during the lap
	stealShare     = 0.01
	throttledShare = 0.005   // of the lap's time
	frequencyDrop  = 0.90    // of the processor's highest clock
	freeMemory     = 0.10    // of all memory
	leastMemory    = 1 << 29 // 512 MiB
)

// machine judges a reading that was taken before the app was started.
func machine(m run.Machine, r run.Reading) []finding.Finding {
	var found []finding.Finding
	if m.Cores > 0 && r.Load > loadPerCore*float64(m.Cores) {
		found = append(found, claim{
			id: "PW-MACHINE-LOAD", severity: finding.Warning, subject: "machine", title: "other work runs on this machine",
			detail:   "It takes processor time from the app, so that times are longer and noisier than they need be.",
			evidence: fmt.Sprintf("load average %.2f on %d cores before the lap", r.Load, m.Cores),
			next:     []string{"top"},
		}.finding())
	}
	found = append(found, frequency(r)...)
	if r.AvailableBytes >= 0 && (r.AvailableBytes < leastMemory || m.MemoryBytes > 0 && float64(r.AvailableBytes) < freeMemory*float64(m.MemoryBytes)) {
		found = append(found, claim{
			id: "PW-MACHINE-MEMORY", severity: finding.Warning, subject: "machine", title: "little memory is free",
			detail:   "The kernel drops file caches and may swap, so that times depend on what ran before.",
			evidence: fmt.Sprintf("%s available of %s", unit.Bytes(float64(r.AvailableBytes)), unit.Bytes(float64(m.MemoryBytes))),
		}.finding())
	}
	return found
}

func frequency(r run.Reading) []finding.Finding {
	steady := r.Governor == "performance"
	slowed := r.FrequencyHigh > 0 && r.FrequencyMost > 0 && float64(r.FrequencyHigh) < frequencyDrop*float64(r.FrequencyMost)
	if r.Governor == "" || steady && !slowed {
		return nil
	}
	evidence := "governor " + r.Governor
	if r.FrequencyLow > 0 && r.FrequencyMost > 0 {
		evidence += fmt.Sprintf(", %.1f to %.1f GHz now, %.1f GHz at most", ghz(r.FrequencyLow), ghz(r.FrequencyHigh), ghz(r.FrequencyMost))
	}
	return []finding.Finding{claim{
		id: "PW-MACHINE-FREQUENCY", severity: finding.Note, subject: "machine", title: "the processor's speed changes",
		detail:   "The same work takes another time from one moment to the next, most of all at low load.",
		evidence: evidence,
		next:     []string{"cpupower frequency-set -g performance"},
	}.finding()}
}

func ghz(khz int64) float64 { return float64(khz) / 1e6 }

// During judges what happened to the machine over a lap. Ours is the
// processor time, in seconds, of the app, its services, the driver and
// Pitwall together; -1 when it is unknown, and then nothing is said of other
// work. The slice is never nil.
func During(m run.Machine, d run.Drift, ours float64) []finding.Finding {
	found := []finding.Finding{}
	if ours >= 0 && d.Busy >= 0 && d.Seconds > 0 && m.Cores > 0 {
		others := d.Busy - ours/d.Seconds/float64(m.Cores)
		if others > othersBusy {
			found = append(found, claim{
				id: "PW-MACHINE-LOAD", severity: finding.Warning, subject: "machine", title: "other work ran on this machine",
				detail:   "It took processor time from the app, so that times are longer and noisier than they need be.",
				evidence: fmt.Sprintf("others used %s of %d cores during the lap", unit.Percent(others), m.Cores),
				next:     []string{"top"},
			}.finding())
		}
	}
	if d.Steal > stealShare {
		found = append(found, claim{
			id: "PW-MACHINE-STEAL", severity: finding.Warning, subject: "machine", title: "the hypervisor took time away",
			detail:   "The machine wanted to run and was not let. The waiting is in every latency.",
			evidence: fmt.Sprintf("%s of the processors' time was stolen", unit.Percent(d.Steal)),
		}.finding())
	}
	if d.Throttled > throttledShare*d.Seconds && d.Seconds > 0 {
		found = append(found, claim{
			id: "PW-MACHINE-THROTTLED", severity: finding.Warning, subject: "machine", title: "the container's quota stopped it",
			detail:   "The control group used up its processor quota and stood still until the next period; what ran then waited.",
			evidence: fmt.Sprintf("stopped for %s of %s", unit.Seconds(d.Throttled), unit.Seconds(d.Seconds)),
		}.finding())
	}
	if d.SwapIns > 0 {
		found = append(found, claim{
			id: "PW-MACHINE-SWAP", severity: finding.Warning, subject: "machine", title: "the machine swapped",
			detail:   "Pages were read back from disk while requests waited for them.",
			evidence: fmt.Sprintf("%s pages read from swap", unit.Count(float64(d.SwapIns))),
		}.finding())
	}
	return sorted(found)
}
