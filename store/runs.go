package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"pitwall/core/run"
)

// Filter picks runs; zero fields pick all.
type Filter struct {
	App     string
	Command string
	Status  run.Status
	Limit   int // newest so many; 0 is no limit
}

// List returns the runs that the filter picks, newest first; never nil. Runs
// whose writers have died since are settled first.
func (s *Store) List(ctx context.Context, f Filter) ([]run.Run, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	where, args := f.where()
	query := "SELECT id, status, header FROM run" + where + " ORDER BY started_ns DESC, id DESC"
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	return s.load(ctx, query, args...)
}

func (f Filter) where() (clause string, args []any) {
	var terms []string
	for _, c := range []struct{ column, value string }{
		{"app", f.App}, {"command", f.Command}, {"status", string(f.Status)},
	} {
		if c.value != "" {
			terms = append(terms, c.column+" = ?")
			args = append(args, c.value)
		}
	}
	if len(terms) > 0 {
		clause = " WHERE " + strings.Join(terms, " AND ")
	}
	return clause, args
}

// Get returns the run with this id, the only one that begins with it (at
// least four characters), or for "last" the newest. Errors: *NotFoundError,
// *AmbiguousError.
func (s *Store) Get(ctx context.Context, id string) (run.Run, error) {
	if id == Last {
		runs, err := s.List(ctx, Filter{Limit: 1})
		if err != nil {
			return run.Run{}, err
		}
		if len(runs) == 0 {
			return run.Run{}, &NotFoundError{What: "run", Name: id}
		}
		return runs[0], nil
	}
	if err := s.refresh(ctx); err != nil {
		return run.Run{}, err
	}
	id = strings.ToLower(id)
	if !validPrefix(id) {
		return run.Run{}, &NotFoundError{What: "run", Name: id}
	}
	const query = "SELECT id, status, header FROM run WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 10"
	runs, err := s.load(ctx, query, id, id+"~")
	switch {
	case err != nil:
		return run.Run{}, err
	case len(runs) == 0:
		return run.Run{}, &NotFoundError{What: "run", Name: id}
	case len(runs) > 1:
		ids := make([]string, len(runs))
		for i, r := range runs {
			ids[i] = r.ID
		}
		return run.Run{}, &AmbiguousError{Prefix: id, Matches: ids}
	}
	return runs[0], nil
}

func validPrefix(id string) bool {
	return len(id) >= 4 && len(id) <= 36 && strings.Trim(id, "0123456789abcdef-") == ""
}

// Label sets a label of a run; an empty value removes it.
func (s *Store) Label(ctx context.Context, id, key, value string) error {
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if key == "" || len(key) > 100 || len(value) > 1000 {
		return fmt.Errorf("store: label %.100q: want a key of 1 to 100 bytes and a value of at most 1000", key)
	}
	return s.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if value == "" {
			_, err := conn.ExecContext(ctx, "DELETE FROM label WHERE run_id = ? AND key = ?", r.ID, key)
			return err
		}
		return insertLabels(ctx, conn, r.ID, map[string]string{key: value})
	})
}

// Delete removes a run, and the parts that no other run names. A run that is
// still being written is an *InUseError.
func (s *Store) Delete(ctx context.Context, id string) error {
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	err = s.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if lives, who := writerLives(s.lockPath(r.ID)); lives {
			return &InUseError{ID: r.ID, PID: who.pid}
		}
		if _, err := conn.ExecContext(ctx, "DELETE FROM run WHERE id = ?", r.ID); err != nil {
			return err
		}
		return dueSweep(ctx, conn)
	})
	if err != nil {
		return err
	}
	return s.sweep(ctx)
}

// load runs a query for id, status and header, and adds labels and parts, all
// of one moment.
func (s *Store) load(ctx context.Context, query string, args ...any) ([]run.Run, error) {
	tx, err := s.index.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, indexError(s.index.path, err)
	}
	defer tx.Rollback()
	runs, err := headers(ctx, tx, query, args...)
	for i := range runs {
		if err == nil {
			err = details(ctx, tx, &runs[i])
		}
	}
	if err != nil {
		return nil, indexError(s.index.path, err)
	}
	return runs, nil
}

func headers(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]run.Run, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	runs := []run.Run{}
	for rows.Next() {
		var id, status, header string
		if err := rows.Scan(&id, &status, &header); err != nil {
			return nil, err
		}
		r, err := decodeRun(header)
		if err != nil {
			return nil, fmt.Errorf("store: run %s: %w", id, err)
		}
		r.ID, r.Status = id, run.Status(status)
		runs = append(runs, r)
	}
	return runs, rows.Err()
}

// details fills in labels and parts.
func details(ctx context.Context, tx *sql.Tx, r *run.Run) error {
	err := each(ctx, tx, "SELECT key, value FROM label WHERE run_id = ?", r.ID, func(rows *sql.Rows) error {
		var key, value string
		err := rows.Scan(&key, &value)
		r.Labels[key] = value
		return err
	})
	if err != nil {
		return err
	}
	const parts = "SELECT name, kind, sha256, bytes, ref FROM part WHERE run_id = ? ORDER BY segment, place"
	return each(ctx, tx, parts, r.ID, func(rows *sql.Rows) error {
		var p run.Part
		err := rows.Scan(&p.Name, &p.Kind, &p.SHA256, &p.Bytes, &p.Ref)
		r.Parts = append(r.Parts, p)
		return err
	})
}

func each(ctx context.Context, tx *sql.Tx, query, id string, do func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encodeRun is the header as stored: parts and labels have tables.
func encodeRun(r run.Run) (string, error) {
	r.Parts, r.Labels, r.Format = nil, nil, Format
	text, err := json.Marshal(r)
	return string(text), err
}

// decodeRun reads a stored header. No slice or map of it is nil.
func decodeRun(header string) (run.Run, error) {
	var r run.Run
	if err := json.Unmarshal([]byte(header), &r); err != nil {
		return run.Run{}, fmt.Errorf("header: %w", err)
	}
	r.Labels, r.Parts = map[string]string{}, []run.Part{}
	for _, list := range []*[]string{&r.Args, &r.Dropped} {
		if *list == nil {
			*list = []string{}
		}
	}
	for _, m := range []*map[string]string{&r.Gems, &r.Env} {
		if *m == nil {
			*m = map[string]string{}
		}
	}
	if r.Anchors == nil {
		r.Anchors = []run.Anchor{}
	}
	return r, nil
}

func insertRun(ctx context.Context, conn *sql.Conn, r run.Run) error {
	header, err := encodeRun(r)
	if err != nil {
		return err
	}
	const query = "INSERT INTO run (id, app, command, status, started_ns, header) VALUES (?, ?, ?, ?, ?, ?)"
	_, err = conn.ExecContext(ctx, query, r.ID, r.App, r.Command, string(r.Status), r.Started.UnixNano(), header)
	if err != nil {
		return err
	}
	return insertLabels(ctx, conn, r.ID, r.Labels)
}

func updateRun(ctx context.Context, conn *sql.Conn, r run.Run) error {
	header, err := encodeRun(r)
	if err != nil {
		return err
	}
	const query = "UPDATE run SET app = ?, command = ?, status = ?, started_ns = ?, header = ? WHERE id = ?"
	done, err := conn.ExecContext(ctx, query, r.App, r.Command, string(r.Status), r.Started.UnixNano(), header, r.ID)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return &NotFoundError{What: "run", Name: r.ID}
	}
	return insertLabels(ctx, conn, r.ID, r.Labels)
}

func insertLabels(ctx context.Context, conn *sql.Conn, id string, labels map[string]string) error {
	const query = "INSERT INTO label (run_id, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
	for key, value := range labels {
		if _, err := conn.ExecContext(ctx, query, id, key, value); err != nil {
			return err
		}
	}
	return nil
}

// insertPart adds a part, or replaces the run's part of the same name.
func insertPart(ctx context.Context, conn *sql.Conn, id string, segment, place int, p run.Part) error {
	gone, err := conn.ExecContext(ctx, "DELETE FROM part WHERE run_id = ? AND name = ?", id, p.Name)
	if err != nil {
		return err
	}
	if n, err := gone.RowsAffected(); err == nil && n > 0 {
		if err := dueSweep(ctx, conn); err != nil {
			return err
		}
	}
	const query = "INSERT INTO part (run_id, name, segment, place, kind, sha256, bytes, ref) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
	_, err = conn.ExecContext(ctx, query, id, p.Name, segment, place, p.Kind, p.SHA256, p.Bytes, p.Ref)
	return err
}

// removeFile removes a file that may be gone.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
