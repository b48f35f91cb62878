package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/store"
)

// benchShelf is a shelf with a newer run of benchmarks, and its id.
func benchShelf(t *testing.T) (dir, id string) {
	t.Helper()
	dir, _ = shelfOf(t)
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r := run.Run{App: hostileName, Command: "bench", Summary: hostileName, Started: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}
	w, err := st.Begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(t.Context(), store.BenchPart, "application/json")
	if err != nil {
		t.Fatal(err)
	}
	result := bench.Result{Schema: bench.Schema, Text: hostileName, Benchmarks: []bench.Benchmark{{Name: hostileName}}}
	if err := json.NewEncoder(p).Encode(result); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return dir, w.ID()
}

func TestReportOfBenchmarks(t *testing.T) {
	dir, id := benchShelf(t)
	for _, name := range []string{"last", id} {
		file := filepath.Join(t.TempDir(), "bench.html")
		code, out, stderr := runCLI(t, "report", name, "--store", dir, "-o", file)
		if code != Fine || strings.TrimSpace(out) != file {
			t.Fatalf("code %d, %q, %q", code, out, stderr)
		}
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), `<script type="application/json" id="bench">`) {
			t.Errorf("%v: %.300s", err, text)
		}
	}
	code, out, _ := runCLI(t, "report", id, "--store", dir, "--json")
	var result bench.Result
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != Fine || result.Run.ID != id || result.Text != hostileName {
		t.Errorf("code %d, %v, %q", code, err, out)
	}
	if code, _, stderr := runCLI(t, "report", id, "--store", dir, "--judge-again"); code != Usage || !strings.Contains(stderr, "for laps") {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// A run of benchmarks is no lap: what compares laps says so, and "last" among
// laps passes it over.
func TestBenchmarksAreNoLap(t *testing.T) {
	dir, id := benchShelf(t)
	if code, _, stderr := runCLI(t, "runs", "compare", id, "last", "--store", dir); code != Unmeasured || !strings.Contains(stderr, "no result of a lap") {
		t.Errorf("code %d, %q", code, stderr)
	}
	if code, out, stderr := runCLI(t, "runs", "compare", "last", "last", "--store", dir); code != Fine || strings.Contains(out, id) {
		t.Errorf("code %d, %q, %q", code, out, stderr)
	}
	if code, out, _ := runCLI(t, "runs", "show", id, "--store", dir); code != Fine || !strings.Contains(out, store.BenchPart) {
		t.Errorf("code %d, %q", code, out)
	}
}
