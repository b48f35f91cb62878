package store

import (
	"errors"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/run"
)

func TestBenchIsReadWithItsRunAndWithoutNilSlices(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	text := `{"schema":1,"text":"rows: better","verdict":"better","benchmarks":[{"name":"rows","changes":[{"arm":1}],"units":[{"round":3}]},{"name":"idle"}]}`
	saved := save(t, s, run.Run{Command: "bench", App: "shop"}, map[string]string{BenchPart: text})
	if !HoldsBench(saved) || HoldsBench(save(t, s, run.Run{}, map[string]string{LapPart: "{}"})) {
		t.Errorf("parts %v", saved.Parts)
	}
	got, err := s.Bench(t.Context(), saved)
	if err != nil {
		t.Fatal(err)
	}
	if got.Run.ID != saved.ID || got.Run.App != "shop" || got.Verdict != "better" {
		t.Errorf("%+v", got)
	}
	rows, idle := got.Benchmarks[0], got.Benchmarks[1]
	if got.Arms == nil || got.Doubts == nil || rows.Changes[0].Comparisons == nil || rows.Units[0].Blocks == nil || rows.Units[0].Round != 3 {
		t.Errorf("%+v", got)
	}
	if idle.Changes == nil || idle.Figures == nil || idle.Noise == nil || idle.WarmUps == nil || idle.GC == nil || idle.Budgets == nil ||
		idle.Units == nil || idle.Notes == nil {
		t.Errorf("%+v", idle)
	}
}

func TestBenchSaysWhyItCannotBeRead(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	for text, want := range map[string]string{
		`{"schema":2}`: "schema 2, and this pitwall reads schema 1",
		`{"schema":`:   "unexpected end of JSON input",
	} {
		saved := save(t, s, run.Run{}, map[string]string{BenchPart: text})
		if _, err := s.Bench(t.Context(), saved); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), BenchPart) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var missing *NotFoundError
	if _, err := s.Bench(t.Context(), save(t, s, run.Run{}, nil)); !errors.As(err, &missing) {
		t.Errorf("without the part: %v", err)
	}
	huge := save(t, s, run.Run{}, map[string]string{BenchPart: `{"schema":1}`})
	huge.Parts[0].Bytes = maxResult + 1
	if _, err := s.Bench(t.Context(), huge); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a huge part: %v", err)
	}
}

// A damaged or foreign result is an error, never a panic.
func FuzzDecodeBench(f *testing.F) {
	f.Add([]byte(`{"schema":1,"benchmarks":[{"name":"a","units":[{"values":{"time":1}}]}]}`))
	f.Add([]byte(`{"schema":1,"benchmarks":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if result, err := decodeBench(text); err == nil && (result.Schema != bench.Schema || result.Benchmarks == nil) {
			t.Errorf("%+v", result)
		}
	})
}
