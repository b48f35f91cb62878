package history

import (
	"cmp"
	"maps"

	"pitwall/core/bench"
)

// Lines are what a run of benchmarks leaves in the record: one line a
// benchmark, of the new version where two were compared. A benchmark that was
// refused leaves none; units that were discarded leave what is counted alone.
// It never returns nil.
func Lines(r *bench.Result) []bench.Line {
	lines := []bench.Line{}
	index := recorded(r.Arms)
	if index < 0 {
		return lines
	}
	arm := r.Arms[index]
	for _, b := range r.Benchmarks {
		l := bench.Line{
			Format: bench.LineFormat, Time: r.Run.Started, Revision: cmp.Or(arm.Revision, r.Run.Revision), Run: r.Run.ID, Benchmark: b.Name, File: b.File,
			Machine: r.Run.Machine.Fingerprint, CPU: r.Run.Machine.CPU, Ruby: cmp.Or(arm.Ruby, r.Run.Ruby), Env: maps.Clone(r.Run.Env), Values: map[bench.Metric][]float64{},
		}
		if len(arm.Env) > 0 && l.Env == nil {
			l.Env = map[string]string{}
		}
		maps.Copy(l.Env, arm.Env)
		for _, u := range b.Units {
			if u.Arm != index {
				continue
			}
			l.Ruby = cmp.Or(l.Ruby, u.Ruby)
			for metric, v := range u.Values {
				if u.Discarded == "" || metric.Counter() {
					l.Values[metric] = append(l.Values[metric], v)
				}
			}
		}
		if b.Refused == "" && len(l.Values) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// recorded is the index of the first new arm, else of the first that is no
// control, else -1.
func recorded(arms []bench.Arm) int {
	found := -1
	for i, a := range arms {
		if a.Role == bench.New {
			return i
		}
		if a.Role != bench.Control && found < 0 {
			found = i
		}
	}
	return found
}
