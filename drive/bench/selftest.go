package bench

import (
	"context"
	"fmt"

	"pitwall/analyze/bench"
	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/machine"
)

// SelfTest measures the one benchmark of a file against itself and against
// copies that do more work: PITWALL_MORE tells the body by how many thousandths.
// It returns the trial, its arms, and what spoilt the machine's times meanwhile.
// Nothing stops it early but the context, which gives the trial so far with its
// error.
func SelfTest(ctx context.Context, path, ruby string, seed uint64, rounds int, more []int, sink func(pairs.Step)) (*bench.Trial, []core.Arm, []string, error) {
	file, err := spec.LoadBench(path)
	if err != nil {
		return nil, nil, nil, err
	}
	words, err := spec.Words(ruby)
	if err != nil || len(words) == 0 {
		return nil, nil, nil, &Error{Text: fmt.Sprintf("%q is no command that runs Ruby", ruby), Hint: "pitwall bench selftest --ruby ruby"}
	}
	arm := func(name string, role core.Role, more int) (core.Arm, Version) {
		v := Version{Name: name, Dir: file.Dir, Ruby: words, Env: map[string]string{"PITWALL_MORE": fmt.Sprint(more)}}
		return core.Arm{Name: name, Role: role, Ruby: rubyVersion(ctx, v), Env: v.Env}, v
	}
	var arms []core.Arm
	var versions []Version
	add := func(a core.Arm, v Version) { arms, versions = append(arms, a), append(versions, v) }
	add(arm("work", core.Old, 0))
	for _, m := range more {
		add(arm(fmt.Sprintf("+%g %%", float64(m)/10), core.New, m))
	}
	add(arm("work, again", core.Control, 0))
	code, err := NewCode(file, file.Benchmarks[0], versions, Pace{})
	if err != nil {
		return nil, nil, nil, err
	}
	before, was := machine.Read(), machine.Conditions()
	trial, failures, err := pairs.Bench{
		Design:   bench.Design{Seed: seed, Arms: arms, Least: rounds, Most: rounds, OneStage: true, Benchmarks: []bench.Plan{{Name: "work", Kind: core.Code, Differ: true}}},
		Subjects: []pairs.Subject{code}, Sink: sink,
	}.Run(ctx)
	if len(failures) > 0 {
		return nil, nil, nil, failures[0]
	}
	return trial, arms, spoils(before, was), err
}
