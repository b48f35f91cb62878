package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/analyze/answer"
	core "pitwall/core/bench"
	"pitwall/core/route"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/drive/supervise"
	"pitwall/internal/realtest"
)

// TestSupervisorChild is no test: the test binary plays the supervisor.
func TestSupervisorChild(t *testing.T) {
	if os.Getenv("PITWALL_TEST_SUPERVISOR") == "" {
		t.Skip("it is the supervisor of other tests")
	}
	if err := supervise.Child(os.Stdin, os.Stdout); err != nil {
		t.Fatal(err)
	}
}

func supervisor() []string {
	return []string{"env", "PITWALL_TEST_SUPERVISOR=1", os.Args[0], "-test.run=^TestSupervisorChild$"}
}

// ownApp is the app of testdata in the given settings of its environment,
// each of which is an arm.
func ownApp(t *testing.T, settings ...map[string]string) *Apps {
	t.Helper()
	realtest.Puma(t)
	dir, err := filepath.Abs("testdata/app")
	if err != nil {
		t.Fatal(err)
	}
	app := &spec.Spec{App: "own", Dir: dir, Processes: []spec.Unit{{Name: "web", Command: "puma -C puma.rb", Port: spec.Auto,
		Env: map[string]string{"RACK_ENV": "production"}, Ready: spec.Ready{HTTP: "/up"}}}}
	apps := &Apps{Spec: app, Supervisor: supervisor(), Say: func(s string) { t.Log(s) }}
	for i, env := range settings {
		name := []string{"old", "new", "third"}[i]
		apps.Versions = append(apps.Versions, Version{Name: name, Dir: dir, Ruby: []string{realtest.Ruby(t)}, Env: env})
	}
	t.Cleanup(apps.Close)
	return apps
}

func subject(t *testing.T, apps *Apps, b spec.Benchmark, r route.Route) pairs.Subject {
	t.Helper()
	if r.Name == "" {
		r.Name = "it"
	}
	b.Name, b.Route = "bench", r.Name
	s, err := NewRoute(apps, &spec.Bench{File: "b.yml", Routes: []route.Route{r}}, b, Pace{Steady: 200 * time.Millisecond, Limit: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRealRouteOverSocket(t *testing.T) {
	apps := ownApp(t, map[string]string{"WORK": "200"}, map[string]string{"WORK": "2000"})
	s := subject(t, apps, spec.Benchmark{Over: "socket"}, route.Route{Path: "/work"})
	var units []core.Unit
	for arm := range 2 {
		u, err := s.Measure(t.Context(), pairs.Turn{Arm: arm, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v, %d blocks, %v %v", u.Values, len(u.Blocks), u.WarmUp, u.Notes)
		units = append(units, u)
	}
	// 1800 more numbers, each with two strings.
	if more := units[1].Values[core.Objects] - units[0].Values[core.Objects]; more < 3590 || more > 3610 {
		t.Errorf("%v objects more, want 3600", more)
	}
	if units[0].Values[core.Statements] != 0 || units[0].Values[core.Time] <= 0 || units[0].Values[core.Memory] < 1e6 {
		t.Errorf("%v", units[0].Values)
	}
	if units[0].Digest == "" || units[0].Digest != units[1].Digest || len(units[0].Blocks) < 5 {
		t.Errorf("digests %q and %q, %d blocks", units[0].Digest, units[1].Digest, len(units[0].Blocks))
	}
}

func TestRealRouteThatAnswersDifferently(t *testing.T) {
	apps := ownApp(t, nil, map[string]string{"GREETING": "hullo"})
	s := subject(t, apps, spec.Benchmark{Over: "socket"}, route.Route{Path: "/greet"})
	if _, err := s.Measure(t.Context(), pairs.Turn{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Measure(t.Context(), pairs.Turn{Arm: 1})
	var differ *answer.MismatchError
	if !errors.As(err, &differ) || differ.Itself || !strings.Contains(err.Error(), "-<p>hello</p>") || !strings.Contains(err.Error(), "+<p>hullo</p>") {
		t.Errorf("%v", err)
	}
	_, err = subject(t, apps, spec.Benchmark{Over: "socket"}, route.Route{Path: "/luck"}).Measure(t.Context(), pairs.Turn{})
	if !errors.As(err, &differ) || !differ.Itself || !strings.Contains(err.Error(), "ignore: ['Your number is ([0-9]+)") {
		t.Errorf("%v", err)
	}
}
