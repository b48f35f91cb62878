package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"pitwall/core/bench"
	"pitwall/core/spec"
)

// listing is what rb/list.rb finds in a benchmark file in Ruby.
type listing struct {
	Groups []group `json:"groups"`
}

type group struct {
	Because *bench.Because `json:"because"`
	Rails   bool           `json:"rails"`
	Allow   []string       `json:"allow"`
	Margin  *float64       `json:"margin"`
	Compare bool           `json:"compare"`
	Notes   []string       `json:"notes"`
	Reports []listed       `json:"reports"`
}

type listed struct {
	Name    string            `json:"name"`
	Code    *string           `json:"code"`
	Where   string            `json:"where"`
	Budgets []string          `json:"budgets"`
	Method  *string           `json:"method"`
	Because *bench.Because    `json:"because"`
	Allow   []string          `json:"allow"`
	Margin  *float64          `json:"margin"`
	Env     map[string]string `json:"env"`
}

// Read loads a benchmark file in Ruby in a fresh process, which evaluates the
// file but calls none of its blocks, and says what it holds. Each report
// becomes a benchmark with its number as Block. What is wrong with the reports
// comes back as spec.Errors, what is wrong with the Ruby as the errors of
// Start and Load.
func Read(ctx context.Context, o Options, path string) (*spec.Bench, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	w, err := Start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer w.Kill()
	loaded, err := w.Load(ctx, Load{Kind: "list", Params: map[string]any{"file": full}})
	if err != nil {
		return nil, err
	}
	if _, err := w.Close(ctx); err != nil {
		return nil, err
	}
	var found listing
	if err := json.Unmarshal(loaded.Facts, &found); err != nil {
		return nil, &ProtocolError{err.Error()}
	}
	b := &spec.Bench{File: path, Dir: filepath.Dir(full)}
	for _, g := range found.Groups {
		g.into(b)
	}
	return b, wrong(b)
}

// into adds the reports of a group to a file.
func (g group) into(b *spec.Bench) {
	b.Notes = append(b.Notes, g.Notes...)
	for i, r := range g.Reports {
		one := r.benchmark(b.File)
		one.Block = len(b.Benchmarks) + 1
		one.Rails = g.Rails
		one.Allow = append(g.Allow[:len(g.Allow):len(g.Allow)], r.Allow...)
		if one.Because == nil {
			one.Because = g.Because
		}
		if r.Margin == nil && g.Margin != nil {
			one.Margin = *g.Margin
		}
		if g.Compare && i > 0 {
			one.Against = g.Reports[0].Name
		}
		b.Benchmarks = append(b.Benchmarks, one)
	}
}

func (r listed) benchmark(file string) spec.Benchmark {
	line := 0
	if i := strings.LastIndexByte(r.Where, ':'); i >= 0 {
		line, _ = strconv.Atoi(r.Where[i+1:])
	}
	one := spec.Benchmark{Name: r.Name, Budgets: r.Budgets, Because: r.Because, Env: r.Env, CodeLine: line}
	one.Code = fmt.Sprintf("# x.report(%q) of %s, line %d", r.Name, filepath.Base(file), line)
	if r.Code != nil {
		one.Code = *r.Code
	}
	if r.Method != nil {
		one.Method = *r.Method
	}
	if r.Margin != nil {
		one.Margin = *r.Margin
	}
	return one
}

// wrong is what the checks of benchmark files say, at the lines of reports.
func wrong(b *spec.Bench) error {
	var all spec.Errors
	for _, p := range spec.CheckBench(b) {
		e := &spec.Error{File: b.File, Path: p.Path, Message: p.Message}
		var i int
		if n, _ := fmt.Sscanf(p.Path, "benchmarks[%d]", &i); n == 1 && i >= 0 && i < len(b.Benchmarks) {
			_, field, _ := strings.Cut(p.Path, ".")
			e.Line, e.Column, e.Path = b.Benchmarks[i].CodeLine, 1, fmt.Sprintf("%q: %s", b.Benchmarks[i].Name, field)
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
