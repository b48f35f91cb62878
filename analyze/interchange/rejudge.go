package interchange

import (
	"fmt"
	"math"
	"slices"

	"pitwall/core/stat"
)

// Judgement is what may be said of one metric of a benchmark, beside what its
// own tool claims.
type Judgement struct {
	Benchmark  string          `json:"benchmark"`
	Old        string          `json:"old"` // what is compared: files, commands, reports, Rubies
	New        string          `json:"new"`
	Claim      string          `json:"claim"` // of the file's own tool; empty when it makes none
	Comparison stat.Comparison `json:"comparison"`
	Weak       string          `json:"weak"` // why even a verdict is weaker than a paired run's
}

// blocked is why processes that were measured one version after the other are
// weak: here, benchstat called 22 of 60 such comparisons of identical programs
// different, and 1 of 60 when they took turns.
const blocked = "one version was measured after the other, not in turn: a machine that drifts meanwhile looks like a change"

// mostDifferences bounds the pairs of samples that an estimate looks at.
const mostDifferences = 1_000_000

// Compare judges what two sides have in common. margin is that of the verdict
// "same"; 0.02 is ±2 %.
func Compare(old, new *File, margin float64) ([]Judgement, []string) {
	found, notes := []Judgement{}, []string{}
	byKey := map[[3]string]Benchmark{}
	for _, b := range old.Benchmarks {
		byKey[b.key()] = b
	}
	sole := soleName(old) != "" && soleName(new) != "" && soleName(old) != soleName(new)
	if sole {
		notes = append(notes, fmt.Sprintf("%q and %q have different names and are the only ones: they are compared", soleName(old), soleName(new)))
	}
	for _, b := range new.Benchmarks {
		key := b.key()
		if sole {
			key[0] = soleName(old)
		}
		before, ok := byKey[key]
		if !ok {
			notes = append(notes, fmt.Sprintf("%s (%s) is only in the new files", b.title(), b.Metric))
			continue
		}
		delete(byKey, key)
		j := judge(old.Source, before, b, margin)
		j.Benchmark, j.Old, j.New = b.title(), sideName(old, before), sideName(new, b)
		if sole {
			j.Benchmark = before.title() + " → " + b.title()
		}
		found = append(found, j)
	}
	for _, b := range old.Benchmarks {
		if _, left := byKey[b.key()]; left {
			notes = append(notes, fmt.Sprintf("%s (%s) is only in the old files", b.title(), b.Metric))
		}
	}
	return found, notes[:min(len(notes), 100)]
}

// Within judges what one side compares by itself: the entries of benchmark-ips
// and the commands of hyperfine with the fastest, the Rubies of yjit-bench with
// the first.
func Within(f *File, margin float64) []Judgement {
	found := []Judgement{}
	for i, b := range f.Benchmarks {
		base := f.base(b)
		if base < 0 || base == i {
			continue
		}
		old := f.Benchmarks[base]
		j := judge(f.Source, old, b, margin)
		j.Benchmark, j.Old, j.New = b.title(), old.title(), b.title()
		if old.Name == b.Name {
			j.Benchmark, j.Old, j.New = b.Name, old.Variant, b.Variant
		}
		found = append(found, j)
	}
	return found
}

// base is the index of what b is compared with in its own file; -1 for
// nothing.
func (f *File) base(b Benchmark) int {
	best := -1
	for i, o := range f.Benchmarks {
		if o.Metric != b.Metric {
			continue
		}
		switch f.Source {
		case IPS, Hyperfine: // the fastest
			if best < 0 || f.faster(i, best) {
				best = i
			}
		case YJITBench: // the first Ruby
			if o.Name == b.Name && best < 0 {
				best = i
			}
		}
	}
	return best
}

// faster compares by time or rate, also for a memory or CPU metric of the same
// command, so that all metrics of a command have one base.
func (f *File) faster(i, j int) bool {
	lead := func(k int) float64 {
		for _, b := range f.Benchmarks {
			if b.Name == f.Benchmarks[k].Name && (b.Metric == "time" || b.Metric == "rate") {
				if b.Better == Higher {
					return -b.mean()
				}
				return b.mean()
			}
		}
		return math.Inf(1)
	}
	return lead(i) < lead(j)
}

func (b Benchmark) title() string {
	if b.Variant == "" {
		return b.Name
	}
	return b.Name + ", " + b.Variant
}

// soleName is the name of the only benchmark of a side; empty when there are
// several.
func soleName(f *File) string {
	name := ""
	for _, b := range f.Benchmarks {
		if name != "" && b.Name != name {
			return ""
		}
		name = b.Name
	}
	return name
}

func sideName(f *File, b Benchmark) string {
	if len(f.Files) == 1 {
		return fmt.Sprintf("%s (%s)", f.Files[0], plural(max(1, len(b.Processes)), "process"))
	}
	return fmt.Sprintf("%s (%s)", plural(len(f.Files), "file"), plural(max(1, len(b.Processes)), "process"))
}

// judge says what may be said: a verdict only where both sides have several
// processes, for what differs between processes is not in any one of them.
func judge(source Source, old, new Benchmark, margin float64) Judgement {
	j := Judgement{Claim: claim(source, old, new), Weak: blocked}
	rule := stat.Rule{Metric: new.Metric, Unit: new.Unit, Margin: margin, HigherIsBetter: new.Better == Higher}
	a, b := old.units(), new.units()
	switch {
	case len(a) == 0 || len(b) == 0:
		j.Comparison = means(rule, old, new)
		j.Weak = "the samples were thrown away"
	case new.Better == "":
		j.Comparison = stat.Unpaired(new.Metric, stat.Mean(a, new.Unit, 0.95), stat.Mean(b, new.Unit, 0.95), ratioOf(a, b),
			"the file does not say whether more or less of it is better")
	case new.Exact && old.Exact:
		j.Comparison = stat.CompareCounters(rule, old.Samples(), new.Samples())
		j.Weak = "its file says that it is the same each time"
	case len(a) < 2 || len(b) < 2:
		j.Comparison = onesided(rule, old, new)
	default:
		j.Comparison = stat.CompareGroups(rule, a, b)
	}
	return j
}

// units is one value a process: the median of its samples.
func (b Benchmark) units() []float64 {
	out := make([]float64, 0, len(b.Processes))
	for _, p := range b.Processes {
		if len(p) == 0 {
			continue
		}
		sorted := slices.Sorted(slices.Values(p))
		out = append(out, stat.OrderQuantile(0.5, sorted))
	}
	return out
}

func (b Benchmark) mean() float64 {
	if all := b.Samples(); len(all) > 0 {
		return meanOf(all)
	}
	if b.Summary != nil {
		return b.Summary.Mean
	}
	return math.NaN()
}

// onesided estimates the ratio from the samples of single processes and gives
// no verdict: the interval holds what varies inside a process, and layout,
// hash seed and the hour of the day vary between processes.
func onesided(rule stat.Rule, old, new Benchmark) stat.Comparison {
	a, b := old.Samples(), new.Samples()
	why := fmt.Sprintf("%s against %s: what differs from process to process is not in the samples, so no number of them decides",
		plural(len(old.Processes), "process"), plural(len(new.Processes), "process"))
	return stat.Unpaired(rule.Metric, stat.Mean(a, rule.Unit, 0.95), stat.Mean(b, rule.Unit, 0.95), ratioOf(a, b), why)
}

// ratioOf is new over old of independent samples: the shift of their
// logarithms by Hodges and Lehmann, or without an interval when they are too
// many for that.
func ratioOf(a, b []float64) stat.Estimate {
	const method = "ratio inside the processes, Hodges-Lehmann"
	la, lb := logs(a), logs(b)
	if la == nil || lb == nil || len(la)*len(lb) > mostDifferences {
		return stat.None(meanOf(b)/meanOf(a), "1", 0.95, min(len(a), len(b)), "ratio of means")
	}
	e := stat.Shift(la, lb, "1", 0.95)
	e.Point, e.Low, e.High, e.Method = math.Exp(e.Point), math.Exp(e.Low), math.Exp(e.High), method
	return finite(e)
}

// finite keeps an estimate that can be written as JSON.
func finite(e stat.Estimate) stat.Estimate {
	for _, v := range []float64{e.Point, e.Low, e.High} {
		if math.IsInf(v, 0) || math.IsNaN(v) || math.Abs(v) > math.MaxFloat64/2 {
			return stat.None(math.NaN(), e.Unit, e.Asked, 0, "no finite ratio")
		}
	}
	return e
}

// logs is nil when a value has no logarithm.
func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		if !(v > 0) {
			return nil
		}
		out[i] = math.Log(v)
	}
	return out
}

// means compares what is left without samples. The standard deviation of
// single samples says nothing of how sure a mean is: it does not become
// smaller with more of them.
func means(rule stat.Rule, old, new Benchmark) stat.Comparison {
	alone := func(b Benchmark) stat.Estimate {
		n := 0
		if b.Summary != nil {
			n = b.Summary.N
		}
		return stat.None(b.mean(), rule.Unit, 0.95, n, "mean, samples thrown away")
	}
	why := "only means are left: a standard deviation is how much single samples vary, and whether two of them overlap says nothing of the means"
	return stat.Unpaired(rule.Metric, alone(old), alone(new), stat.None(new.mean()/old.mean(), "1", 0.95, 0, "ratio of means"), why)
}
