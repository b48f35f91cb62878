package web

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"pitwall/analyze/history"
)

// mostHistory bounds the record that is read for a request.
const mostHistory = 32 << 20

// record is the record of benchmarks in an app's repository. It is read at
// each request, and judged again when it has changed since.
type record struct {
	path string // empty when there is none to look for

	mu      sync.Mutex
	size    int64
	changed time.Time
	last    *judged
}

// judged is what /api/history answers with.
type judged struct {
	history.Report
	Path string `json:"path"` // of the record; empty when the server knows of none
}

// answer judges the record. One that is not there yet is an empty one.
func (r *record) answer(*http.Request) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		return r.judge(history.Record{}), nil
	}
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.last = nil
		return r.judge(history.Record{}), nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", r.path)
	case info.Size() > mostHistory:
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", r.path, info.Size(), mostHistory)
	case r.last != nil && r.size == info.Size() && r.changed.Equal(info.ModTime()):
		return r.last, nil
	}
	if r.last, err = r.read(); err != nil {
		return nil, err
	}
	r.size, r.changed = info.Size(), info.ModTime()
	return r.last, nil
}

func (r *record) read() (*judged, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := history.Read(io.LimitReader(f, mostHistory))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.path, err)
	}
	return r.judge(lines), nil
}

func (r *record) judge(lines history.Record) *judged {
	return &judged{Report: history.Judge(lines, history.Want{}), Path: r.path}
}
