// Package store keeps runs on disk: an SQLite index, and parts that are
// addressed by the SHA-256 of their content and compressed with zstd.
//
// A run is a list of sealed segments. What Seal or Finish has returned for is
// saved: it is whole after a kill, after a crash of the machine, and on a full
// disk. What a dead writer had not sealed is dropped at the next Open, and the
// run says so. Several processes may write runs into one store at once.
//
// Layout of the directory:
//
//	index.db     runs, segments, parts, labels; format in user_version
//	parts/ab/…   ab….zst, one file per content
//	tmp/         parts being written, named by run
//	writers/     one locked file per run being written
//	backups/     the index before each migration
//	lock         held while a process opens the store
package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Last stands for the newest run wherever an id is asked for.
const Last = "last"

// Store is an open store. Its methods may be called from many goroutines.
type Store struct {
	dir   string
	index *index
	disk  disk
	now   func() time.Time
}

// Open opens the store in dir and creates it when it is absent, brings an
// older format forward, and settles the runs whose writers have died. Errors:
// *UnwritableError, *NewerFormatError, *CorruptError; a full disk matches
// syscall.ENOSPC.
func Open(ctx context.Context, dir string) (*Store, error) {
	return open(ctx, dir, realDisk(), steps())
}

func open(ctx context.Context, dir string, d disk, steps []step) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	if err := layOut(dir); err != nil {
		return nil, err
	}
	lock, err := flockWait(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, unwritable(filepath.Join(dir, "lock"), err)
	}
	defer lock.Close()
	x, err := openIndex(filepath.Join(dir, "index.db"))
	if err != nil {
		return nil, unwritable(dir, err)
	}
	s := &Store{dir: dir, index: x, disk: d, now: time.Now}
	if err := s.prepare(ctx, steps); err != nil {
		x.close()
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, steps []step) error {
	if err := migrate(ctx, s.index, s.dir, steps); err != nil {
		return err
	}
	return s.refresh(ctx)
}

// layOut makes the directories and proves that files can be made in them.
func layOut(dir string) error {
	_, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	for _, sub := range []string{"", "parts", "tmp", "writers"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return unwritable(dir, err)
		}
	}
	probe, err := os.CreateTemp(filepath.Join(dir, "tmp"), "probe.*")
	if err != nil {
		return unwritable(dir, err)
	}
	probe.Close()
	os.Remove(probe.Name())
	if fresh { // a store beside pitwall.yml does not belong in a commit
		return unwritable(dir, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600))
	}
	return nil
}

// Dir is the absolute path of the store's directory.
func (s *Store) Dir() string { return s.dir }

// Close releases the index. Runs still being written stay open and count as
// dead once their process ends.
func (s *Store) Close() error { return s.index.close() }

// change runs do in one write transaction, after checking that no newer
// Pitwall has migrated the index since Open.
func (s *Store) change(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	return s.index.update(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var format int
		if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&format); err != nil {
			return err
		}
		if format > Format {
			return &NewerFormatError{Path: s.index.path, Found: format, Known: Format}
		}
		return do(ctx, conn)
	})
}

func (s *Store) tmpDir() string             { return filepath.Join(s.dir, "tmp") }
func (s *Store) writersDir() string         { return filepath.Join(s.dir, "writers") }
func (s *Store) lockPath(run string) string { return filepath.Join(s.writersDir(), run+".lock") }

// partPath is where content with this digest lies.
func (s *Store) partPath(sha256 string) string {
	return filepath.Join(s.dir, "parts", sha256[:2], sha256+".zst")
}
