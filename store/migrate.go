package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Format is the version of the store's layout that this package writes.
const Format = 1

// applicationID marks the index as ours: "PITW" (sqlite.org/fileformat.html
// §1.3.10).
const applicationID = 0x50495457

// step takes the index from one format to the next. It is never edited once
// released.
type step struct {
	to  int
	sql string
}

// steps lists every migration there ever was, oldest first.
func steps() []step {
	return []step{{to: 1, sql: `
CREATE TABLE run (
  id         TEXT PRIMARY KEY,
  app        TEXT NOT NULL,
  command    TEXT NOT NULL,
  status     TEXT NOT NULL,
  started_ns INTEGER NOT NULL, -- Unix time
  header     TEXT NOT NULL     -- run.Run as JSON, without parts and labels
) STRICT;
CREATE INDEX run_by_time ON run (started_ns DESC, id DESC);
CREATE INDEX run_open ON run (id) WHERE status = 'open';
CREATE TABLE segment (
  run_id    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  number    INTEGER NOT NULL,
  sealed_ns INTEGER NOT NULL, -- Unix time
  PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE part (
  run_id  TEXT NOT NULL,
  name    TEXT NOT NULL,
  segment INTEGER NOT NULL,
  place   INTEGER NOT NULL,  -- within the segment
  kind    TEXT NOT NULL,
  sha256  TEXT NOT NULL,
  bytes   INTEGER NOT NULL,  -- uncompressed
  ref     TEXT NOT NULL,     -- outside file; empty when ours
  PRIMARY KEY (run_id, name),
  FOREIGN KEY (run_id, segment) REFERENCES segment (run_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX part_by_content ON part (sha256);
CREATE TABLE label (
  run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  key    TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE sweep (due INTEGER NOT NULL) STRICT; -- a row: part files may lie about that no run names
`}}
}

// migrate brings the index to the newest of the steps. Before it changes one
// that holds anything it writes a copy to backups/. The caller holds the
// opening lock.
func migrate(ctx context.Context, x *index, dir string, steps []step) error {
	found, application, err := x.version(ctx)
	if err != nil {
		return err
	}
	newest := steps[len(steps)-1].to
	switch {
	case found > newest:
		return &NewerFormatError{Path: x.path, Found: found, Known: newest}
	case found == 0:
		if err := foreign(ctx, x, application); err != nil {
			return err
		}
	case application != applicationID:
		return &CorruptError{Path: x.path, Why: "it is an SQLite file of another program"}
	case found == newest:
		return nil
	default:
		if err := backup(ctx, x, dir, found); err != nil {
			return err
		}
	}
	for _, s := range steps {
		if s.to > found {
			if err := x.apply(ctx, s); err != nil {
				return fmt.Errorf("store: migrating to format %d: %w", s.to, err)
			}
		}
	}
	return nil
}

// foreign refuses a file without our marks that nevertheless holds tables.
func foreign(ctx context.Context, x *index, application int) error {
	var tables int
	if err := x.write.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return indexError(x.path, err)
	}
	if tables > 0 || application != 0 {
		return &CorruptError{Path: x.path, Why: "it is an SQLite file of another program"}
	}
	return nil
}

func (x *index) apply(ctx context.Context, s step) error {
	return x.update(ctx, func(ctx context.Context, conn *sql.Conn) error {
		marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, s.to)
		_, err := conn.ExecContext(ctx, s.sql+marks)
		return err
	})
}

// backup copies the index, after checking it, so that a migration that goes
// wrong costs nothing.
func backup(ctx context.Context, x *index, dir string, format int) error {
	var verdict string
	if err := x.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return indexError(x.path, err)
	}
	if verdict != "ok" {
		return &CorruptError{Path: x.path, Why: verdict}
	}
	backups := filepath.Join(dir, "backups")
	if err := os.MkdirAll(backups, 0o700); err != nil {
		return unwritable(backups, err)
	}
	name := fmt.Sprintf("index-format-%d-%s.db", format, time.Now().UTC().Format("20060102T150405.000000000"))
	to := filepath.Join(backups, name)
	if _, err := x.write.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return indexError(to, err)
	}
	return syncDir(backups)
}
