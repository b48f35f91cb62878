package web

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/store"
)

// hostileBench is a run of benchmarks of which every name is hostile.
func hostileBench() bench.Result {
	c := stat.ComparePairs(stat.Rule{Metric: hostile, Unit: hostile, Margin: .02}, []float64{1, 1.1}, []float64{2, 2.1})
	return bench.Result{
		Schema: bench.Schema,
		Run: run.Run{
			ID: benchID, App: hostile, Command: "bench", Status: run.Complete, Parts: []run.Part{{Name: store.BenchPart}},
			Labels: map[string]string{store.VerdictLabel: hostile}, Summary: hostile,
		},
		Arms:   []bench.Arm{{Name: hostile, Role: bench.Old, Env: map[string]string{hostile: hostile}}, {Name: hostile, Role: bench.New}},
		Margin: .02, Verdict: stat.Verdict(hostile), Text: hostile, Doubts: []string{hostile},
		Benchmarks: []bench.Benchmark{{
			Name: hostile, Kind: bench.Kind(hostile), File: hostile, Because: &bench.Because{Source: hostile, Text: hostile}, Macro: hostile,
			Changes: []bench.Change{{Arm: 1, Comparisons: []stat.Comparison{c}, Verdict: c.Verdict, Text: hostile, Stopped: hostile, Weak: hostile}},
			Units:   []bench.Unit{{Benchmark: hostile, Values: map[bench.Metric]float64{bench.Metric(hostile): 1}, Discarded: hostile}},
			Notes:   []string{hostile},
		}},
	}
}

func TestBenchIsAnsweredAndHandedOut(t *testing.T) {
	address, _ := server(t)
	answer, body := ask(t, "GET", address, "/api/runs/"+benchID+"/bench", address, nil)
	var result bench.Result
	if err := json.Unmarshal([]byte(body), &result); err != nil || answer.StatusCode != http.StatusOK || result.Text != hostile {
		t.Errorf("%d, %v: %.200s", answer.StatusCode, err, body)
	}
	if strings.Contains(body, "</script") {
		t.Error("raw markup in the answer")
	}
	answer, body = ask(t, "GET", address, "/api/runs/"+benchID+"/report", address, nil)
	if kind := answer.Header.Get("Content-Type"); kind != "application/octet-stream" || !strings.Contains(body, `<script type="application/json" id="bench">`) {
		t.Errorf("%s: %.200s", kind, body)
	}
	if name := answer.Header.Get("Content-Disposition"); strings.ContainsAny(name, "<>\x1b") {
		t.Errorf("file name %q", name)
	}
	for _, path := range []string{"/api/runs/" + benchID + "/lap", "/api/runs/" + runID + "/bench", "/api/runs/00000000/bench"} {
		if answer, _ := ask(t, "GET", address, path, address, nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}

func TestBenchReportIsInert(t *testing.T) {
	result := hostileBench()
	var file bytes.Buffer
	if err := WriteBench(&file, &result); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	if n := strings.Count(strings.ToLower(text), "</script"); n != 2 {
		t.Errorf("%d script ends, want 2", n)
	}
	_, rest, _ := strings.Cut(text, `id="bench">`)
	block, _, _ := strings.Cut(rest, "</script>")
	if strings.ContainsAny(block, "<>&\u2028\u2029\x1b") {
		t.Error("the data block holds raw markup")
	}
	var back bench.Result
	if err := json.Unmarshal([]byte(block), &back); err != nil || back.Benchmarks[0].Name != hostile {
		t.Errorf("%v", err)
	}
	result.Benchmarks[0].Noise = []bench.Noise{{Spread: math.NaN()}}
	file.Reset()
	if err := WriteBench(&file, &result); err == nil || file.Len() > 0 {
		t.Errorf("a figure that JSON cannot hold: %v, %d bytes written", err, file.Len())
	}
}
