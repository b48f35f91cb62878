package interchange

import (
	"fmt"
	"math"
	"slices"

	"pitwall/core/stat"
	"pitwall/core/unit"
)

// claim is what the tool that wrote the samples says of them, worked out as it
// does; empty where it says nothing.
func claim(source Source, old, new Benchmark) string {
	switch {
	case source == IPS && new.Metric == "rate":
		return ipsClaim(old, new)
	case source == Hyperfine && new.Metric == "time":
		return hyperfineClaim(old, new)
	case source == Go:
		return benchstatClaim(old, new)
	case source == YJITBench && new.Metric == "time":
		return yjitClaim(old, new)
	case source == Derailed && new.Metric == "time":
		return derailedClaim(old, new)
	}
	return ""
}

// ipsClaim is benchmark-ips's compare! of new with the baseline old
// (lib/benchmark/compare.rb; stats/sd.rb, whose error is rounded to a whole
// iteration a second; stats/stats_metric.rb, overlaps?).
func ipsClaim(old, new Benchmark) string {
	a, ea := ipsStats(old)
	b, eb := ipsStats(new)
	if !(a > 0 && b > 0) {
		return ""
	}
	rounding := ""
	if ea == 0 || eb == 0 {
		rounding = fmt.Sprintf(" (its error is rounded to ±%.0f and ±%.0f i/s)", ea, eb)
	}
	switch {
	case b+eb > a-ea && b-eb < a+ea:
		return "same-ish: difference falls within error" + rounding
	case b > a:
		return fmt.Sprintf("%.2fx faster%s", b/a, rounding)
	}
	return fmt.Sprintf("%.2fx slower%s", a/b, rounding)
}

// ipsStats is the mean and the rounded population standard deviation.
func ipsStats(b Benchmark) (mean, err float64) {
	all := b.Samples()
	if len(all) == 0 {
		return b.Mean(), math.Max(0, math.Round(b.Summary.SD))
	}
	return meanOf(all), math.Round(math.Sqrt(variance(all, 0)))
}

// hyperfineClaim is hyperfine's summary (src/benchmark/relative_speed.rs): the
// ratio of the means and the spread of single executions carried through the
// division.
func hyperfineClaim(old, new Benchmark) string {
	fast, slow, name := old, new, "the old one"
	if new.Mean() < old.Mean() {
		fast, slow, name = new, old, "the new one"
	}
	if old.Name != new.Name {
		name = fmt.Sprintf("%q", fast.Name)
	}
	a, b := fast.Mean(), slow.Mean()
	if !(a > 0 && b > 0) {
		return ""
	}
	r := b / a
	sa, sb := spread(fast), spread(slow)
	if sa < 0 || sb < 0 {
		return fmt.Sprintf("%s ran %.2f times faster", name, r)
	}
	return fmt.Sprintf("%s ran %.2f ± %.2f times faster", name, r, r*math.Hypot(sa/a, sb/b))
}

// spread is the sample standard deviation; -1 unknown.
func spread(b Benchmark) float64 {
	all := b.Samples()
	switch {
	case len(all) > 1:
		return math.Sqrt(variance(all, 1))
	case len(all) == 0 && b.Summary != nil:
		return b.Summary.SD
	}
	return -1
}

// benchstatClaim is a line of benchstat: the change of the median, or "~" when
// the rank test does not reach 5 %.
func benchstatClaim(old, new Benchmark) string {
	a, b := slices.Sorted(slices.Values(old.Samples())), slices.Sorted(slices.Values(new.Samples()))
	if len(a) == 0 || len(b) == 0 {
		return ""
	}
	p := stat.MannWhitney(a, b)
	n := fmt.Sprintf("n=%d", len(a))
	if len(a) != len(b) {
		n = fmt.Sprintf("n=%d+%d", len(a), len(b))
	}
	if p >= 0.05 {
		return fmt.Sprintf("~ (p=%.3f %s)", p, n)
	}
	change := 100 * (stat.OrderQuantile(0.5, b)/stat.OrderQuantile(0.5, a) - 1)
	if math.IsNaN(change) || math.IsInf(change, 0) {
		return fmt.Sprintf("? (p=%.3f %s)", p, n)
	}
	return fmt.Sprintf("%+.2f%% (p=%.3f %s)", change, p, n)
}

// yjitClaim is a row of run_benchmarks.rb: means, and the first over the other.
func yjitClaim(old, new Benchmark) string {
	a, b := old.Mean(), new.Mean()
	if !(a > 0 && b > 0) {
		return ""
	}
	return fmt.Sprintf("%.1f ms and %.1f ms, ratio %.3f", 1e3*a, 1e3*b, a/b)
}

// derailedClaim is that of perf:library, whose Kolmogorov-Smirnov test reacts
// to shape as well as to size and is not done again.
func derailedClaim(old, new Benchmark) string {
	a, b := slices.Sorted(slices.Values(old.Samples())), slices.Sorted(slices.Values(new.Samples()))
	if len(a) == 0 || len(b) == 0 {
		return ""
	}
	ma, mb := stat.OrderQuantile(0.5, a), stat.OrderQuantile(0.5, b)
	word, r := "faster", ma/mb
	if mb > ma {
		word, r = "slower", mb/ma
	}
	return fmt.Sprintf("%s by %.4fx (medians %s and %s)", word, r, unit.Seconds(ma), unit.Seconds(mb))
}

func meanOf(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// variance divides by n less the degrees of freedom that the mean took.
func variance(values []float64, less int) float64 {
	mean := meanOf(values)
	var sum float64
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-less)
}
