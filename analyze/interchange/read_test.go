package interchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// load reads a file that the tool itself wrote on a Debian 12 machine.
func load(t *testing.T, names ...string) *File {
	t.Helper()
	var files []*File
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(name, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	f, err := Merge(files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadsWhatTheToolsWrote(t *testing.T) {
	type shape struct {
		name, variant, metric, unit string
		better                      Direction
		sittings, processes, values int
		mean                        float64
	}
	for file, c := range map[string]struct {
		source Source
		want   []shape
	}{
		"ips-slow.save":  {IPS, []shape{{"one", "", "rate", "1/s", Higher, 1, 1, 29, 14.2356}, {"two", "", "rate", "1/s", Higher, 1, 1, 29, 14.2352}}},
		"ips-hold.lines": {IPS, []shape{{"parse", "", "rate", "1/s", Higher, 1, 1, 11, 71394}}},
		"ips.json":       {IPS, []shape{{"parse", "", "rate", "1/s", Higher, 0, 0, 0, 62773.06}, {"parse, symbols", "", "rate", "1/s", Higher, 0, 0, 0, 48826}}},
		"hyperfine-old.json": {Hyperfine, []shape{
			{"ruby -e 1", "", "time", "s", Lower, 1, 12, 12, .0628066}, {"ruby -e 1", "", "cpu", "s", Lower, 0, 0, 0, .062485},
			{"ruby -e 2", "", "time", "s", Lower, 1, 12, 12, .06932635}, {"ruby -e 2", "", "cpu", "s", Lower, 0, 0, 0, .06891683},
		}},
		"go-old.txt": {Go, []shape{
			{"Join-2", "", "time", "s", Lower, 1, 1, 4, 158.525e-9}, {"Join-2", "", "bytes", "bytes", Lower, 1, 1, 4, 208}, {"Join-2", "", "allocations", "1", Lower, 1, 1, 4, 1},
			{"Itoa/base=10-2", "", "time", "s", Lower, 1, 1, 4, 35.2925e-9}, {"Itoa/base=10-2", "", "rows/op", "rows/op", "", 1, 1, 4, 3.5},
		}},
		"yjit-one.json": {YJITBench, []shape{
			{"benchmark", "ruby 3.1.7p261 (2025-03-26 revision 0a3704f218) [x86_64-linux-gnu]", "time", "s", Lower, 1, 1, 6, .429604},
			{"benchmark", "ruby 3.1.7p261 (2025-03-26 revision 0a3704f218) [x86_64-linux-gnu]", "memory", "bytes", Lower, 1, 1, 1, 14155776},
		}},
		"yjit-runs.json": {YJITBench, []shape{ // the tool's own table: 517.5 ms and 559.7 ms
			{"fib", "ruby", "time", "s", Lower, 1, 1, 4, .5174966}, {"fib", "ruby", "memory", "bytes", Lower, 1, 1, 1, 14221312},
			{"fib", "gems", "time", "s", Lower, 1, 1, 4, .5596966}, {"fib", "gems", "memory", "bytes", Lower, 1, 1, 1, 12144640},
		}},
		"derailed-old.bench.txt": {Derailed, []shape{{"derailed-old", "", "time", "s", Lower, 1, 6, 6, -1}, {"derailed-old", "", "cpu", "s", Lower, 1, 6, 6, -1}}},
	} {
		f := load(t, file)
		if f.Source != c.source || len(f.Benchmarks) != len(c.want) {
			t.Errorf("%s: %s, %d benchmarks: %+v", file, f.Source, len(f.Benchmarks), f.Benchmarks)
			continue
		}
		for i, w := range c.want {
			b := f.Benchmarks[i]
			got := shape{b.Name, b.Variant, b.Metric, b.Unit, b.Better, len(b.Sittings), len(b.Processes()), len(b.Samples()), w.mean}
			if got != w {
				t.Errorf("%s: %+v, want %+v", file, got, w)
			}
			if w.mean > 0 && math.Abs(b.Mean()/w.mean-1) > 1e-4 {
				t.Errorf("%s: %s %s: mean %v, want %v", file, b.Name, b.Metric, b.Mean(), w.mean)
			}
		}
	}
}

func read(t *testing.T, text string) (*File, error) {
	t.Helper()
	return Read("x", strings.NewReader(text))
}

func TestWhatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "it is empty",
		"hello":                                "neither benchmark-ips",
		`{"a": 1}`:                             "neither benchmark-ips",
		`{"results": 3}`:                       "hyperfine: json:",
		`{"results": [{}]}`:                    "a result without a command",
		`{"results": []}`:                      "it holds no benchmark",
		`[]`:                                   "it holds no benchmark",
		`[{"item": "a"}]`:                      "neither item and samples",
		`[1, 2]`:                               "cannot unmarshal",
		`{"item": "a", "samples": [1]} {"x": `: "unexpected EOF",
		`{"raw_data": {"a": {"b": "c"}}}`:      "raw_data.a.b is neither",
		`[{"item": "a", "samples": [1e999]}]`:  "cannot unmarshal number",
		`[{"item": "a", "samples": [0, -1]}]`:  "it holds no benchmark",
		`[{"item": "a", "samples": []}]`:       "it holds no benchmark",
		strings.Repeat("[", 20000):             "exceeded max depth",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "reading x: ") {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	var unknown *UnknownError
	if _, err := read(t, "hello"); !errors.As(err, &unknown) {
		t.Error(err)
	}
	if _, err := Read("x", zeros{}); err == nil || !strings.Contains(err.Error(), "over 64 MiB") {
		t.Error(err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestNotesSayWhatIsWrongWithAFile(t *testing.T) {
	for text, want := range map[string]string{
		`[{"item": "a", "samples": [0, 5, 6]}]`:                                                       "1 of 3 samples are no measurement",
		`[{"name": "a", "ips": 5}]`:                                                                   "drops the samples",
		`{"results": [{"command": "x", "times": [1, 2], "exit_codes": [0, null]}]}`:                   "1 of 2 executions failed (1 by a signal)",
		`{"results": [{"command": "x", "mean": 1}]}`:                                                  "holds no single times",
		`{"RUBY_DESCRIPTION": "r", "values": [4, 3, 2, 2]}`:                                           "first half is taken",
		`{"raw_data": {"r": {"b": [4, 3, 2, 2]}}}`:                                                    "first half is taken",
		"BenchmarkA-1 10 5 ns/op\nBenchmarkB-1 x 5 ns/op\nBenchmarkC-1 0 5 ns/op\nBenchmarkD-1 5 5\n": "3 lines could not be read",
		"  1.0   1.0   2.0 (  3.0)\nhello\n":                                                          "1 line of x hold no measurement",
	} {
		f, err := read(t, text)
		if err != nil || !strings.Contains(strings.Join(f.Notes, "\n"), want) {
			t.Errorf("%q: %v, %+v, want %q", text, err, f, want)
		}
	}
}

func TestGoFormatInDetail(t *testing.T) {
	f, err := read(t, `goos: linux
pkg: a
Unit rows/op better=higher assume=exact
BenchmarkX-8
BenchmarkX-8   	 10	 5 ns/op	 2.50 MB/s	 7 rows/op
BenchmarkX-8   	 10	 6 ns/op	 2.50 MB/s	 7 rows/op
--- some log line
PASS
goos: linux
pkg: a
BenchmarkX-8   	 10	 7 ns/op
pkg: b
BenchmarkX-8   	 10	 9 sec/op
`)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(f.Benchmarks)
	want := `[{"name":"X-8","variant":"a","metric":"time","unit":"s","better":"lower","sittings":[[[5e-9,6e-9]],[[7e-9]]]},` +
		`{"name":"X-8","variant":"a","metric":"rate","unit":"bytes/s","better":"higher","sittings":[[[2500000,2500000]]]},` +
		`{"name":"X-8","variant":"a","metric":"rows/op","unit":"rows/op","better":"higher","exact":true,"sittings":[[[7,7]]]},` +
		`{"name":"X-8","variant":"b","metric":"time","unit":"s","better":"lower","sittings":[[[9]]]}]`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestNamesAreBounded(t *testing.T) {
	f, err := read(t, `[{"item": "`+strings.Repeat("é", 5000)+`", "samples": [1]}, {"item": 7, "samples": [1]}, {"item": null, "name": null, "samples": [1]}]`)
	if err == nil {
		t.Fatalf("an entry without a label: %+v", f)
	}
	f, err = read(t, `[{"item": "`+strings.Repeat("é", 5000)+`", "samples": [1]}, {"item": 7, "samples": [1]}]`)
	if err != nil || len(f.Benchmarks[0].Name) > maxName+3 || f.Benchmarks[1].Name != "7" {
		t.Errorf("%v, %+v", err, f)
	}
}

func TestMerge(t *testing.T) {
	f := load(t, "hyperfine-old-1.json", "hyperfine-old-2.json", "hyperfine-old-3.json")
	if len(f.Benchmarks) != 2 || len(f.Benchmarks[0].Sittings) != 3 || len(f.Benchmarks[0].Samples()) != 15 || f.Benchmarks[1].Summary.N != 15 || f.Benchmarks[1].Summary.SD != -1 {
		t.Errorf("%+v", f)
	}
	a, b := load(t, "ips.json"), load(t, "go-old.txt")
	if _, err := Merge([]*File{a, b}); err == nil || err.Error() != "ips.json is of benchmark-ips and go-old.txt is of go: they do not compare" {
		t.Error(err)
	}
	one := load(t, "ips-old.save")
	if _, err := Merge([]*File{one, one}); err != nil || len(one.Benchmarks[0].Sittings) != 1 {
		t.Errorf("merging changed a file: %v, %+v", err, one.Benchmarks[0])
	}
}

// consistent is what holds of any file that was read.
func consistent(t *testing.T, data []byte) {
	f, err := Read("x", bytes.NewReader(data))
	if err != nil {
		return
	}
	if len(f.Benchmarks) == 0 || f.Source == "" || len(f.Benchmarks) > maxBenchmarks {
		t.Fatalf("%+v", f)
	}
	for _, b := range f.Benchmarks {
		if len(b.Samples()) == 0 && b.Summary == nil {
			t.Fatalf("%+v holds nothing", b)
		}
		for _, v := range b.Samples() {
			if !measured(v, b.Metric) {
				t.Fatalf("%v in %+v", v, b)
			}
		}
	}
	judged, notes := Compare(f, f, Options{Margin: .02})
	if _, err := json.Marshal([]any{f, judged, notes, Within(f, Options{Margin: .02})}); err != nil {
		t.Fatal(err)
	}
}

func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal(pattern, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzIPS(f *testing.F) {
	seeds(f, "ips*")
	f.Add([]byte(`{"item": 1, "samples": [1e308, 1e-308]}{"item": 1, "samples": [5e-324]}`))
	f.Fuzz(func(t *testing.T, data []byte) { consistent(t, data) })
}

func FuzzHyperfine(f *testing.F) {
	seeds(f, "hyperfine*")
	f.Add([]byte(`{"results": [{"command": "a", "mean": 1e308, "user": 1e308, "system": 1e308, "memory_usage_byte": [0, 5]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) { consistent(t, data) })
}

func FuzzGo(f *testing.F) {
	seeds(f, "go-*")
	f.Add([]byte("pitwall-line: one process\nUnit x better=higher assume=exact\nBenchmarkA 1 -1 x 1e308 MB/s 1e-320 ns/op\nBenchmarkA 1 NaN x\n"))
	f.Fuzz(func(t *testing.T, data []byte) { consistent(t, data) })
}

func FuzzYJITBench(f *testing.F) {
	seeds(f, "yjit*")
	f.Add([]byte(`{"raw_data": {"a": {"b": [1]}, "c": {"b": {"bench": [2], "rss": -5}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) { consistent(t, data) })
}

func FuzzDerailed(f *testing.F) {
	seeds(f, "derailed*")
	f.Fuzz(func(t *testing.T, data []byte) { consistent(t, data) })
}
