package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pitwall/core/run"
)

// Writer writes one run. Its methods may be called from many goroutines.
type Writer struct {
	store *Store
	begun run.Run
	lock  *os.File

	mu      sync.Mutex
	writing map[string]*partWriter
	ready   []*ready // closed, not yet sealed
	failed  []string
	count   int // parts begun
	segment int // number of the next segment
	done    bool
}

// errDone says that a writer was finished or closed before.
var errDone = errors.New("store: the run is finished")

// Begin starts a run and makes its header durable with status open. An empty
// ID, zero Started and Format are filled in; ID tells which. The caller ends
// the run with Finish, and always calls Close.
func (s *Store) Begin(ctx context.Context, r run.Run) (*Writer, error) {
	now := s.now()
	if r.ID == "" {
		r.ID = run.NewID(now)
	}
	if !run.ValidID(r.ID) {
		return nil, fmt.Errorf("store: %q is no run id (UUIDv7 in lower case)", r.ID)
	}
	if r.Started.IsZero() {
		r.Started = now
	}
	r.Status = run.Open
	w := &Writer{store: s, begun: r, writing: map[string]*partWriter{}}
	err := s.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := insertRun(ctx, conn, r); err != nil {
			return err
		}
		return w.hold()
	})
	if err != nil {
		w.release()
		return nil, fmt.Errorf("beginning a run: %w", err)
	}
	return w, nil
}

// hold takes the lock that says that the writer lives. It is called, like
// the sweep of stray locks, inside a write transaction.
func (w *Writer) hold() error {
	path := w.store.lockPath(w.begun.ID)
	lock, err := flock(path, os.O_CREATE|os.O_EXCL)
	if err != nil && err != errNoLocks {
		return unwritable(path, err)
	}
	w.lock = lock
	_, err = io.WriteString(lock, self().String())
	return err
}

func (w *Writer) release() {
	if w.lock != nil {
		os.Remove(w.lock.Name())
		w.lock.Close()
		w.lock = nil
	}
}

// ID is the run's id.
func (w *Writer) ID() string { return w.begun.ID }

// Run is the header as Begin stored it.
func (w *Writer) Run() run.Run { return w.begun }

// Part begins a part: what is written is streamed to a temporary file, and
// Close makes that durable. Only a Seal or Finish after Close makes it part of
// the run. kind is the media type. A name is letters, digits, dot, dash and
// underscore, and unique within a segment; a later segment's part replaces an
// earlier one of the same name.
func (w *Writer) Part(ctx context.Context, name, kind string) (io.WriteCloser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.free(ctx, name); err != nil {
		return nil, err
	}
	w.count++
	path := filepath.Join(w.store.tmpDir(), fmt.Sprintf("%s.%d.%s", w.begun.ID, w.count, name))
	p, err := newPartWriter(w, path, run.Part{Name: name, Kind: kind})
	if err != nil {
		return nil, fmt.Errorf("writing part %s: %w", name, err)
	}
	w.writing[name] = p
	return p, nil
}

// free reports why a part of that name cannot begin now.
func (w *Writer) free(ctx context.Context, name string) error {
	if w.done {
		return errDone
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !validName(name) {
		return fmt.Errorf("store: part name %q: want 1 to 100 letters, digits, dots, dashes or underscores", name)
	}
	taken := w.writing[name] != nil
	for _, p := range w.ready {
		taken = taken || p.part.Name == name
	}
	if taken {
		return fmt.Errorf("store: part %s exists in this segment", name)
	}
	return nil
}

func validName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	return name != "" && len(name) <= 100 && name[0] != '.' && strings.Trim(name, letters) == ""
}

// Ref adds an outside file as a part: only its path and digest are stored.
// Reading the part verifies both.
func (w *Writer) Ref(ctx context.Context, name, kind, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	sum, bytes, err := digest(ctx, path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.free(ctx, name); err != nil {
		return err
	}
	part := run.Part{Name: name, Kind: kind, SHA256: sum, Bytes: bytes, Ref: path}
	w.ready = append(w.ready, &ready{part: part})
	return nil
}

// Seal makes all parts closed so far durable as one segment; parts still
// being written go into a later one. After an error nothing of the segment is
// saved, older segments are whole, and Seal may be called again.
func (w *Writer) Seal(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return errDone
	}
	if len(w.ready) == 0 {
		return nil
	}
	err := w.store.change(ctx, w.seal)
	if err != nil {
		return fmt.Errorf("sealing a segment: %w", err)
	}
	w.sealed()
	return nil
}

// Finish seals what is left and writes the final header: r with its parts,
// labels and format as the store knows them; an empty ID and zero Started are
// those of Begin. Status open or empty becomes
// complete; a zero Ended becomes now. A part still being written is an error.
func (w *Writer) Finish(ctx context.Context, r run.Run) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return errDone
	}
	for name := range w.writing {
		return fmt.Errorf("store: part %s is still being written", name)
	}
	if r.ID == "" {
		r.ID = w.begun.ID
	}
	if r.Started.IsZero() {
		r.Started = w.begun.Started
	}
	if r.ID != w.begun.ID {
		return fmt.Errorf("store: run %q finished with the writer of %s", r.ID, w.begun.ID)
	}
	if r.Status == run.Open || r.Status == "" {
		r.Status = run.Complete
	}
	if r.Ended.IsZero() {
		r.Ended = w.store.now()
	}
	r.Dropped = append(append([]string{}, r.Dropped...), w.failed...)
	err := w.store.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := w.seal(ctx, conn); err != nil {
			return err
		}
		return updateRun(ctx, conn, r)
	})
	if err != nil {
		return fmt.Errorf("finishing run %s: %w", w.begun.ID, err)
	}
	w.sealed()
	w.done = true
	w.release()
	return nil
}

// Close gives the run up unless it was finished: it is then partial, keeps
// its sealed segments and says what was dropped. Parts still being written
// fail from here on.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	w.done = true
	for _, p := range w.writing {
		p.abandon()
	}
	if w.lock != nil { // let go, keep the file: recover settles the run
		w.lock.Close()
		w.lock = nil
	}
	return w.store.recover(context.Background())
}
