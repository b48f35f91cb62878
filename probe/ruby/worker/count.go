package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Counting says how to count.
type Counting struct {
	Looks  int           // calls that are watched for what is refused, and whose results are kept; 5 when 0
	Calls  int           // calls whose objects and bytes are counted; 15 when 0
	Budget time.Duration // for all of them, one call longer at most; 1 s when 0
	Items  any           // as for Batch
}

// Counts is what one call does: the lower median over single calls, so that a
// whole number stays one. Unknown is -1.
type Counts struct {
	Objects    float64 // allocated
	Bytes      float64 // allocated by malloc; on the JVM by the calling thread
	Statements float64 // SQL
	Digest     string  // of what the first calls returned; empty when it was not taken
	Why        string  // it was not taken
	Calls      int     // counted
	Watched    Batch   // all calls that were made: part of the warm-up
	Notes      []string
}

type counted struct {
	Objects    []float64 `json:"objects"`
	Bytes      []float64 `json:"bytes"`
	Statements []float64 `json:"statements"`
	Reading    struct {
		Objects []float64 `json:"objects"`
		Bytes   []float64 `json:"bytes"`
	} `json:"reading"`
	Results []string `json:"results"` // base64
	Why     string   `json:"why"`
	Watched Batch    `json:"watched"`
	Notes   []string `json:"notes"`
}

// Count makes single calls, watches the first ones and counts the others. A
// body that sleeps, forks, prints or connects is a *RefusedError unless that
// is allowed.
func (w *Worker) Count(ctx context.Context, c Counting) (Counts, error) {
	if c.Looks == 0 {
		c.Looks = 5
	}
	if c.Calls == 0 {
		c.Calls = 15
	}
	if c.Budget == 0 {
		c.Budget = time.Second
	}
	var got counted
	err := w.ask(ctx, "body", command{Do: "count", N: int64(c.Calls), Looks: c.Looks, Budget: int64(c.Budget), Items: c.Items}, &got)
	if err != nil {
		return Counts{}, err
	}
	out := Counts{Why: got.Why, Calls: max(len(got.Objects), len(got.Bytes)), Watched: got.Watched, Notes: got.Notes}
	if out.Objects, err = net(got.Objects, got.Reading.Objects); err != nil {
		return out, fmt.Errorf("counting objects: %w", err)
	}
	if out.Bytes, err = net(got.Bytes, got.Reading.Bytes); err != nil {
		out.Bytes, out.Notes = -1, append(out.Notes, "bytes: more was freed than allocated, not counted")
	}
	out.Statements = lower(got.Statements)
	if got.Why == "" {
		out.Digest = digest(got.Results)
	}
	return out, nil
}

// net is the lower median less that of the reading itself; -1 when there is
// none.
func net(values, reading []float64) (float64, error) {
	v := lower(values)
	if v < 0 || len(values) == 0 {
		return -1, nil
	}
	if r := lower(reading); r > 0 {
		v -= r
	}
	if v < 0 {
		return -1, &ProtocolError{"less than an empty body"}
	}
	return v, nil
}

// lower is the lower median; -1 of none.
func lower(values []float64) float64 {
	if len(values) == 0 {
		return -1
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// digest is how many results there are, and the SHA-256 over them, each with
// its length.
func digest(results []string) string {
	if len(results) == 0 {
		return ""
	}
	h := sha256.New()
	for _, r := range results {
		fmt.Fprintf(h, "%d\n%s", len(r), r)
	}
	return fmt.Sprintf("%d results %s", len(results), hex.EncodeToString(h.Sum(nil)))
}
