package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"pitwall/core/bench"
	"pitwall/core/run"
)

// BenchPart is the name of the part that holds the result of a run of
// benchmarks as JSON.
const BenchPart = "bench.json"

// VerdictLabel is the label that a run of benchmarks carries its verdict in, so
// that a list of runs can show it without reading results.
const VerdictLabel = "verdict"

// HoldsBench says whether a run has the result of benchmarks.
func HoldsBench(r run.Run) bool {
	return slices.ContainsFunc(r.Parts, func(p run.Part) bool { return p.Name == BenchPart })
}

// Bench reads the stored result of a run of benchmarks, with r as its header.
// No slice of it is nil. Errors: *NotFoundError when the run holds none, and
// those of OpenPart.
func (s *Store) Bench(ctx context.Context, r run.Run) (*bench.Result, error) {
	text, err := s.readPart(ctx, r, BenchPart)
	if err != nil {
		return nil, err
	}
	result, err := decodeBench(text)
	if err != nil {
		return nil, fmt.Errorf("store: run %s, part %s: %w", r.ID, BenchPart, err)
	}
	result.Run = r
	return result, nil
}

// readPart reads a part that a result of this size can be.
func (s *Store) readPart(ctx context.Context, r run.Run, name string) ([]byte, error) {
	for _, p := range r.Parts {
		if p.Name == name && p.Bytes > maxResult {
			return nil, fmt.Errorf("store: part %s has %d bytes, more than the %d that are read", name, p.Bytes, maxResult)
		}
	}
	part, err := s.OpenPart(ctx, r, name)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	return io.ReadAll(part)
}

// decodeBench reads a result of this schema.
func decodeBench(text []byte) (*bench.Result, error) {
	var result bench.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, err
	}
	if result.Schema != bench.Schema {
		return nil, fmt.Errorf("schema %d, and this pitwall reads schema %d", result.Schema, bench.Schema)
	}
	fill(&result.Arms)
	fill(&result.Doubts)
	fill(&result.Benchmarks)
	for i := range result.Benchmarks {
		fillBenchmark(&result.Benchmarks[i])
	}
	return &result, nil
}

func fillBenchmark(b *bench.Benchmark) {
	fill(&b.Changes)
	fill(&b.Figures)
	fill(&b.Noise)
	fill(&b.WarmUps)
	fill(&b.GC)
	fill(&b.Budgets)
	fill(&b.Units)
	fill(&b.Notes)
	for i := range b.Changes {
		fill(&b.Changes[i].Comparisons)
	}
	for i := range b.Units {
		fill(&b.Units[i].Blocks)
	}
}

// fill makes an empty slice of nil.
func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}
