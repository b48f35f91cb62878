package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/analyze/history"
	"pitwall/core/bench"
	"pitwall/store"
)

// serveHistory serves pages with a record, and returns what asks for it.
func serveHistory(t *testing.T, path string) func() (int, judged, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	address := s.Listener.Addr().String()
	s.Config.Handler = Handler(newShelf(), Options{Listen: address, History: path})
	s.Start()
	t.Cleanup(s.Close)
	return func() (int, judged, string) {
		answer, body := ask(t, "GET", address, "/api/history", address, nil)
		var got judged
		if answer.StatusCode == http.StatusOK {
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
		}
		return answer.StatusCode, got, body
	}
}

// recordRuns appends a hostile benchmark at so many commits.
func recordRuns(t *testing.T, path string, from, to int) {
	t.Helper()
	lines := []bench.Line{}
	for i := from; i < to; i++ {
		objects := 120.0
		if i >= 12 {
			objects = 90
		}
		lines = append(lines, bench.Line{
			Time: time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC), Revision: fmt.Sprintf("%040x", i+1), Benchmark: hostile, File: hostile, Machine: "m", CPU: hostile, Ruby: "ruby 3.3",
			Values: map[bench.Metric][]float64{bench.Objects: {objects, objects, objects}},
		})
	}
	if err := store.Record(context.Background(), path, lines); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryIsReadAtEachRequest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmarks", "history.ndjson")
	get := serveHistory(t, path)
	if code, got, body := get(); code != 200 || got.Schema != history.Schema || got.Path != path || len(got.Series) != 0 || !strings.Contains(body, `"series":[]`) {
		t.Errorf("without a record: %d, %s", code, body)
	}
	recordRuns(t, path, 0, 10)
	if code, got, body := get(); code != 200 || len(got.Series) != 1 || len(got.Series[0].Points) != 10 || got.Series[0].Benchmark != strings.ToValidUTF8(hostile, "\ufffd") || strings.ContainsAny(body, "<>\u2028\x1b") {
		t.Errorf("ten runs: %d, %.500s", code, body)
	}
	recordRuns(t, path, 10, 24)
	code, got, body := get()
	if code != 200 || len(got.Series[0].Points) != 24 || len(got.Series[0].Changes) != 1 {
		t.Fatalf("24 runs: %d, %.500s", code, body)
	}
	if c := got.Series[0].Changes[0]; c.At != 12 || c.Verdict != "better" {
		t.Errorf("%+v", c)
	}
	if _, _, again := get(); again != body {
		t.Error("the same record gives another answer")
	}
	os.Remove(path)
	if _, got, _ := get(); len(got.Series) != 0 {
		t.Error("a record that is gone is still shown")
	}
}

func TestHistoryThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	huge := filepath.Join(dir, "huge")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, mostHistory+1); err != nil { // sparse
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "not a regular file", huge: "more than the"} {
		if code, _, body := serveHistory(t, path)(); code != http.StatusInternalServerError || !strings.Contains(body, want) {
			t.Errorf("%s: %d, %s", path, code, body)
		}
	}
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("<<<<<<< HEAD\n{\"v\":1,\"benchm"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, got, body := serveHistory(t, bad)(); code != 200 || len(got.Bad) != 2 || got.Path != bad {
		t.Errorf("bad lines: %d, %s", code, body)
	}
	if code, got, body := serveHistory(t, "")(); code != 200 || got.Path != "" || got.Schema != history.Schema {
		t.Errorf("no path: %d, %s", code, body)
	}
}
