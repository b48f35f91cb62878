package spec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pitwall/core/bench"
	"pitwall/internal/golden"
)

func benchSchemaText(t *testing.T) string {
	t.Helper()
	text, err := BenchSchema()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func compiledBench(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(benchSchemaText(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("benchmark.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("benchmark.json")
}

func TestPublishedBenchSchemaIsThisOne(t *testing.T) {
	golden.CheckFile(t, "../../docs/benchmark.schema.json", benchSchemaText(t))
}

func TestBenchSchemaNamesEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal([]byte(benchSchemaText(t)), &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	benchmark := defs["benchmark"].(map[string]any)
	for _, c := range []struct {
		schema map[string]any
		goType any
	}{
		{root, Bench{}},
		{benchmark, Benchmark{}},
		{benchmark["properties"].(map[string]any)["drain"].(map[string]any), Drain{}},
		{defs["because"].(map[string]any), bench.Because{}},
		{defs["task"].(map[string]any), Task{}},
	} {
		names, required := keys(c.goType)
		if diff := cmp.Diff(names, schemaKeys(c.schema)); diff != "" {
			t.Errorf("%T: %s", c.goType, diff)
		}
		var demanded []string
		list, _ := c.schema["required"].([]any)
		for _, name := range list {
			demanded = append(demanded, name.(string))
		}
		slices.Sort(demanded)
		if diff := cmp.Diff(required, demanded); diff != "" {
			t.Errorf("%T, required: %s", c.goType, diff)
		}
	}
}

// with is a benchmark of each kind with more keys, as a file.
func with(kind, keys string) string {
	subject := map[string]string{"code": "code: 1 + 1", "route": "route: home", "job": "job: ReceiptJob", "command": "command: ruby x.rb"}[kind]
	text := "benchmarks:\n  - name: a\n    " + subject + "\n"
	for line := range strings.Lines(keys) {
		text += "    " + line
	}
	return text + "\n"
}

func TestBenchSchemaAndParserAgree(t *testing.T) {
	s := compiledBench(t)
	good := map[string]string{
		"code":       with("code", "rails: true\nmethod: Export#rows\nsetup: x = 1\nteardown: x\nallow: [sleep, db.example]\nmargin: 0.05\nenv: {A: 1}"),
		"route":      with("route", "over: socket\nignore: ['v=\\d+']\nrestore: bin/restore"),
		"in process": with("route", "over: rack"),
		"job":        with("job", "arguments: [[1, a, {b: [null, true]}], []]\ndrain: {jobs: 10, concurrency: 3, redis: redis-server --save ''}\nmethod: A::B.call\nrestore: bin/restore"),
		"command":    with("command", "setup: make\nprepare: a\nconclude: b\ncleanup: c\nwarm_up: 0\nexit: [0, 1]\nshell: sh\ninput: x\ndir: d"),
		"parameters": "benchmarks: [{name: a, command: 'x {size}', parameters: {size: [1, b]}}]\n",
		"because":    with("code", "because: {source: log, date: 2026-11-23, share: 0, text: slow}"),
		"budgets":    with("code", "budgets: [objects <= 120, sql == 3, p95<80ms, time < 2 ms, memory < 200MB, 'bytes <= 4KB', 'cpu <= 1.5e1us', 'instructions < 1_000']"),
		"top":        "app: ..\nruby: bundle exec ruby\nmargin: 0.5\nallow: [fork]\nenv: {A: b}\nprepare: [{name: x, command: bundle, timeout: 1m}]\nroutes: [{name: r, path: /r}]\n" + with("code", ""),
	}
	for name, doc := range good {
		if _, err := ParseBench(name, []byte(doc)); err != nil {
			t.Errorf("parser on %s: %v", name, err)
		}
		if err := bySchema(t, s, doc); err != nil {
			t.Errorf("schema on %s: %v", name, err)
		}
	}
	for name, doc := range badBench() {
		if _, err := ParseBench(name, []byte(doc)); err == nil {
			t.Errorf("the parser takes %s:\n%s", name, doc)
		}
		if bySchema(t, s, doc) == nil {
			t.Errorf("the schema takes %s:\n%s", name, doc)
		}
	}
}

func badBench() map[string]string {
	bad := map[string]string{
		"none":              "benchmarks: []\n",
		"null":              "benchmarks:\n",
		"missing":           "margin: 0.1\n",
		"unknown":           "benchmark: []\n" + with("code", ""),
		"no name":           "benchmarks: [{code: x}]\n",
		"blank name":        "benchmarks: [{name: ' ', code: x}]\n",
		"no subject":        "benchmarks: [{name: x}]\n",
		"blank code":        "benchmarks: [{name: x, code: ' '}]\n",
		"no class":          "benchmarks: [{name: x, job: receipt}]\n",
		"ruby":              "ruby: ''\n" + with("code", ""),
		"prepare":           "prepare: [{name: A B, command: x}]\n" + with("code", ""),
		"drain on code":     with("code", "drain: {jobs: 1}"),
		"route path":        "routes: [{name: r, path: r}]\n" + with("code", ""),
		"because no source": "because: {share: 0.5}\n" + with("code", ""),
	}
	for kind, lists := range map[string][]string{
		"code": {"restore: x", "route: x", "job: X", "margin: 0", "margin: 1", "margin: -1", "margin: big", "allow: [a b]", "allow: ['http://x/']", "env: {A-B: 1}",
			"rails: 1", "method: rows", "over: rack", "arguments: [[1]]", "warm_up: 1", "parameters: {a: [1]}", "against: ''", "budgets: objects <= 1",
			"because: {source: x, share: 1.5}", "because: {source: x, date: 23.11.2026}", "because: {source: ''}", "teardow: x"},
		"route":   {"setup: x", "teardown: x", "over: http", "over: ''", "ignore: x", "ignore: ['']", "restore: ''", "rails: true", "method: A#b", "drain: {jobs: 1}", "exit: [1]"},
		"job":     {"setup: x", "teardown: x", "restore: ''", "drain: {}", "drain: {jobs: 0}", "drain: {jobs: 1, concurrency: 0}", "drain: {jobs: 1, redis: ''}", "drain: {jobs: 1, x: 1}", "arguments: []", "arguments: [1]", "rails: true", "ignore: [x]"},
		"command": {"exit: [256]", "exit: [-1]", "exit: 0", "warm_up: -1", "warm_up: 1.5", "shell: ''", "input: ''", "prepare: ''", "teardown: x", "rails: true", "method: A#b", "budgets: ['objects <= 1']", "budgets: ['sql == 1']", "parameters: {a: []}", "parameters: {A: [1]}"},
	} {
		for _, keys := range lists {
			bad[kind+": "+keys] = with(kind, keys)
		}
	}
	for _, budget := range []string{"objects", "objects <= x", "objcts <= 1", "objects >= 1", "objects != 1", "objects = 1", "time == 1ms", "time < 5", "time < 5 parsecs", "objects <= 5ms", "memory < 5 MX", "p90 < 1ms", "p95 == 1ms", "instructions == 5"} {
		bad["budget "+budget] = with("code", "budgets: ['"+budget+"']")
	}
	return bad
}

// What refers to something else in the file is beyond a schema.
func TestOnlyTheBenchParserSees(t *testing.T) {
	s := compiledBench(t)
	two := func(a, b string) string {
		return "benchmarks:\n  - {name: a, " + a + "}\n  - {name: b, " + b + "}\n"
	}
	for doc, want := range map[string]string{
		two("code: x", "code: y, against: c"):                                                                     `there is no benchmark "c"`,
		two("code: x", "code: y, against: b"):                                                                     "not compared with itself",
		two("code: x", "command: y, against: a"):                                                                  `"a" is a code and this is a command`,
		two("code: x, against: b", "code: y, against: a"):                                                         `leads back to "a"`,
		"benchmarks: [{name: a, code: x}, {name: a, code: y}]\n":                                                  `there is another benchmark "a"`,
		with("code", "because: {source: x, date: 2026-13-40}"):                                                    "wants a date such as 2026-11-23",
		with("code", "allow: [slep]"):                                                                             "did you mean sleep?",
		with("route", "ignore: ['(']"):                                                                            "missing closing )",
		with("command", "prepare: a | b"):                                                                         "needs a shell",
		with("command", "input: 'a{size}'"):                                                                       "{size} has no entry under parameters:",
		with("command", "parameters: {size: [1]}"):                                                                "is not used: no {size} in the command",
		"benchmarks: [{name: a, command: 'x {siez}', parameters: {size: [1]}}]":                                   `did you mean "size"?`,
		"prepare: [{name: a, command: x}, {name: a, command: y}]\n" + with("code", ""):                            `there is another "a"`,
		"routes: [{name: a, path: '/{x}'}]\n" + with("code", ""):                                                  "{x} has no entry under params:",
		"benchmarks: [{name: \"a\\tb\", code: x}]\n":                                                              "is one line without tabs",
		"ruby: ruby | x\n" + with("code", ""):                                                                     "needs a shell",
		with("job", "drain: {jobs: 1, redis: 'a > b'}"):                                                           "needs a shell",
		"benchmarks: [{name: a, command: '{a} {b}', parameters: {a: [" + many(40) + "], b: [" + many(40) + "]}}]": "make more than 1000 benchmarks",
	} {
		_, err := ParseBench("x", []byte(doc))
		if !strings.Contains(errText(err), want) {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
		if err := bySchema(t, s, doc); err != nil {
			t.Errorf("the schema sees it too: move it\n%s: %v", doc, err)
		}
	}
}

func many(n int) string { return strings.TrimSuffix(strings.Repeat("1, ", n), ", ") }

// Files of this repository that are there must hold too.
func TestBenchmarksOfTheExamplesHold(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/benchmarks/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	s := compiledBench(t)
	for _, path := range files {
		b, err := LoadBench(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if app, err := Load(filepath.Join(filepath.Dir(path), "..", FileName)); err == nil {
			if err := CheckRoutes(b, app); err != nil {
				t.Error(err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := bySchema(t, s, string(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
