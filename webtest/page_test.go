package webtest

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"pitwall/core/lap"
	"pitwall/web"
)

// sample is the made-up lap, read strictly: a field of the file that the Go
// type has not is a page drawn against yesterday's JSON.
func sample(t testing.TB) *lap.Result {
	t.Helper()
	raw, err := os.ReadFile("../web/ui/sample/lap.json")
	if err != nil {
		t.Fatal(err)
	}
	result := new(lap.Result)
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(result); err != nil {
		t.Fatalf("web/ui/sample/lap.json: %v; make it anew with go run -C webtest ./sample", err)
	}
	return result
}

// offline is the report of a lap as one file.
func offline(t testing.TB, result *lap.Result) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := web.WriteReport(&out, result); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// offlineJSON is offline for JSON that no Go value would make.
func offlineJSON(t testing.TB, value map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	whole := offline(t, &lap.Result{})
	from := bytes.Index(whole, []byte(`id="lap">`)) + len(`id="lap">`)
	to := from + bytes.Index(whole[from:], []byte("</script>"))
	return slices.Concat(whole[:from], data, whole[to:])
}
