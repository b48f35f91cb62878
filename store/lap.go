package store

import (
	"context"
	"encoding/json"
	"fmt"

	"pitwall/core/lap"
	"pitwall/core/run"
)

// LapPart is the name of the part that holds a lap's result as JSON.
const LapPart = "lap.json"

// maxResult bounds a stored result: reading one takes several times its size.
const maxResult = 64 << 20

// Lap reads the stored result of a run, with r as its header.
func (s *Store) Lap(ctx context.Context, r run.Run) (*lap.Result, error) {
	text, err := s.readPart(ctx, r, LapPart)
	if err != nil {
		return nil, err
	}
	result, err := decodeLap(text)
	if err != nil {
		return nil, fmt.Errorf("store: run %s, part %s: %w", r.ID, LapPart, err)
	}
	result.Run = r
	return result, nil
}

// decodeLap reads a result of this schema.
func decodeLap(text []byte) (*lap.Result, error) {
	var result lap.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, err
	}
	if result.Schema != lap.Schema {
		return nil, fmt.Errorf("schema %d, and this pitwall reads schema %d", result.Schema, lap.Schema)
	}
	return &result, nil
}
