package cli

import (
	"context"
	"errors"
	"io"

	"pitwall/analyze/judge"
	core "pitwall/core/lap"
	"pitwall/core/run"
	drive "pitwall/drive/lap"
	"pitwall/store"
)

// judgeAgain works a lap's result out of its stored evidence: for a lap that
// was killed before it was judged, and for one that an older Pitwall judged.
func judgeAgain(ctx context.Context, st *store.Store, r run.Run) (*core.Result, error) {
	ev, err := drive.Load(storedParts{ctx, st, r})
	if err != nil {
		return nil, err
	}
	result := judge.Judge(ev)
	result.Run = r
	if r.Status != run.Complete {
		result.Partial = "the lap ended before it was judged"
	}
	return result, nil
}

// storedParts is a run's parts as drive/lap reads them.
type storedParts struct {
	ctx context.Context
	st  *store.Store
	run run.Run
}

// OpenPart opens a part by name.
func (p storedParts) OpenPart(name string) (io.ReadCloser, error) {
	return p.st.OpenPart(p.ctx, p.run, name)
}

// Names lists the run's parts.
func (p storedParts) Names() []string {
	names := make([]string, 0, len(p.run.Parts))
	for _, part := range p.run.Parts {
		names = append(names, part.Name)
	}
	return names
}

// readResult is a run's stored result, or, where there is none (or again is
// set), what its evidence says.
func readResult(ctx context.Context, st *store.Store, r run.Run, again bool) (*core.Result, error) {
	if !again {
		result, err := st.Lap(ctx, r)
		var missing *store.NotFoundError
		if !errors.As(err, &missing) {
			return result, err
		}
	}
	return judgeAgain(ctx, st, r)
}
