package spec

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

//go:embed bench_schema.json
var benchSchema []byte

// BenchSchema is the JSON Schema (draft 2020-12) of benchmark files. What it
// shares with pitwall.yml (routes, tasks, environments) is taken from there, so
// that there is one schema of a route.
func BenchSchema() (string, error) {
	var own, app struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(schema), &app); err != nil {
		return "", err
	}
	if err := json.Unmarshal(benchSchema, &own); err != nil {
		return "", err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(benchSchema, &all); err != nil {
		return "", err
	}
	for _, name := range []string{"text", "filled", "name", "duration", "env", "task", "route", "param"} {
		own.Defs[name] = app.Defs[name]
	}
	defs, err := plainJSON(own.Defs)
	if err != nil {
		return "", err
	}
	all["$defs"] = defs
	text, err := plainJSON(all)
	return string(text), err
}

// plainJSON is indented JSON in which "<" stays one.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return out.Bytes(), err
}
