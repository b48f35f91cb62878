package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pitwall/core/finding"
	"pitwall/internal/golden"
)

const module = "../.."

func complain(t *testing.T, bad []string) {
	t.Helper()
	for _, b := range bad {
		t.Error(b)
	}
}

func TestTheModule(t *testing.T) {
	s, err := Read(module)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Packages) < 10 {
		t.Fatalf("found only %d packages", len(s.Packages))
	}
	for name, check := range map[string]func(*Source) []string{
		"strata":     func(s *Source) []string { return Strata(s, Packages()) },
		"names":      Names,
		"docs":       Docs,
		"lengths":    Lengths,
		"inits":      Inits,
		"main":       Main,
		"variables":  Variables,
		"live tests": LiveTests,
	} {
		t.Run(name, func(t *testing.T) { complain(t, check(s)) })
	}
}

func TestTheTree(t *testing.T) {
	t.Run("testdata", func(t *testing.T) { complain(t, Testdata(module)) })
	t.Run("machine", func(t *testing.T) { complain(t, Machine(module)) })
}

// Every finding that the code names is registered, and every registered one
// is documented.
func TestFindings(t *testing.T) {
	registered := map[finding.ID]bool{}
	for _, e := range finding.Register() {
		if registered[e.ID] {
			t.Errorf("%s is registered twice", e.ID)
		}
		registered[e.ID] = true
		if e.Title == "" || len(e.Doc) < 40 {
			t.Errorf("%s needs a title and a paragraph that says why it matters", e.ID)
		}
	}
	used, err := FindingIDs(module, ".go", ".rb")
	if err != nil {
		t.Fatal(err)
	}
	for id, place := range used {
		if !registered[finding.ID(id)] {
			t.Errorf("%s names %s, which core/finding/register.go does not list", place, id)
		}
	}
	golden.CheckFile(t, filepath.Join(module, "docs", "findings.md"), findingsPage())
}

func findingsPage() string {
	var b strings.Builder
	b.WriteString("# Findings\n\nWhat Pitwall may tell you, by its ID. An ID keeps its meaning for ever. This page is written from\n`core/finding/register.go` by `go test ./internal/arch -update`.\n")
	for _, e := range finding.Register() {
		fmt.Fprintf(&b, "\n## %s\n\n*%s.* %s\n", e.ID, strings.ToUpper(e.Title[:1])+e.Title[1:], e.Doc)
	}
	return b.String()
}

// Every module that the code imports directly has its reason written down.
func TestDependenciesAreArgued(t *testing.T) {
	s, err := Read(module)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(module, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	complain(t, Unargued(s, string(page)))
}

// write makes a module of a few files and reads it.
func write(t *testing.T, files map[string]string) *Source {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expect wants exactly the complaints that contain the given texts.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if len(got) != len(want) {
		t.Errorf("%d complaints, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) {
			t.Errorf("complaint %q, want %q", got[i], w)
		}
	}
}

func TestStrataSeesWhatIsWrong(t *testing.T) {
	s := write(t, map[string]string{
		"core/a/a.go":       "package a\nimport \"net\"\nvar _ net.IP\n",
		"core/a/a_test.go":  "package a\nimport _ \"m/probe/p\"\n",
		"analyze/b/b.go":    "package b\nimport (\n_ \"m/core/a\"\n_ \"m/probe/p\"\n)\n",
		"probe/p/p.go":      "package p\nimport (\n_ \"net\"\n_ \"m/probe/q\"\n)\n",
		"probe/q/q.go":      "package q\nimport _ \"m/probe/p\"\n",
		"new/n.go":          "package n\n",
		"nested/go.mod":     "module other\n",
		"nested/x.go":       "package wrong\n",
		"a/testdata/bad.go": "not Go\n",
	})
	got := Strata(s, []Listed{
		{Path: "core/a", Stratum: Core}, {Path: "analyze/b", Stratum: Analyze}, {Path: "gone", Stratum: Core},
		{Path: "probe/p", Stratum: Probe, Also: []string{"probe/q"}}, {Path: "probe/q", Stratum: Probe},
	})
	expect(t, got,
		"analyze/b/b.go:4: analyze/b imports m/probe/p: a judgement",
		"core/a/a.go:2: core/a imports net: core touches no process",
		"gone is listed in internal/arch and is gone",
		"new is not listed",
		"probe/p has exceptions in internal/arch without a reason",
		"probe/q/q.go:2: probe/q imports m/probe/p: a probe collects",
	)
}

func TestBudgetsSeeWhatIsWrong(t *testing.T) {
	long := "package l\n\n// F does.\nfunc F() {\n" + strings.Repeat("\tF()\n", 119) + "}\n"
	s := write(t, map[string]string{
		"l/l.go":              long,
		"l/l_test.go":         strings.Replace(long, "func F", "func init() {}\nfunc g", 1),
		"util/u.go":           "// Package util is vague.\npackage util\n\nfunc init() {}\n",
		"d/d.go":              "// Package e is elsewhere.\npackage e\n\nfunc F() {}\n\ntype t int\n\nfunc (t) G() {}\n\nfunc (T) Error() string { return \"\" }\n\ntype T int\n\n// The Ts.\nconst A T = 1\nconst B T = 1\nconst C = 1\n",
		"f/f.go":              "// Package f is long.\npackage f\n" + strings.Repeat("\n// note\nvar _ = 1\n", 500),
		"cmd/pitwall/main.go": "// Command x.\npackage main\n" + strings.Repeat("\n", 40),
		"r/r_test.go":         "package r\nimport (\"testing\"\n\n_ \"m/internal/realtest\")\nfunc TestRealX(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\n",
		"r/r_real_test.go":    "package r\nimport \"testing\"\nfunc TestX(t *testing.T) {}\nfunc TestRealY(t *testing.T) {}\n",
	})
	expect(t, Lengths(s), "f/f.go has 501 lines of code", "l/l.go:4: F has 121 lines", "the 99th percentile of 5 functions is 121 lines")
	expect(t, Inits(s), "util/u.go:4: init runs before main")
	expect(t, Names(s), `util: the name "util"`, `d: the package is called "e"`)
	expect(t, Docs(s), "d/d.go:12: T is exported", "d/d.go:17: C is exported", "d/d.go:4: F is exported", "l has no package comment")
	expect(t, Main(s), "cmd/pitwall/main.go has 42 lines")
	expect(t, LiveTests(s), "r/r_test.go:5: TestRealX", "r/r_test.go:4: tests that need real tools")
}

func TestVariablesSeesWhatIsWrong(t *testing.T) {
	s := write(t, map[string]string{
		"v/v.go": `package v

import ("errors"; "regexp"; "sync"; "flag")

var ErrGone = errors.New("gone")
var pattern = regexp.MustCompile("x")
var table = map[string]int{"a": 1}
var Exported = []int{1}
var empty int
var once sync.Once
var called = flag.Bool("a", false, "")
//pitwall:readonly set by flag
var sure = flag.Bool("b", false, "")
var counter = 0
var cache = map[string]int{}
var pointer = &struct{}{}
var elsewhere = []int{1}
var shadow = 1

func f() { counter++; cache["x"] = 1; _ = table; shadow := 2; shadow = 3; _ = shadow }
`,
		"v/w.go": "package v\n\nfunc g(shadow int) { elsewhere[0] = 2; shadow = 1; p := &table; _ = p }\n",
	})
	expect(t, Variables(s),
		"v/v.go:8: package variable Exported is an exported table",
		"v/v.go:9: package variable empty has no value",
		"v/v.go:10: package variable once has no value",
		"v/v.go:11: package variable called is what flag.Bool returned",
		"v/v.go:16: package variable pointer is a pointer",
		"v/v.go:20: package variable counter is changed",
		"v/v.go:20: package variable cache is changed",
		"v/w.go:3: package variable elsewhere is changed",
		"v/w.go:3: package variable table is changed",
	)
}

func TestTreeSeesWhatIsWrong(t *testing.T) {
	s := write(t, map[string]string{
		"a/testdata/big":      strings.Repeat("x", 1<<20+1),
		"a/readme.md":         "see /" + "work/main/x",
		".gitignore":          "/bin/\n*.log\n",
		"bin/x":               "/" + "work/main",
		"a/x.log":             "/" + "work/main",
		"examples/e/b.txt":    "/" + "root/go/x",
		"examples/.gitignore": "e/c.txt\n",
		"examples/e/c.txt":    "/" + "root/go/x",
		"a/a.go":              "package a\n\nconst x = \"PW-A-B\"\n",
		"a/a_test.go":         "package a\n\nconst y = \"PW-A-C\"\n",
	})
	expect(t, Testdata(s.Root), "a/testdata/big has 1048577 bytes")
	expect(t, Machine(s.Root), "a/readme.md names a place", "examples/e/b.txt names a place")
	ids, err := FindingIDs(s.Root, ".go")
	if err != nil || len(ids) != 1 || ids["PW-A-B"] != "a/a.go" {
		t.Errorf("IDs %v, %v", ids, err)
	}
	s = write(t, map[string]string{"a/a.go": "package a\nimport (\n_ \"example.org/x/y/z\"\n_ \"example.org/known/v2/b\"\n_ \"fmt\"\n)\n"})
	expect(t, Unargued(s, "- `example.org/known/v2`: needed"), "example.org/x/y/z")
}
