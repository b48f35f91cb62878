package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
)

// busyWait is how long a writer waits for another process's transaction, in
// milliseconds. Transactions here last for a few fsyncs.
const busyWait = "10000"

// index is the SQLite file: one connection that writes, a few that read.
type index struct {
	path  string
	write *sql.DB
	read  *sql.DB
}

// openIndex opens, and when absent creates, the file. Durability is FULL: a
// commit is on the disk when it returns.
func openIndex(path string) (*index, error) {
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	write, err := connect(path, "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := connect(path, "_pragma=query_only(1)")
	if err != nil {
		write.Close()
		return nil, err
	}
	read.SetMaxOpenConns(4)
	return &index{path: path, write: write, read: read}, nil
}

// createPrivate makes the file, when it is absent, readable to its owner only;
// SQLite gives its companions the same mode. A file that is there is not
// opened: closing it would drop this process's POSIX locks on it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(path, pragmas string) (*sql.DB, error) {
	uri := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(" + busyWait + ")&" + pragmas}
	connector, err := sqlite.NewConnector(uri.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (x *index) close() error {
	err := x.read.Close()
	if e := x.write.Close(); err == nil {
		err = e
	}
	return err
}

// update runs do inside one write transaction, BEGIN IMMEDIATE to COMMIT.
// The context ends the wait for the lock; once the lock is held the
// transaction runs to its end, so that a cancelled context can never leave
// one open on the connection and wedge later writers.
func (x *index) update(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	conn, err := x.write.Conn(ctx)
	if err != nil {
		return indexError(x.path, err)
	}
	defer conn.Close()
	held := context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		x.rollback(held, conn) // the cancel may have come after the lock
		return indexError(x.path, err)
	}
	done := false
	defer func() {
		if !done {
			x.rollback(held, conn)
		}
	}()
	if err := do(held, conn); err != nil {
		return indexError(x.path, err)
	}
	if _, err := conn.ExecContext(held, "COMMIT"); err != nil {
		return indexError(x.path, err)
	}
	done = true
	return nil
}

// rollback ends whatever transaction is open; when it cannot, the connection
// is given up so that the next writer gets a clean one.
func (x *index) rollback(ctx context.Context, conn *sql.Conn) {
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err == nil {
		return
	}
	// "no transaction is active" ends here too; a new connection is cheap.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// version reads the store format and the application id of the file.
func (x *index) version(ctx context.Context) (format, application int, err error) {
	if err := x.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&format); err != nil {
		return 0, 0, indexError(x.path, err)
	}
	if err := x.write.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return 0, 0, indexError(x.path, err)
	}
	return format, application, nil
}
