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

// TestSupervisorChild is no test: here the test binary plays the supervisor
// for other tests.
func TestSupervisorChild(t *testing.T) {
	if os.Getenv("PITWALL_TEST_SUPERVISOR") == "" {
		return
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
	if cpu := units[0].Values[core.CPU]; cpu <= 0 || cpu > 10*units[0].Values[core.Time] {
		t.Errorf("%v s of CPU time in %v s", cpu, units[0].Values[core.Time])
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

// What an app is asked is the same in process and over a socket.
func TestRealRequestIsTheSameBothWays(t *testing.T) {
	apps := ownApp(t, nil)
	r := route.Route{Method: "PUT", Path: "/echo?a={n}", Headers: map[string]string{"X-One": "1"}, Form: map[string]string{"b": "{n} &"},
		Params: map[string]route.Param{"n": {Range: []int64{1, 1_000_000}}}, Expect: route.Expect{Contains: "PUT /echo?a="}}
	in, out := subject(t, apps, spec.Benchmark{}, r), subject(t, apps, spec.Benchmark{Over: "socket"}, r)
	a, err := in.Measure(t.Context(), pairs.Turn{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	b, err := out.Measure(t.Context(), pairs.Turn{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if a.Digest == "" || a.Digest != b.Digest {
		t.Errorf("digests %q and %q", a.Digest, b.Digest)
	}
	again, err := in.Measure(t.Context(), pairs.Turn{Seed: 3, Round: 1})
	if err != nil || again.Digest != a.Digest {
		t.Errorf("a seed asks for two things: %q and %q, %v", a.Digest, again.Digest, err)
	}
}

// A form whose token is good for once, or for as long as its session lives.
func TestRealTokens(t *testing.T) {
	r := route.Route{Method: "POST", Path: "/join", CSRF: "/form", Form: map[string]string{"email": "{who}@example"}, Writes: true,
		Params: map[string]route.Param{"who": {Unique: true}}, Expect: route.Expect{Status: []int{303}, Contains: "welcome"}}
	apps := ownApp(t, nil, map[string]string{"ONCE": "1"})
	apps.Say = func(string) {}
	s := subject(t, apps, spec.Benchmark{Restore: "true"}, r)
	for arm := range 2 {
		u, err := s.Measure(t.Context(), pairs.Turn{Arm: arm})
		if err != nil {
			t.Fatalf("arm %d: %v", arm, err)
		}
		t.Logf("%v", u.Values)
	}
	if _, err := subject(t, apps, spec.Benchmark{Over: "socket", Restore: "true"}, r).Measure(t.Context(), pairs.Turn{Arm: 1}); err != nil {
		t.Error(err)
	}
	for over, want := range map[string]string{"rack": "without ActiveRecord", "socket": "not marked disposable"} {
		_, err := subject(t, apps, spec.Benchmark{Over: over}, r).Measure(t.Context(), pairs.Turn{})
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Text, want) || !strings.Contains(refused.Hint, "restore:") {
			t.Errorf("%s: %v", over, err)
		}
	}
	_, err := subject(t, apps, spec.Benchmark{Restore: "false"}, r).Measure(t.Context(), pairs.Turn{})
	if err == nil || !strings.Contains(err.Error(), "restore: exit code 1") {
		t.Errorf("%v", err)
	}
}

func TestRealRoutesThatCannotBeMeasured(t *testing.T) {
	apps := ownApp(t, nil, map[string]string{"GREETING": "hullo"})
	for name, c := range map[string]struct {
		over string
		r    route.Route
		want string
	}{
		"no such page":         {"rack", route.Route{Path: "/nowhere"}, "GET /nowhere: answered 404 and not 200 to 299"},
		"no such page, socket": {"socket", route.Route{Path: "/nowhere"}, "GET /nowhere: answered 404 and not 200 to 299"},
		"raises":               {"rack", route.Route{Path: "/raise"}, "RuntimeError: planted"},
		"raises, socket":       {"socket", route.Route{Path: "/raise"}, "answered 500 and not 200 to 299"},
		"no text":              {"rack", route.Route{Path: "/greet", Expect: route.Expect{Contains: "ahoy"}}, `does not contain "ahoy"`},
		"no token":             {"rack", route.Route{Path: "/join", Method: "POST", CSRF: "/stream"}, "holds neither"},
		"by chance":            {"rack", route.Route{Path: "/luck"}, "old does not answer alike twice"},
	} {
		_, err := subject(t, apps, spec.Benchmark{Over: c.over}, c.r).Measure(t.Context(), pairs.Turn{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	s := subject(t, apps, spec.Benchmark{}, route.Route{Path: "/greet"})
	for arm := range 2 {
		_, err := s.Measure(t.Context(), pairs.Turn{Arm: arm})
		var differ *answer.MismatchError
		if errors.As(err, &differ) != (arm == 1) {
			t.Errorf("arm %d: %v", arm, err)
		}
	}
	if _, err := subject(t, apps, spec.Benchmark{}, route.Route{Path: "/stream", Expect: route.Expect{MinBytes: 21}}).Measure(t.Context(), pairs.Turn{}); err != nil {
		t.Error(err)
	}
	for name, r := range map[string]route.Route{"neither in b.yml nor": {Name: "other", Path: "/"}} {
		_, err := NewRoute(apps, &spec.Bench{File: "b.yml", Routes: []route.Route{r}}, spec.Benchmark{Route: "it"}, Pace{})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
}
