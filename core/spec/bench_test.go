package spec

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pitwall/core/bench"
	"pitwall/core/route"
)

func TestParseBench(t *testing.T) {
	got, err := ParseBench("b.yml", []byte(`# of the shop
margin: 0.05
because: {source: production log, date: 2026-11-23, share: 0.3}
benchmarks:
  - name: rows
    setup: &s |
      x = 1

      y = 2
    code: |
      Export.new(x).rows

    teardown: x.close
    budgets: ["allocations <= 120"]
  - name: rows, old
    against: rows
    setup: *s
    code: "1 +
      1"
  - name: receipt
    job: ReceiptJob
    arguments: [[1, "a", {b: [null, true, 1.5, 0x10]}], []]
  - name: list
    command: ls {dir}
    parameters: {dir: [/, 1.10]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Bench{
		File: "b.yml", Margin: 0.05, Because: &bench.Because{Source: "production log", Date: "2026-11-23", Share: 0.3},
		Benchmarks: []Benchmark{
			{Name: "rows", Setup: "x = 1\n\ny = 2\n", SetupLine: 7, Code: "Export.new(x).rows\n", CodeLine: 11, Teardown: "x.close", TeardownLine: 13, Budgets: []string{"allocations <= 120"}},
			{Name: "rows, old", Against: "rows", Setup: "x = 1\n\ny = 2\n", SetupLine: 7, Code: "1 + 1", CodeLine: 18},
			{Name: "receipt", Job: "ReceiptJob", Arguments: [][]any{{int64(1), "a", map[string]any{"b": []any{nil, true, 1.5, int64(16)}}}, {}}},
			{Name: "list", Command: "ls {dir}", Parameters: map[string][]string{"dir": {"/", "1.10"}}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Bench{})); diff != "" {
		t.Error(diff)
	}
	for i, kind := range []bench.Kind{bench.Code, bench.Code, bench.Job, bench.Command} {
		if got.Benchmarks[i].Kind() != kind {
			t.Errorf("benchmark %d is a %q", i, got.Benchmarks[i].Kind())
		}
	}
	if _, err := json.Marshal(got.Benchmarks[2].Arguments); err != nil {
		t.Error(err)
	}
}

func TestBenchErrorsShowLineColumnAndExcerpt(t *testing.T) {
	_, err := ParseBench("b.yml", []byte(`benchmarks:
  - name: rows
    cod: x
    code: y
    drain: {jobs: 3}
  - name: r
    route: hme
    budgets:
      - objects <= 5
      - p95 < 80
`))
	want := `b.yml:3:5: benchmarks[0].cod: unknown key; did you mean code?
    2 |   - name: rows
    3 |     cod: x
      |     ^
b.yml:5:5: benchmarks[0].drain: belongs to benchmarks with job, and this one has code
    4 |     code: y
    5 |     drain: {jobs: 3}
      |     ^
b.yml:10:9: benchmarks[1].budgets[1]: a time wants a unit: 80s, 80ms
    9 |       - objects <= 5
   10 |       - p95 < 80
      |         ^`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestNoBenchmarks(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "reading x: it is empty",
		"- a\n":                `x:1:1: it starts with "benchmarks:", not with a list`,
		"benchmarks: []\n":     "is empty: what should be measured?",
		"a: 1\n---\nb: 2\n":    "x:3:1: a second document: one file describes benchmarks",
		"benchmarks: {a: 1}\n": "wants a list",
	} {
		if _, err := ParseBench("x", []byte(in)); !strings.Contains(errText(err), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	if _, err := LoadBench("missing.yml"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestLoadBenchKnowsItsDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.yml")
	if err := os.WriteFile(path, []byte(with("code", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := LoadBench(path)
	if err != nil || b.Dir != filepath.Dir(path) || b.File != path {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestCheckRoutes(t *testing.T) {
	b, err := ParseBench("b.yml", []byte(`routes:
  - {name: mine, path: /mine, session: true}
  - {name: taken, path: /taken}
benchmarks:
  - {name: a, route: mine}
  - {name: b, route: home}
  - {name: c, route: hom}
`))
	if err != nil {
		t.Fatal(err)
	}
	app := &Spec{Routes: []route.Route{{Name: "home", Path: "/"}, {Name: "taken", Path: "/x"}}}
	text := errText(CheckRoutes(b, app))
	for _, want := range []string{
		"b.yml:2:31: routes[0].session: there is no session:",
		"b.yml:3:6: routes[1].name: pitwall.yml has another route \"taken\"",
		"b.yml:7:15: benchmarks[2].route: no route \"hom\" in this file or in pitwall.yml; did you mean \"home\"?",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "b.yml:"); n != 3 {
		t.Errorf("%d errors:\n%s", n, text)
	}
	if text := errText(CheckRoutes(b, nil)); !strings.Contains(text, `no route "home" in this file, and there is no pitwall.yml`) {
		t.Error(text)
	}
	made := &Bench{File: "b.rb", Benchmarks: []Benchmark{{Name: "x", Route: "home"}}}
	if err := CheckRoutes(made, app); err != nil {
		t.Error(err)
	}
	if text := errText(CheckRoutes(made, nil)); !strings.HasPrefix(text, "b.rb: benchmarks[0].route:") {
		t.Error(text)
	}
	if r, ok := b.FindRoute("home", app); !ok || r.Path != "/" {
		t.Errorf("%+v, %v", r, ok)
	}
	if r, ok := b.FindRoute("taken", app); !ok || r.Path != "/taken" {
		t.Errorf("the file's own does not come first: %+v", r)
	}
	if _, ok := b.FindRoute("none", nil); ok {
		t.Error("found")
	}
}

// Benchmarks made in memory have no positions, and are checked all the same.
func TestCheckBenchInMemory(t *testing.T) {
	good := &Bench{Benchmarks: []Benchmark{{Name: "a", Code: "x"}, {Name: "b", Code: "y", Against: "a", Budgets: []string{"objects <= 1"}},
		{Name: "c", Command: "ls", Exit: []int{0}}, {Name: "e", Block: 1}, {Name: "d", Job: "A", Drain: &Drain{Jobs: 5}}}}
	if p := CheckBench(good); len(p) > 0 {
		t.Error(p)
	}
	bad := &Bench{Benchmarks: []Benchmark{{Name: "a"}, {Code: "y"}, {Name: "c", Code: "x", Margin: 2, Budgets: []string{"x"}}, {Name: "d", Job: "A", Drain: &Drain{}}}}
	var paths []string
	for _, p := range CheckBench(bad) {
		paths = append(paths, p.Path)
	}
	want := []string{"benchmarks[0]", "benchmarks[1].name", "benchmarks[2].margin", "benchmarks[2].budgets[0]", "benchmarks[3].drain.jobs"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
	if p := CheckBench(&Bench{}); len(p) != 1 {
		t.Error(p)
	}
}

// A key that belongs to one kind alone is known to have that home.
func TestEveryKeyHasAHomeOrSuitsAll(t *testing.T) {
	all := strings.Fields("name because code route job command against budgets allow env margin")
	for f := range reflect.TypeFor[Benchmark]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if _, ok := homes()[name]; name != "-" && !ok && !strings.Contains(" "+strings.Join(all, " ")+" ", " "+name+" ") {
			t.Errorf("%s: which kinds have it?", name)
		}
	}
}

func TestParseBudget(t *testing.T) {
	for in, want := range map[string]Budget{
		"objects <= 120":       {Metric: bench.Objects, Op: "<=", Limit: 120, Text: "objects <= 120"},
		"allocations<=1_200.5": {Metric: bench.Objects, Op: "<=", Limit: 1200.5, Text: "objects <= 1_200.5"},
		"SQL == 3":             {Metric: bench.Statements, Op: "==", Limit: 3, Text: "statements == 3"},
		"statements == 0":      {Metric: bench.Statements, Op: "==", Limit: 0, Text: "statements == 0"},
		"p95 < 80ms":           {Metric: bench.Time, Quantile: .95, Op: "<", Limit: .08, Text: "p95 < 80 ms"},
		"p50 < 1s":             {Metric: bench.Time, Quantile: .5, Op: "<", Limit: 1, Text: "p50 < 1 s"},
		"time < 2 ms":          {Metric: bench.Time, Op: "<", Limit: .002, Text: "time < 2 ms"},
		"cpu ≤ 2µs":            {Metric: bench.CPU, Op: "<=", Limit: 2e-6, Text: "cpu <= 2 µs"},
		"memory < 200MB":       {Metric: bench.Memory, Op: "<", Limit: 200e6, Text: "memory < 200 MB"},
		"memory < 200MiB":      {Metric: bench.Memory, Op: "<", Limit: 200 << 20, Text: "memory < 200 MiB"},
		"bytes <= 4KB":         {Metric: bench.Bytes, Op: "<=", Limit: 4000, Text: "bytes <= 4 KB"},
		"instructions < 3e6":   {Metric: bench.Instructions, Op: "<", Limit: 3e6, Text: "instructions < 3e6"},
	} {
		got, err := ParseBudget(in)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", in, err, diff)
		}
	}
	for in, want := range map[string]string{
		"":                        "wants a budget such as",
		"objects":                 "wants a budget such as",
		"objects <= -1":           "wants a budget such as",
		"objects <= 1; rm":        "wants a budget such as",
		"objects = 3":             `write "=="`,
		"objects >= 3":            "at most be",
		"objcts <= 3":             "did you mean objects?",
		"widgets <= 3":            "there are statements, objects,",
		"time == 3ms":             "write <=",
		"time < 3":                "a time wants a unit: 3s, 3ms",
		"time < 3MB":              `"MB" is no unit of time`,
		"objects <= 3ms":          "a count has no unit",
		"memory < 3m":             `"m" is no unit of size`,
		"memory < 1e308GB":        "is no unit",
		"objects <= 1e999":        "is no number",
		strings.Repeat("o", 5000): "wants a budget such as",
	} {
		if _, err := ParseBudget(in); !strings.Contains(errText(err), want) {
			t.Errorf("%.40s: %v, want %q", in, err, want)
		}
	}
}

func TestBudgetHolds(t *testing.T) {
	for _, c := range []struct {
		text string
		v    float64
		want bool
	}{
		{"objects <= 3", 3, true}, {"objects <= 3", 3.1, false}, {"objects < 3", 3, false}, {"objects < 3", 2, true},
		{"sql == 3", 3, true}, {"sql == 3", 2, false}, {"sql == 3", math.NaN(), false}, {"sql <= 3", math.NaN(), false},
	} {
		b, err := ParseBudget(c.text)
		if err != nil || b.Holds(c.v) != c.want {
			t.Errorf("%s of %v: %v, %v", c.text, c.v, b.Holds(c.v), err)
		}
	}
}

func FuzzParseBudget(f *testing.F) {
	for _, s := range []string{"objects <= 120", "p95 < 80ms", "sql == 3", "memory < 1e3 MiB", "cpu ≤ 1_0µs", "x", "time < 1e400s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBudget(s)
		if err == nil && (math.IsNaN(b.Limit) || math.IsInf(b.Limit, 0) || b.Limit < 0 || b.Metric == "" || b.Text == "") {
			t.Fatalf("%q: %+v", s, b)
		}
		if err == nil && len(s) > mostBudget || err != nil && len(err.Error()) > 1000 {
			t.Fatalf("%d bytes: %v", len(s), err)
		}
	})
}

func FuzzParseBench(f *testing.F) {
	for _, kind := range []string{"code", "route", "job", "command"} {
		f.Add([]byte(with(kind, "budgets: [objects <= 1]\nagainst: a\nmargin: 0.5")))
	}
	f.Add([]byte("benchmarks:\n  - &a {name: x, job: X, arguments: [[*a, {b: 1}]]}\n"))
	f.Add([]byte("benchmarks: [{name: x, command: 'a {b}', parameters: {b: [1, 2]}, exit: [0]}]\n"))
	f.Add([]byte("benchmarks:\n  - name: a\n    code: |\n\n\n      x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBench("x", data)
		if err != nil {
			_ = err.Error()
			return
		}
		if problems := CheckBench(b); len(problems) > 0 {
			t.Fatalf("taken, and wrong in memory: %v", problems)
		}
		for _, one := range b.Benchmarks {
			if one.Code != "" && (one.CodeLine < 1 || one.CodeLine > strings.Count(string(data), "\n")+2) {
				t.Fatalf("code at line %d", one.CodeLine)
			}
			if _, err := json.Marshal(one.Arguments); err != nil {
				t.Fatal(err)
			}
		}
		_ = CheckRoutes(b, nil)
	})
}
