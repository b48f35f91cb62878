package webtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pitwall/core/lap"
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

// offline is the report of a lap as one file, under the policy that the
// offline file has: one script, one style sheet, nothing else.
func offline(t testing.TB, result *lap.Result) []byte {
	t.Helper()
	data, err := json.Marshal(result) // escapes < for us
	if err != nil {
		t.Fatal(err)
	}
	script, style := dist(t, "report.js"), dist(t, "report.css")
	var out bytes.Buffer
	fmt.Fprintf(&out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src %s; style-src %s\">", hash(script), hash(style))
	fmt.Fprintf(&out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>lap</title><style>%s</style></head><body><div id=\"root\"></div>", style)
	fmt.Fprintf(&out, "<script type=\"application/json\" id=\"lap\">%s</script><script>%s</script></body></html>", data, script)
	return out.Bytes()
}

func dist(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../web/dist", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
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
