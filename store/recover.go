package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"pitwall/core/run"
)

// refresh is recover for those who came to read: on a full disk they read on,
// and a dead run shows as open until there is room to settle it.
func (s *Store) refresh(ctx context.Context) error {
	err := s.recover(ctx)
	if errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	return err
}

// recover settles the runs whose writers have died: each becomes partial,
// keeps its sealed segments and says what was dropped. Then what the dead
// left behind is removed. With nothing to do it takes no write lock.
func (s *Store) recover(ctx context.Context) error {
	var due bool
	if err := s.index.read.QueryRowContext(ctx, "SELECT count(*) > 0 FROM sweep").Scan(&due); err != nil {
		return indexError(s.index.path, err)
	}
	strays, err := s.strays()
	if err != nil {
		return err
	}
	dead, err := s.dead(ctx)
	if err != nil {
		return err
	}
	if len(dead) > 0 {
		err := s.settle(ctx)
		if errors.Is(err, syscall.ENOSPC) && s.discard(dead) {
			err = s.settle(ctx)
		}
		if err != nil {
			return err
		}
	}
	if len(dead) == 0 && !due && !strays {
		return nil
	}
	return s.sweep(ctx)
}

// discard makes room on a full disk: it removes the temporary files of dead
// writers, which are lost in any case, and reports whether there were any.
func (s *Store) discard(dead []string) bool {
	any := false
	for _, id := range dead {
		paths, _ := filepath.Glob(filepath.Join(s.tmpDir(), id+".*"))
		for _, path := range paths {
			any = os.Remove(path) == nil || any
		}
	}
	return any
}

// dead lists the open runs without a living writer.
func (s *Store) dead(ctx context.Context) ([]string, error) {
	rows, err := s.index.read.QueryContext(ctx, "SELECT id FROM run WHERE status = 'open'")
	if err != nil {
		return nil, indexError(s.index.path, err)
	}
	defer rows.Close()
	dead := []string{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, indexError(s.index.path, err)
		}
		if lives, _ := writerLives(s.lockPath(id)); !lives {
			dead = append(dead, id)
		}
	}
	return dead, rows.Err()
}

// settle marks the dead runs partial. Who is dead is asked again inside the
// transaction: a run may have begun or been finished meanwhile.
func (s *Store) settle(ctx context.Context) error {
	return s.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		headers, err := openHeaders(ctx, conn)
		if err != nil {
			return err
		}
		for id, header := range headers {
			lives, who := writerLives(s.lockPath(id))
			if lives {
				continue
			}
			r, err := decodeRun(header)
			if err != nil {
				r = run.Run{Dropped: []string{"the header could not be read: " + err.Error()}}
			}
			r.ID = id
			if err := s.settleOne(ctx, conn, r, who); err != nil {
				return err
			}
		}
		return dueSweep(ctx, conn)
	})
}

func openHeaders(ctx context.Context, conn *sql.Conn) (map[string]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT id, header FROM run WHERE status = 'open'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	headers := map[string]string{}
	for rows.Next() {
		var id, header string
		if err := rows.Scan(&id, &header); err != nil {
			return nil, err
		}
		headers[id] = header
	}
	return headers, rows.Err()
}

// settleOne writes the verdict on one dead run.
func (s *Store) settleOne(ctx context.Context, conn *sql.Conn, r run.Run, who owner) error {
	var segments int
	var last sql.NullInt64
	const query = "SELECT count(*), max(sealed_ns) FROM segment WHERE run_id = ?"
	if err := conn.QueryRowContext(ctx, query, r.ID).Scan(&segments, &last); err != nil {
		return err
	}
	r.Status, r.Ended = run.Partial, r.Started
	if last.Valid {
		r.Ended = time.Unix(0, last.Int64)
	}
	process := "its writer"
	if who.pid > 0 {
		process = fmt.Sprintf("its writer, process %d,", who.pid)
	}
	r.Dropped = append(r.Dropped, fmt.Sprintf("%s ended before the run was finished: what came after segment %d is lost", process, segments))
	left, newest := s.leftovers(r.ID)
	r.Dropped = append(r.Dropped, left...)
	if newest.After(r.Ended) {
		r.Ended = newest
	}
	return updateRun(ctx, conn, r)
}

// leftovers says which parts of a dead run were not sealed, and when one of
// them was last written to.
func (s *Store) leftovers(id string) (dropped []string, newest time.Time) {
	paths, _ := filepath.Glob(filepath.Join(s.tmpDir(), id+".*"))
	sort.Strings(paths)
	for _, path := range paths {
		_, name, ok := strings.Cut(strings.TrimPrefix(filepath.Base(path), id+"."), ".")
		info, err := os.Stat(path)
		if !ok || err != nil || strings.HasSuffix(name, ".twin") {
			continue
		}
		dropped = append(dropped, fmt.Sprintf("part %s: %d compressed bytes were not sealed", name, info.Size()))
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return dropped, newest
}

// strays reports whether tmp or writers hold files that no living writer owns.
func (s *Store) strays() (bool, error) {
	paths, err := s.owned()
	if err != nil {
		return false, err
	}
	for run := range paths {
		if lives, _ := writerLives(s.lockPath(run)); !lives {
			return true, nil
		}
	}
	return false, nil
}

// owned lists the files in tmp and writers by the run that they are named
// after.
func (s *Store) owned() (map[string][]string, error) {
	paths := map[string][]string{}
	for _, dir := range []string{s.tmpDir(), s.writersDir()} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, unwritable(dir, err)
		}
		for _, e := range entries {
			run, _, _ := strings.Cut(e.Name(), ".")
			paths[run] = append(paths[run], filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// dueSweep notes, inside a transaction, that parts may lie about unnamed.
func dueSweep(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "INSERT INTO sweep (due) VALUES (1)")
	return err
}

// sweep removes the files of dead writers and the parts that no run names. It
// holds the write lock: a living writer places parts only inside its own
// transaction, so that none of its parts is unnamed now.
func (s *Store) sweep(ctx context.Context) error {
	return s.change(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := s.sweepOwned(ctx, conn); err != nil {
			return err
		}
		if err := s.sweepParts(ctx, conn); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, "DELETE FROM sweep")
		return err
	})
}

// sweepOwned removes temporary files and locks of runs that are settled. A
// living writer's run is open.
func (s *Store) sweepOwned(ctx context.Context, conn *sql.Conn) error {
	open, err := openHeaders(ctx, conn)
	if err != nil {
		return err
	}
	paths, err := s.owned()
	if err != nil {
		return err
	}
	for run, files := range paths {
		if _, unsettled := open[run]; unsettled { // or alive
			continue
		}
		for _, path := range files {
			if err := removeFile(path); err != nil {
				return unwritable(path, err)
			}
		}
	}
	return nil
}

func (s *Store) sweepParts(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, "SELECT DISTINCT sha256 FROM part WHERE ref = ''")
	if err != nil {
		return err
	}
	defer rows.Close()
	named := map[string]bool{}
	for rows.Next() {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return err
		}
		named[sum+".zst"] = true
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Join(s.dir, "parts"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || named[d.Name()] {
			return err
		}
		return removeFile(path)
	})
}
