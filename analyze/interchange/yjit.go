package interchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// yjitResult is what the harness of yjit-bench writes for one benchmark
// (harness/harness-common.rb, return_results): seconds. Older harnesses wrote
// values, warm-up included.
type yjitResult struct {
	Ruby   string    `json:"RUBY_DESCRIPTION"`
	WarmUp []float64 `json:"warmup"`
	Bench  []float64 `json:"bench"`
	Values []float64 `json:"values"`
	RSS    float64   `json:"rss"`
	MaxRSS float64   `json:"maxrss"`
}

// firstValue reads the first JSON value of a text.
func firstValue(text []byte, into any) error {
	return json.NewDecoder(bytes.NewReader(text)).Decode(into)
}

// yjitOne reads a result of one benchmark in one process, RESULT_JSON_PATH.
func (f *File) yjitOne(text []byte) error {
	var r yjitResult
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	f.yjit("benchmark", r.Ruby, r)
	return nil
}

// yjitRuns reads the output_NNN.json of run_benchmarks.rb: one process for
// each Ruby and benchmark.
func (f *File) yjitRuns(text []byte) error {
	var file struct {
		Rubies map[string]any                        `json:"metadata"`
		Runs   map[string]map[string]json.RawMessage `json:"raw_data"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	for _, ruby := range yjitOrder(text, file.Runs) {
		for _, name := range slices.Sorted(maps.Keys(file.Runs[ruby])) {
			raw := file.Runs[ruby][name]
			var r yjitResult
			if err := json.Unmarshal(raw, &r); err != nil { // older files hold the list alone
				if err := json.Unmarshal(raw, &r.Values); err != nil {
					return errors.New("raw_data." + clip(ruby) + "." + clip(name) + " is neither a result nor a list of times")
				}
			}
			f.yjit(name, ruby, r)
			if len(f.Benchmarks) > maxBenchmarks {
				return nil
			}
		}
	}
	return nil
}

// yjitOrder is the names of the Rubies as the file lists them: the first is
// the base of its ratios.
func yjitOrder(text []byte, runs map[string]map[string]json.RawMessage) []string {
	at := bytes.Index(text, []byte(`"raw_data"`))
	place := func(name string) int {
		quoted, _ := json.Marshal(name)
		if i := bytes.Index(text[max(0, at):], append(quoted, ':')); i >= 0 {
			return i
		}
		return len(text)
	}
	names := slices.Sorted(maps.Keys(runs))
	if len(names) > 100 {
		return names
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

func (f *File) yjit(name, ruby string, r yjitResult) {
	steady := r.Bench
	if len(steady) == 0 && len(r.Values) > 0 {
		steady = r.Values
		f.note("%s: the file does not say where warm-up ends; the first half is taken for it", clip(name))
		if n := len(steady); n > 1 {
			steady = steady[n/2:]
		}
	}
	f.add(Benchmark{Name: name, Variant: ruby, Metric: "time", Unit: "s", Better: Lower, Sittings: oneProcess(steady)})
	if peak := max(r.RSS, r.MaxRSS); peak > 0 {
		f.add(Benchmark{Name: name, Variant: ruby, Metric: "memory", Unit: "bytes", Better: Lower, Sittings: oneProcess([]float64{peak})})
	}
	if n := len(r.WarmUp); n > 0 {
		f.note("%s, %s: %s of warm-up are left out, as the harness said", clip(name), clip(ruby), plural(n, "iteration"))
	}
}
