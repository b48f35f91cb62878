package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
)

// UnwritableError says that the store cannot be written where it lies: the
// caller may go on without one.
type UnwritableError struct {
	Path string // of the file or directory
	Err  error
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("store: %s cannot be written: %s", e.Path, reason(e.Err))
}

func (e *UnwritableError) Unwrap() error { return e.Err }

// NewerFormatError says that a newer Pitwall wrote this store.
type NewerFormatError struct {
	Path  string
	Found int
	Known int // the newest format that this Pitwall reads
}

func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("store: %s has format %d, written by a newer pitwall; this one reads up to format %d", e.Path, e.Found, e.Known)
}

// NotFoundError says that no run has this id, or that a run has no such part.
type NotFoundError struct {
	What string // "run" or "part"
	Name string
}

func (e *NotFoundError) Error() string {
	if e.What == "run" && e.Name == Last {
		return "store: it holds no runs"
	}
	return fmt.Sprintf("store: no %s %q", e.What, e.Name)
}

// AmbiguousError says that several runs begin with a prefix.
type AmbiguousError struct {
	Prefix  string
	Matches []string // whole ids, newest first, at most ten
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("store: %q is the beginning of several runs: %s", e.Prefix, strings.Join(e.Matches, ", "))
}

// InUseError says that a living process still writes a run.
type InUseError struct {
	ID  string
	PID int // of the writer; 0 when unknown
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("store: run %s is being written by process %d", e.ID, e.PID)
}

// CorruptError says that stored bytes are not what was stored.
type CorruptError struct {
	Path string
	Why  string
}

func (e *CorruptError) Error() string { return fmt.Sprintf("store: %s is damaged: %s", e.Path, e.Why) }

// Result codes of SQLite (sqlite.org/rescode.html), without the extension.
const (
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// indexError turns an error of SQLite into one that names the file and that
// errors.Is and errors.As can tell apart.
func indexError(path string, err error) error {
	var coded *sqlite.Error
	if !errors.As(err, &coded) {
		return err
	}
	switch coded.Code() & 0xff {
	case codeFull:
		return &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
	case codeReadOnly, codeCantOpen:
		return &UnwritableError{Path: path, Err: err}
	case codeCorrupt, codeNotADB:
		return &CorruptError{Path: path, Why: err.Error()}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// reason is an error without the path that its carrier has named already.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// unwritable marks errors that mean "not here" (permission, read-only);
// others, such as a full disk, stay what they are.
func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	for _, target := range []error{fs.ErrPermission, syscall.EROFS, syscall.ENOTDIR, syscall.ELOOP, syscall.ENOENT} {
		if errors.Is(err, target) {
			return &UnwritableError{Path: path, Err: err}
		}
	}
	return fmt.Errorf("store: %w", err)
}
