package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pitwall/core/route"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("pitwall.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("pitwall.json")
}

// bySchema says what the schema has against a document.
func bySchema(t *testing.T, s *jsonschema.Schema, doc string) error {
	t.Helper()
	js, err := yaml.YAMLToJSON([]byte(doc))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(js)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestPublishedSchemaIsThisOne(t *testing.T) {
	published, err := os.ReadFile("../../docs/pitwall.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Schema(), string(published)); diff != "" {
		t.Errorf("docs/pitwall.schema.json differs from core/spec/schema.json:\n%s", diff)
	}
}

// The keys of each object in the schema are those of its Go type.
func TestSchemaNamesEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal([]byte(Schema()), &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	inside := func(of map[string]any, key string) map[string]any {
		return of["properties"].(map[string]any)[key].(map[string]any)
	}
	routeDef := defs["route"].(map[string]any)
	for _, c := range []struct {
		schema map[string]any
		goType any
	}{
		{root, Spec{}},
		{defs["task"].(map[string]any), Task{}},
		{defs["unit"].(map[string]any), Unit{}},
		{defs["ready"].(map[string]any), Ready{}},
		{defs["stop"].(map[string]any), Stop{}},
		{routeDef, route.Route{}},
		{inside(routeDef, "expect"), route.Expect{}},
		{defs["param"].(map[string]any), route.Param{}},
		{inside(root, "session"), route.Session{}},
		{inside(root, "traffic"), Traffic{}},
		{inside(root, "lap"), Lap{}},
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

func schemaKeys(schema map[string]any) []string {
	var names []string
	for name := range schema["properties"].(map[string]any) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func keys(v any) (names, required []string) {
	for f := range reflect.TypeOf(v).Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		names = append(names, name)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	slices.Sort(names)
	slices.Sort(required)
	return names, required
}

func TestTheDocumentedExampleHolds(t *testing.T) {
	page, err := os.ReadFile("../../docs/pitwall-yml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Everything at once")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	example, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("no example")
	}
	if _, err := Parse("example", []byte(example)); err != nil {
		t.Error(err)
	}
	if err := bySchema(t, compiled(t), example); err != nil {
		t.Error(err)
	}
}

// Files of this repository that are there must hold too.
func TestExamplesHold(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/pitwall.yml")
	if err != nil {
		t.Fatal(err)
	}
	s := compiled(t)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err != nil {
			t.Error(err)
		}
		if err := bySchema(t, s, string(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// edit is minimal with one text replaced, or more at its end.
func edit(old, with string) string {
	if old == "" {
		return minimal + with
	}
	if !strings.Contains(minimal, old) {
		panic(fmt.Sprintf("%q is not in the minimal file", old))
	}
	return strings.Replace(minimal, old, with, 1)
}

func TestSchemaAndParserAgree(t *testing.T) {
	s := compiled(t)
	good := map[string]string{
		"minimal":         minimal,
		"numbers as text": edit("app: shop", "app: 42"),
		"fixed port":      edit("port: auto", "port: 3000"),
		"env":             edit("port: auto", "port: auto\n    env: {A: 1, B: false, C: x}"),
		"lap":             edit("", "lap: {time: 1m30s, share: 1, sampler_hz: 0, agent: false, seed: 7}\n"),
		"rates":           edit("", "traffic: {rate_per_s: 0.5}\nlap: {rate_per_s: 3}\n"),
		"empty ready":     edit("port: auto", "port: auto\n    ready: {timeout: 2s}"),
		"param":           edit("path: /", "path: /{id}\n    params: {id: {range: [-1, 5]}}"),
		"unique":          edit("path: /", "path: /{id}\n    params: {id: {unique: true}}"),
		"empty lists":     edit("", "allow: []\ndisposable: []\nsetup: []\nservices: []\n"),
	}
	for name, doc := range good {
		if _, err := Parse(name, []byte(doc)); err != nil {
			t.Errorf("parser on %s: %v", name, err)
		}
		if err := bySchema(t, s, doc); err != nil {
			t.Errorf("schema on %s: %v", name, err)
		}
	}
	for name, doc := range badByBoth() {
		if _, err := Parse(name, []byte(doc)); err == nil {
			t.Errorf("the parser takes %s:\n%s", name, doc)
		}
		if bySchema(t, s, doc) == nil {
			t.Errorf("the schema takes %s:\n%s", name, doc)
		}
	}
}

func badByBoth() map[string]string {
	return map[string]string{
		"no app":          edit("app: shop\n", ""),
		"blank app":       edit("app: shop", "app: ' '"),
		"app is a list":   edit("app: shop", "app: [a]"),
		"null app":        edit("app: shop", "app:"),
		"unknown key":     edit("", "rotues: []\n"),
		"no routes":       edit("routes:\n  - name: home\n    path: /\n", "routes: []\n"),
		"null routes":     edit("routes:\n  - name: home\n    path: /\n", "routes:\n"),
		"no processes":    edit("processes:\n  - name: web\n    command: puma\n    port: auto\n", "processes: []\n"),
		"route no path":   edit("    path: /\n", ""),
		"relative path":   edit("path: /", "path: home"),
		"space in path":   edit("path: /", "path: /a b"),
		"no command":      edit("    command: puma\n", ""),
		"bad name":        edit("name: web", "name: Web Server"),
		"port 0":          edit("port: auto", "port: 0"),
		"port 70000":      edit("port: auto", "port: 70000"),
		"port text":       edit("port: auto", "port: any"),
		"port float":      edit("port: auto", "port: 80.5"),
		"env name":        edit("port: auto", "port: auto\n    env: {A-B: x}"),
		"env null":        edit("port: auto", "port: auto\n    env: {A: }"),
		"env list":        edit("port: auto", "port: auto\n    env: {A: [x]}"),
		"two kinds":       edit("port: auto", "port: auto\n    ready: {http: /, log: x}"),
		"bad ready http":  edit("port: auto", "port: auto\n    ready: {http: up}"),
		"bad ready tcp":   edit("port: auto", "port: auto\n    ready: {tcp: localhost}"),
		"no unit of time": edit("port: auto", "port: auto\n    ready: {http: /, timeout: 90}"),
		"negative time":   edit("port: auto", "port: auto\n    ready: {http: /, timeout: -5s}"),
		"bad signal":      edit("port: auto", "port: auto\n    stop: {signal: WINCH}"),
		"bad address":     edit("port: auto", "address: 127.0.0.1:80"),
		"address path":    edit("port: auto", "address: http://127.0.0.1:80/a"),
		"weight 0":        edit("path: /", "path: /\n    weight: 0"),
		"weight text":     edit("path: /", "path: /\n    weight: heavy"),
		"method":          edit("path: /", "path: /\n    method: get"),
		"status":          edit("path: /", "path: /\n    expect: {status: [99]}"),
		"status scalar":   edit("path: /", "path: /\n    expect: {status: 200}"),
		"min_bytes":       edit("path: /", "path: /\n    expect: {min_bytes: -1}"),
		"session text":    edit("path: /", "path: /\n    session: maybe"),
		"two sources":     edit("path: /", "path: /{id}\n    params: {id: {range: [1, 2], unique: true}}"),
		"no source":       edit("path: /", "path: /{id}\n    params: {id: {}}"),
		"range of three":  edit("path: /", "path: /{id}\n    params: {id: {range: [1, 2, 3]}}"),
		"no values":       edit("path: /", "path: /{id}\n    params: {id: {values: []}}"),
		"csrf":            edit("path: /", "path: /\n    method: POST\n    csrf: login"),
		"no steps":        edit("", "session: {}\n"),
		"empty steps":     edit("", "session: {steps: []}\n"),
		"rate 0":          edit("", "traffic: {rate_per_s: 0}\n"),
		"share 2":         edit("", "lap: {share: 2}\n"),
		"share 0":         edit("", "lap: {share: 0}\n"),
		"hz":              edit("", "lap: {sampler_hz: 5000}\n"),
		"agent":           edit("", "lap: {agent: 1}\n"),
		"seed":            edit("", "lap: {seed: -1}\n"),
		"seed float":      edit("", "lap: {seed: 1.5}\n"),
		"allow url":       edit("", "allow: [http://x/]\n"),
		"disposable":      edit("", "disposable: ['']\n"),
	}
}

// What refers to something else in the file is beyond a schema.
func TestOnlyTheParserSees(t *testing.T) {
	s := compiled(t)
	for doc, want := range map[string]string{
		edit("name: web", "name: app") + "  - {name: a, path: /a, session: true}\n": "there is no session:",
		edit("port: auto", "dir: ."): "web has neither an address nor a port",
		edit("    port: auto", "    address: http://a:1\n  - {name: x, command: y, address: http://b:1}"): "web has an address already",
		edit("name: web", "name: app"):                                                   `no process has an address or is named "web"`,
		edit("", "  - {name: home, path: /x}\n"):                                         `there is another route "home"`,
		edit("path: /", "path: /{id}"):                                                   "{id} has no entry under params:",
		edit("path: /", "path: /\n    params: {id: {unique: true}}"):                     "is not used",
		edit("path: /", "path: /{id}\n    params: {id: {range: [5, 1]}}"):                "wants [low, high]",
		edit("path: /", "path: /\n    form: {a: b}"):                                     "GET carries none",
		edit("path: /", "path: /\n    method: POST\n    form: {a: b}\n    json: x"):      "either this or form",
		edit("command: puma", "command: puma | tee"):                                     "needs a shell",
		edit("command: puma", "command: A=b puma"):                                       "put A under \"env\"",
		edit("command: puma", "command: puma -p {port:api}"):                             `no service or process "api" has a port`,
		edit("command: puma", "command: puma {rundir}"):                                  "{rundir} stands for nothing",
		edit("port: auto", "port: auto\n    env: {A: '{port:x}'}"):                       `no service or process "x" has a port`,
		edit("port: auto", "port: auto\n    ready: {log: '('}"):                          "missing closing )",
		edit("", "services: [{name: web, command: x}]\n"):                                `there is another "web"`,
		edit("port: auto", "port: 80") + "services: [{name: x, command: x, port: 80}]\n": "has port 80 already",
		edit("", "services: [{name: x, command: x, ready: {http: /}}]\n"):                "a path needs the address or the port of x",
		edit("", "lap: {share: 0.5, rate_per_s: 3}\n"):                                   "either this or share",
		edit("", "session: {steps: [{name: a, path: /, session: true}]}\n"):              "has its cookies already",
		edit("", "session: {steps: [{name: a, path: /, weight: 2}]}\n"):                  "once each, in order",
	} {
		_, err := Parse("x", []byte(doc))
		if !strings.Contains(errText(err), want) {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
		if err := bySchema(t, s, doc); err != nil {
			t.Errorf("the schema sees it too: move it\n%s: %v", doc, err)
		}
	}
}
