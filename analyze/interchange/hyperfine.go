package interchange

import (
	"encoding/json"
	"errors"
	"fmt"
)

// hyperfineFile is what --export-json writes (src/benchmark/benchmark_result.rs).
type hyperfineFile struct {
	Results []hyperfineResult `json:"results"`
}

type hyperfineResult struct {
	Command string         `json:"command"`
	Mean    float64        `json:"mean"`
	SD      *float64       `json:"stddev"`
	User    *float64       `json:"user"`
	System  *float64       `json:"system"`
	Times   []float64      `json:"times"`
	Memory  []float64      `json:"memory_usage_byte"`
	Exits   []*int         `json:"exit_codes"`
	Params  map[string]any `json:"parameters"`
}

// object reads a file that begins with "{": of hyperfine, yjit-bench, or the
// lines of benchmark-ips.
func (f *File) object(text []byte) error {
	var keys map[string]json.RawMessage
	// A second value after the first is the next line of benchmark-ips.
	var first json.RawMessage
	if err := firstValue(text, &first); err != nil {
		return err
	}
	if err := json.Unmarshal(first, &keys); err != nil {
		return err
	}
	has := func(key string) bool { _, ok := keys[key]; return ok }
	switch {
	case has("item") && has("samples"):
		f.Source = IPS
		return f.ipsLines(text)
	case has("results"):
		f.Source = Hyperfine
		return f.hyperfine(text)
	case has("raw_data"):
		f.Source = YJITBench
		return f.yjitRuns(text)
	case has("RUBY_DESCRIPTION") || has("bench") || has("values"):
		f.Source = YJITBench
		return f.yjitOne(text)
	}
	return &UnknownError{}
}

func (f *File) hyperfine(text []byte) error {
	var file hyperfineFile
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	for _, r := range file.Results {
		if r.Command == "" {
			return errors.New("a result without a command")
		}
		f.hyperfineResult(r)
	}
	return nil
}

// hyperfineResult takes every execution as the process that it was.
func (f *File) hyperfineResult(r hyperfineResult) {
	time := Benchmark{Name: r.Command, Metric: "time", Unit: "s", Better: Lower, Sittings: alone(r.Times)}
	if len(r.Times) == 0 {
		time.Summary = &Summary{Mean: r.Mean, SD: -1, N: len(r.Exits)}
		if r.SD != nil {
			time.Summary.SD = *r.SD
		}
		f.note("%s: the file holds no single times, only their mean", clip(r.Command))
	}
	f.add(time)
	if r.User != nil && r.System != nil && *r.User+*r.System > 0 {
		f.add(Benchmark{Name: r.Command, Metric: "cpu", Unit: "s", Better: Lower, Summary: &Summary{Mean: *r.User + *r.System, SD: -1, N: max(len(r.Times), len(r.Exits))}})
	}
	if len(r.Memory) > 0 {
		f.add(Benchmark{Name: r.Command, Metric: "memory", Unit: "bytes", Better: Lower, Sittings: alone(r.Memory)})
	}
	failed, killed := 0, 0
	for _, code := range r.Exits {
		switch {
		case code == nil:
			killed++
		case *code != 0:
			failed++
		}
	}
	if failed+killed > 0 {
		f.note("%s: %d of %d executions failed (%d by a signal): what was timed is a failure", clip(r.Command), failed+killed, len(r.Exits), killed)
	}
}

// alone is one sitting in which each value is of a process of its own.
func alone(values []float64) [][][]float64 {
	if len(values) == 0 {
		return nil
	}
	out := make([][]float64, 0, len(values))
	for _, v := range values {
		out = append(out, []float64{v})
	}
	return [][][]float64{out}
}

// oneProcess is one sitting of one process.
func oneProcess(values []float64) [][][]float64 { return [][][]float64{{values}} }

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if thing == "process" {
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
