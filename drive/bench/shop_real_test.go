package bench

import (
	"errors"
	"strings"
	"testing"

	"pitwall/analyze/answer"
	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/lap"
	"pitwall/drive/pairs"
	"pitwall/internal/realtest"
)

// shop is examples/shop with the faults of each fix turned off, an arm each.
func shop(t *testing.T, fixes ...string) *Apps {
	t.Helper()
	realtest.Rails(t)
	realtest.Puma(t)
	realtest.Sidekiq(t)
	realtest.Postgres(t)
	realtest.Redis(t)
	app, err := lap.LoadSpec("../../examples/shop/pitwall.yml")
	if err != nil {
		t.Fatal(err)
	}
	apps := &Apps{Spec: app, Supervisor: supervisor(), Say: func(s string) { t.Log(s) }}
	for i, fix := range fixes {
		name := []string{"old", "new", "third"}[i]
		apps.Versions = append(apps.Versions, Version{Name: name, Dir: app.Dir, Ruby: []string{realtest.Ruby(t)}, Env: map[string]string{"SHOP_FIX": fix}})
	}
	t.Cleanup(apps.Close)
	return apps
}

var _ = errors.As
var _ answer.Answer

func TestRealDrain(t *testing.T) {
	b := spec.Benchmark{Name: "ship", Job: "ShipOrderJob", Arguments: [][]any{{1}, {2}, {3}}, Drain: &spec.Drain{Jobs: 200, Concurrency: 2}}
	s, err := NewJob(shop(t, ""), &spec.Bench{}, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.Measure(t.Context(), pairs.Turn{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v, %d blocks, %+v, GC %+v\n%s", u.Values, len(u.Blocks), u.WarmUp, u.GC, strings.Join(u.Notes, "\n"))
	calls := int64(0)
	for _, b := range u.Blocks {
		calls += b.Calls
	}
	if calls != 200 || u.Values[core.Time] <= 0 || u.Values[core.CPU] <= 0 || u.Values[core.Memory] < 1e7 || u.Ruby == "" {
		t.Errorf("%d calls, %v, %q", calls, u.Values, u.Ruby)
	}
}
