// Package pairs compares two versions of an app by booting each several times
// in balanced order. The boot is the statistical unit: requests of one boot
// share its memory layout and its luck.
package pairs

import (
	"context"
	"fmt"
	"time"

	"pitwall/analyze/bench"
	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/spec"
	"pitwall/drive/lap"
)

// Version is one side of a comparison.
type Version struct {
	Name string
	Spec *spec.Spec
	Env  map[string]string // laid over the app's environment
}

// Options of a comparison.
type Options struct {
	Old, New Version
	Boots    int           // of each version; bench.LeastPairs when fewer
	Time     time.Duration // spent measuring in all, boots not counted; DefaultBoot for each when 0
	Lap      lap.Options   // what both share: seed, agent, supervisor, sink, wait, force
}

// DefaultBoot is the time spent measuring in one boot.
const DefaultBoot = 32 * time.Second

// pilotTime is what the pilot measures: warm-up and the closed loop.
const pilotTime = 18 * time.Second

// Outcome of a comparison.
type Outcome struct {
	Comparison core.Comparison
	Last       *core.Evidence // of the newest boot of the new version; nil when none got that far
	Shared     bool           // another lap ran beside: times are worthless
}

// Duration is how long a comparison will take, boots of so long included.
func (o Options) Duration(boot time.Duration) time.Duration {
	boots := time.Duration(2 * o.boots())
	all := boots*boot + o.each()*boots
	if o.Lap.Rate == 0 {
		all += boot + o.pilot()
	}
	return all
}

func (o Options) boots() int { return max(o.Boots, bench.LeastPairs) }

func (o Options) each() time.Duration {
	if o.Time == 0 {
		return DefaultBoot
	}
	return max((o.Time-o.pilot())/time.Duration(2*o.boots()), leastBoot)
}

// leastBoot is the least time in one boot that measures anything.
const leastBoot = 4 * time.Second

// pilot is the time spent to learn the rate; 0 when it is given.
func (o Options) pilot() time.Duration {
	if o.Lap.Rate > 0 {
		return 0
	}
	if o.Time == 0 {
		return pilotTime
	}
	return min(pilotTime, o.Time/5)
}

// Run boots and measures both versions in balanced random order. An early end
// gives the comparison of the boots so far with the error.
func Run(ctx context.Context, o Options) (Outcome, error) {
	var out Outcome
	unlock, joined, err := lap.Lock(ctx, o.Lap)
	if err != nil {
		return out, err
	}
	defer unlock()
	rate, err := pilot(ctx, o)
	if err != nil {
		return out, fmt.Errorf("booting %s for the first time: %w", o.Old.Name, err)
	}
	each := o.each()
	short := lap.Short{Warm: each / 4, Solo: each * 2 / 5, Load: each * 7 / 20, Rate: rate}
	order := bench.Order(o.boots(), o.Lap.Seed)
	boots := make([]bench.Boot, 0, len(order))
	for i, arm := range order {
		v := o.version(arm)
		name := fmt.Sprintf("boot %d/%d", i+1, len(order))
		o.Lap.Sink(lap.Event{Stage: name, Text: v.Name})
		var ev *core.Evidence
		ev, _, err = lap.Once(ctx, o.options(v, name, uint64(i)), short)
		if err != nil {
			err = fmt.Errorf("boot %d, %s: %w", i+1, v.Name, err)
			break
		}
		boots = append(boots, bench.Reduce(arm, ev))
		if arm == bench.New {
			out.Last = ev
		}
	}
	out.Comparison = bench.Compare(boots)
	out.Comparison.Against, out.Comparison.Seed = o.Old.Name, o.Lap.Seed
	out.Shared = joined()
	if out.Shared && out.Last != nil {
		out.Last.Findings = append(out.Last.Findings, finding.Finding{ID: "PW-MACHINE-SHARED", Severity: finding.Critical, Subject: "machine",
			Title: "another lap ran beside this comparison: its times are worthless", Detail: "Counters (statements, objects) hold.",
			Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{"pitwall lap --wait"}})
	}
	return out, err
}

func (o Options) version(a bench.Arm) Version {
	if a == bench.Old {
		return o.Old
	}
	return o.New
}

// options of one boot: every boot draws its own requests.
func (o Options) options(v Version, name string, boot uint64) lap.Options {
	one := o.Lap
	one.Spec, one.Env, one.Hz, one.Journal = v.Spec, v.Env, 0, nil
	one.Seed = o.Lap.Seed + boot
	said := o.Lap.Sink
	one.Sink = func(e lap.Event) { // one line a boot is enough
		if e.Text == "" {
			e.Stage = name + ", " + e.Stage
			said(e)
		}
	}
	return one
}

// pilot boots the old version once, uncounted, to learn the rate that both
// are offered.
func pilot(ctx context.Context, o Options) (float64, error) {
	if o.Lap.Rate > 0 {
		return o.Lap.Rate, nil
	}
	one := o.options(o.Old, "pilot", 0)
	one.Sink = o.Lap.Sink
	_, sustained, err := lap.Once(ctx, one, lap.Short{Warm: o.pilot() / 2, Closed: o.pilot() / 2})
	if err != nil {
		return 0, err
	}
	share := o.Lap.Share
	if share == 0 {
		share = lap.DefaultShare
	}
	return share * sustained, nil
}
