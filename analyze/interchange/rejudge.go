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
	Weak       string          `json:"weak"` // why the verdict is weaker than that of a run of ours; empty without one
}

// Options say how two sides are compared.
type Options struct {
	Margin float64 // of the verdict "same": 0.02 is ±2 %
	InTurn bool    // the sittings of the two sides took turns, in the order in which they are given
}

// fixedOrder is why pairs are weak that we did not draw.
const fixedOrder = "which side of a pair came first was not drawn by lot"

// unpaired is why processes that took turns are weaker still when they are no
// pairs.
const unpaired = "the sides have different numbers of values, so that they are no pairs and drift counts as noise"

// drift is why sittings that nobody interleaved decide nothing.
const drift = "nothing says that the sides took turns: a machine that drifts from one sitting to the next looks like a change"

// leastTurns is how many turns a verdict takes at least, as the first look of a
// run of ours does: two pairs that happen to agree look certain.
const leastTurns = 6

// mostDifferences bounds the pairs of samples that an estimate looks at.
const mostDifferences = 1_000_000

// Compare judges what two sides have in common, and says what they have not.
func Compare(old, new *File, o Options) ([]Judgement, []string) {
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
		j := judge(old.Source, before, b, o)
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
// the first, and the versions in an export of ours with the first.
func Within(f *File, o Options) []Judgement {
	found := []Judgement{}
	for i, b := range f.Benchmarks {
		base := f.base(b)
		if base < 0 || base == i {
			continue
		}
		old := f.Benchmarks[base]
		j := judge(f.Source, old, b, o)
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
		case YJITBench, Go: // the first Ruby or version
			if o.Name == b.Name && best < 0 && (f.Source != Go || b.InTurn) {
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
					return -b.Mean()
				}
				return b.Mean()
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
	name := f.Files[0]
	if len(f.Files) > 1 {
		name = plural(len(f.Files), "file")
	}
	if n := len(b.Processes()); n > 0 {
		name += " (" + plural(n, "process") + ")"
	}
	return name
}

// judge says what may be said: a verdict only where several sittings or
// processes of both sides took turns, for what differs from one process to the
// next, or from one hour to the next, is not in any one of them.
func judge(source Source, old, new Benchmark, o Options) Judgement {
	j := Judgement{Claim: claim(source, old, new)}
	rule := stat.Rule{Metric: new.Metric, Unit: new.Unit, Margin: o.Margin, HigherIsBetter: new.Better == Higher}
	a, b := old.units(), new.units()
	switch {
	case len(a) == 0 || len(b) == 0:
		j.Comparison = means(rule, old, new)
	case new.Better == "":
		j.Comparison = undecided(rule, old.inside(), new.inside(), "the file does not say whether more or less of it is better")
	case new.Exact && old.Exact:
		j.Comparison = stat.CompareCounters(rule, old.Samples(), new.Samples())
	case len(a) < 2 || len(b) < 2:
		j.Comparison = undecided(rule, old.inside(), new.inside(), unseen(old, new))
	case !o.InTurn && !(old.InTurn && new.InTurn):
		j.Comparison = undecided(rule, a, b, drift)
	case min(len(a), len(b)) < leastTurns:
		j.Comparison = undecided(rule, a, b, fmt.Sprintf("%d against %d values that took turns, and a verdict takes %d of each", len(a), len(b), leastTurns))
	case len(a) != len(b):
		j.Weak = unpaired
		j.Comparison = stat.CompareGroups(rule, a, b)
	default:
		j.Weak = fixedOrder
		j.Comparison = stat.ComparePairs(rule, a, b)
	}
	return j
}

// units is one value for each thing that was measured apart from the others: a
// sitting, or a process where those of both sides took turns.
func (b Benchmark) units() []float64 {
	out := []float64{}
	for _, sitting := range b.Sittings {
		var inside []float64
		for _, process := range sitting {
			inside = append(inside, median(process))
		}
		if b.InTurn {
			out = append(out, inside...)
		} else {
			out = append(out, median(inside))
		}
	}
	return out
}

func median(values []float64) float64 {
	return stat.OrderQuantile(0.5, slices.Sorted(slices.Values(values)))
}

// unseen is what varies without being in the samples.
func unseen(old, new Benchmark) string {
	a, b := len(old.Processes()), len(new.Processes())
	if a > 1 && b > 1 {
		return fmt.Sprintf("%d processes in one go against %d in one go: how a machine differs from one go to the next is not in them, and looks like a change", a, b)
	}
	return fmt.Sprintf("%s against %s: what differs from process to process is not in the samples, so no number of them decides", plural(a, "process"), plural(b, "process"))
}

// undecided estimates the ratio of what is there, without a verdict.
func undecided(rule stat.Rule, old, new []float64, why string) stat.Comparison {
	return stat.Unpaired(rule.Metric, stat.Mean(old, rule.Unit, 0.95), stat.Mean(new, rule.Unit, 0.95), ratioOf(old, new), why)
}

// inside is a value for each process where there are several, else the
// samples of the one.
func (b Benchmark) inside() []float64 {
	processes := b.Processes()
	if len(processes) < 2 {
		return b.Samples()
	}
	out := make([]float64, len(processes))
	for i, p := range processes {
		out[i] = median(p)
	}
	return out
}

// Mean is the mean of all samples, or the one that is left of them; NaN unknown.
func (b Benchmark) Mean() float64 {
	if all := b.Samples(); len(all) > 0 {
		return meanOf(all)
	}
	if b.Summary != nil {
		return b.Summary.Mean
	}
	return math.NaN()
}

// ratioOf is new over old of independent samples: the shift of their
// logarithms by Hodges and Lehmann, or without an interval when they are too
// many for that.
func ratioOf(a, b []float64) stat.Estimate {
	const method = "ratio of what was seen, Hodges-Lehmann"
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
		return stat.None(b.Mean(), rule.Unit, 0.95, n, "mean, samples thrown away")
	}
	why := "only means are left: a standard deviation is how much single samples vary, and whether two of them overlap says nothing of the means"
	return stat.Unpaired(rule.Metric, alone(old), alone(new), stat.None(new.Mean()/old.Mean(), "1", 0.95, 0, "ratio of means"), why)
}
