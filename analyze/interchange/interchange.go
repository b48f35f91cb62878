// Package interchange reads what other benchmark tools left in files
// (benchmark-ips, hyperfine, Go's benchmarks, yjit-bench, derailed), says what
// those tools claim of it and what may honestly be said, and writes our own
// results for others: Go's benchmark format, JUnit and Markdown.
package interchange

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Source is the tool that wrote a file.
type Source string

const (
	IPS       Source = "benchmark-ips"
	Hyperfine Source = "hyperfine"
	Go        Source = "go"
	YJITBench Source = "yjit-bench"
	Derailed  Source = "derailed"
)

// Direction is which way of a metric is better; empty when nobody said.
type Direction string

const (
	Lower  Direction = "lower"
	Higher Direction = "higher"
)

// File is what one or several files of one tool hold.
type File struct {
	Source     Source      `json:"source"`
	Files      []string    `json:"files"`
	Benchmarks []Benchmark `json:"benchmarks"`
	Notes      []string    `json:"notes"`
}

// Benchmark is one metric of one benchmark.
type Benchmark struct {
	Name     string        `json:"name"`
	Variant  string        `json:"variant,omitempty"` // the Ruby or the package, where a file holds several
	Metric   string        `json:"metric"`            // "time", "rate", "memory", "cpu", or the unit of a custom one
	Unit     string        `json:"unit"`              // "s", "bytes", "1", "1/s", or a custom one
	Better   Direction     `json:"better"`
	Exact    bool          `json:"exact,omitempty"`   // its file says that it is the same each time
	InTurn   bool          `json:"in_turn,omitempty"` // its processes and those of the other version took turns
	Sittings [][][]float64 `json:"sittings"`          // samples in measured order, by process, by what was measured in one go; empty when there is only a summary
	Summary  *Summary      `json:"summary,omitempty"` // all that is left where the samples are gone
}

// Summary is a mean of samples that were thrown away.
type Summary struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // -1 unknown
	N    int     `json:"n"`  // 0 unknown
}

// Processes are the samples of each process, of all sittings.
func (b Benchmark) Processes() [][]float64 { return slices.Concat(b.Sittings...) }

// Samples are those of all processes.
func (b Benchmark) Samples() []float64 { return slices.Concat(b.Processes()...) }

// Limits of a file.
const (
	maxBytes      = 64 << 20
	maxBenchmarks = 10_000
	maxName       = 300
)

// UnknownError is a file in none of the formats that are known.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	return "reading " + e.Name + ": neither benchmark-ips (hold!, save! or json!), nor hyperfine --export-json, nor Go's benchmark format, nor yjit-bench, nor a log of derailed"
}

// Read reads a file of any of the tools; name is what errors call it.
func Read(name string, r io.Reader) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("reading %s: over %d MiB", name, maxBytes>>20)
	}
	f := &File{Files: []string{name}, Benchmarks: []Benchmark{}, Notes: []string{}}
	if err := f.parse(data); err != nil {
		if e := (*UnknownError)(nil); errors.As(err, &e) {
			return nil, &UnknownError{name}
		}
		return nil, fmt.Errorf("reading %s: %s: %w", name, f.Source, err)
	}
	if len(f.Benchmarks) > maxBenchmarks {
		return nil, fmt.Errorf("reading %s: over %d benchmarks", name, maxBenchmarks)
	}
	f.drop()
	if len(f.Benchmarks) == 0 {
		return nil, fmt.Errorf("reading %s: %s: it holds no benchmark", name, f.Source)
	}
	return f, nil
}

// parse finds out whose file it is from how it begins.
func (f *File) parse(data []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(text) == 0 {
		return errors.New("it is empty")
	}
	switch text[0] {
	case '[':
		f.Source = IPS
		return f.ips(text)
	case '{':
		return f.object(text)
	}
	if goLine.Match(text) {
		f.Source = Go
		return f.goBenchmarks(text)
	}
	if derailedLine.Match(text) {
		f.Source = Derailed
		return f.derailed(text)
	}
	return &UnknownError{}
}

// add is called by readers for each metric of each benchmark.
func (f *File) add(b Benchmark) {
	b.Name, b.Variant, b.Metric, b.Unit = clip(b.Name), clip(b.Variant), clip(b.Metric), clip(b.Unit)
	if b.Sittings == nil {
		b.Sittings = [][][]float64{}
	}
	f.Benchmarks = append(f.Benchmarks, b)
}

func (f *File) note(format string, args ...any) {
	if len(f.Notes) < 100 {
		f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
	}
}

// drop leaves out what is no measurement: times and rates that are not above
// zero, what is no finite number, and benchmarks of which nothing remains.
func (f *File) drop() {
	kept := []Benchmark{}
	for _, b := range f.Benchmarks {
		all := len(b.Samples())
		for i, sitting := range b.Sittings {
			for j, process := range sitting {
				sitting[j] = slices.DeleteFunc(process, func(v float64) bool { return !measured(v, b.Metric) })
			}
			b.Sittings[i] = slices.DeleteFunc(sitting, func(p []float64) bool { return len(p) == 0 })
		}
		b.Sittings = slices.DeleteFunc(b.Sittings, func(s [][]float64) bool { return len(s) == 0 })
		if gone := all - len(b.Samples()); gone > 0 {
			f.note("%s: %d of %d samples are no measurement (0, negative, or no number) and are left out", b.Name, gone, all)
		}
		if len(b.Sittings) > 0 || b.Summary != nil && measured(b.Summary.Mean, b.Metric) {
			kept = append(kept, b)
		}
	}
	f.Benchmarks = kept
}

func measured(v float64, metric string) bool {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	return v > 0 || v == 0 && metric != "time" && metric != "rate"
}

// clip bounds a name and makes it text.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxName {
		return s
	}
	end := maxName
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// Merge puts several files of one side together: each is a sitting of its own,
// or several.
func Merge(files []*File) (*File, error) {
	all := &File{Files: []string{}, Benchmarks: []Benchmark{}, Notes: []string{}}
	index := map[[3]string]int{}
	for i, f := range files {
		if i == 0 {
			all.Source = f.Source
		}
		if f.Source != all.Source {
			return nil, fmt.Errorf("%s is of %s and %s is of %s: they do not compare", all.Files[0], all.Source, f.Files[0], f.Source)
		}
		all.Files = append(all.Files, f.Files...)
		all.Notes = append(all.Notes, f.Notes...)
		for _, b := range f.Benchmarks {
			at, seen := index[b.key()]
			if !seen {
				index[b.key()] = len(all.Benchmarks)
				b.Sittings = slices.Clone(b.Sittings)
				all.Benchmarks = append(all.Benchmarks, b)
				continue
			}
			have := &all.Benchmarks[at]
			have.Sittings = append(have.Sittings, b.Sittings...)
			if b.Summary != nil || have.Summary != nil {
				have.Summary = pooled(have.Summary, b.Summary)
			}
		}
	}
	return all, nil
}

func (b Benchmark) key() [3]string { return [3]string{b.Name, b.Variant, b.Metric} }

// pooled is the mean of two summaries; their spread is not that of either.
func pooled(a, b *Summary) *Summary {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	wa, wb := float64(max(1, a.N)), float64(max(1, b.N))
	return &Summary{Mean: (a.Mean*wa + b.Mean*wb) / (wa + wb), SD: -1, N: a.N + b.N}
}
