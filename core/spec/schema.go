package spec

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema (draft 2020-12) of pitwall.yml, for editors and
// for programs that write one. What refers to something else in the file (a
// parameter's template, a port's unit) is beyond a schema: Parse checks it.
func Schema() string { return schema }
