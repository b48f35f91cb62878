package bench

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

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
	app.Services = slices.DeleteFunc(app.Services, func(u spec.Unit) bool { return u.Name == "slow" }) // no route here asks it
	apps := &Apps{Spec: app, Supervisor: supervisor(), Say: func(s string) { t.Log(s) }}
	for i, fix := range fixes {
		name := []string{"old", "new", "third"}[i]
		apps.Versions = append(apps.Versions, Version{Name: name, Dir: app.Dir, Ruby: []string{realtest.Ruby(t)}, Env: map[string]string{"SHOP_FIX": fix}})
	}
	t.Cleanup(apps.Close)
	return apps
}

// route of the shop as a benchmark.
func (s *started) route(t *testing.T, b spec.Benchmark) pairs.Subject {
	t.Helper()
	b.Name = "bench " + b.Route
	sub, err := NewRoute(s.Apps, &spec.Bench{File: "b.yml"}, b, Pace{Steady: 200 * time.Millisecond, Limit: 600 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func measured(t *testing.T, s pairs.Subject, arm int) core.Unit {
	t.Helper()
	u, err := s.Measure(t.Context(), pairs.Turn{Arm: arm, Seed: 11, Pad: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("arm %d: %v, %d blocks, overhead %v, %+v, GC %+v, digest %s\n%s", arm, u.Values, len(u.Blocks), u.Overhead, u.WarmUp, u.GC, u.Digest, strings.Join(u.Notes, "\n"))
	return u
}

// ANSWERS.md: the orders page sends 51 statements, with the fix 2.
func TestRealRouteInProcess(t *testing.T) {
	s := &started{shop(t, "", "n_plus_one")}
	orders := s.route(t, spec.Benchmark{Route: "orders"})
	old, new := measured(t, orders, 0), measured(t, orders, 1)
	if old.Values[core.Statements] != 51 || new.Values[core.Statements] != 2 {
		t.Errorf("%v and %v statements, want 51 and 2", old.Values[core.Statements], new.Values[core.Statements])
	}
	if old.Digest != new.Digest || old.Digest == "" {
		t.Errorf("digests %q and %q", old.Digest, new.Digest)
	}
	if old.Values[core.Objects] <= new.Values[core.Objects] || old.Overhead <= 0 || len(old.Blocks) == 0 || old.Values[core.Memory] < 5e7 {
		t.Errorf("%v", old.Values)
	}
}

// A page behind a login, and a form that writes.
func TestRealRouteThatWrites(t *testing.T) {
	s := &started{shop(t, "")}
	users := s.count(t, 0)
	signup := measured(t, s.route(t, spec.Benchmark{Route: "signup"}), 0)
	if after := s.count(t, 0); after != users || users == "" {
		t.Errorf("%s users before and %s after", users, after)
	}
	if signup.Values[core.Statements] < 2 || !strings.Contains(strings.Join(signup.Notes, "\n"), "rolled back") {
		t.Errorf("%v, %q", signup.Values, signup.Notes)
	}
	// Two processes of one version, logged in as one user, make the same objects.
	account, err := NewRoute(s.Apps, &spec.Bench{}, spec.Benchmark{Name: "account", Route: "account"}, Pace{Count: true})
	if err != nil {
		t.Fatal(err)
	}
	one, two := measured(t, account, 0), measured(t, account, 0)
	if one.Values[core.Objects] != two.Values[core.Objects] || one.Values[core.Objects] < 1000 || one.Digest != two.Digest {
		t.Errorf("%v and %v objects", one.Values[core.Objects], two.Values[core.Objects])
	}
}

type started struct{ *Apps }

// count is the number of users in an arm's database.
func (s *started) count(t *testing.T, arm int) string {
	t.Helper()
	app, err := s.services(t.Context(), arm)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("psql", "-h", app.Dir+"/pg", "-U", "shop", "-At", "-c", "select count(*), sum(id) from users", "shop").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestRealJob(t *testing.T) {
	apps := shop(t, "")
	job := func(b spec.Benchmark) pairs.Subject {
		b.Name = "ship"
		s, err := NewJob(apps, &spec.Bench{}, b, Pace{Steady: 100 * time.Millisecond, Limit: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	u := measured(t, job(spec.Benchmark{Job: "ShipOrderJob", Arguments: [][]any{{1}, {2}, {3}}}), 0)
	// It finds the order and its user, and updates it: what it writes is taken
	// back, else the second perform would have nothing to update.
	if u.Values[core.Statements] < 2 || u.Values[core.Time] <= 0 {
		t.Errorf("%v", u.Values)
	}
	for name, b := range map[string]spec.Benchmark{
		"there is no class NoSuchJob":               {Job: "NoSuchJob"},
		"takes 1 arguments, and arguments: gives 2": {Job: "ShipOrderJob", Arguments: [][]any{{1, 2}}},
		"takes 1 arguments, and arguments: gives 0": {Job: "ShipOrderJob"},
		"Order has no method perform":               {Job: "Order"},
	} {
		_, err := job(b).Measure(t.Context(), pairs.Turn{})
		var bad *Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRealDrain(t *testing.T) {
	b := spec.Benchmark{Name: "ship", Job: "ShipOrderJob", Arguments: [][]any{{1}, {2}, {3}}, Drain: &spec.Drain{Jobs: 200, Concurrency: 2}}
	apps := shop(t, "")
	s, err := NewJob(apps, &spec.Bench{}, b, Pace{})
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
	b.Job = "NoSuchJob"
	if s, err = NewJob(apps, &spec.Bench{}, b, Pace{}); err != nil {
		t.Fatal(err)
	}
	var bad *Error
	if _, err = s.Measure(t.Context(), pairs.Turn{}); !errors.As(err, &bad) || !strings.Contains(bad.Text, "there is no class NoSuchJob") {
		t.Errorf("%v", err)
	}
	apps.Spec.Disposable, b.Job = nil, "ShipOrderJob"
	if s, err = NewJob(apps, &spec.Bench{}, b, Pace{}); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Measure(t.Context(), pairs.Turn{}); !errors.As(err, &bad) || !strings.Contains(bad.Text, "(shop) is not marked disposable") {
		t.Errorf("%v", err)
	}
}
