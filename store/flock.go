package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// errHeld says that another descriptor holds the lock.
var errHeld = errors.New("lock is held")

// errNoLocks says that the file system does not lock.
var errNoLocks = errors.New("the file system has no locks")

// flock opens, creating it if flag says so, and locks a file without waiting.
// The kernel drops the lock when the process ends, however it ends. Where the
// file system has no locks the file comes back with errNoLocks.
func flock(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	switch err {
	case nil:
		return f, nil
	case unix.ENOTSUP, unix.ENOSYS, unix.ENOLCK, unix.EINVAL:
		return f, errNoLocks
	case unix.EWOULDBLOCK:
		f.Close()
		return nil, errHeld
	}
	f.Close()
	return nil, &os.PathError{Op: "flock", Path: path, Err: err}
}

// flockWait locks as flock does, and waits until ctx ends.
func flockWait(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := flock(path, os.O_CREATE)
		switch err {
		case errHeld:
		case errNoLocks: // SQLite's own locks still guard the index
			return f, nil
		default:
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for %s: %w", path, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// owner is the process that a lock file names.
type owner struct {
	pid     int
	started uint64 // in clock ticks since boot; 0 unknown
}

func self() owner { return owner{pid: os.Getpid(), started: startOf(os.Getpid())} }

func (o owner) String() string { return fmt.Sprintf("%d %d\n", o.pid, o.started) }

// parseOwner reads what String wrote; anything else is the zero owner.
func parseOwner(text string) owner {
	pid, started, ok := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	if !ok {
		return owner{}
	}
	p, err := strconv.Atoi(pid)
	if err != nil || p <= 0 {
		return owner{}
	}
	s, err := strconv.ParseUint(started, 10, 64)
	if err != nil {
		return owner{}
	}
	return owner{pid: p, started: s}
}

// lives reports whether the very process still runs: same pid, same start.
// Where the start cannot be read it says no.
func (o owner) lives() bool {
	return o.pid > 0 && o.started > 0 && startOf(o.pid) == o.started
}

// writerLives reports whether the writer behind a lock file is alive. The
// lock decides; on a file system without flock the named process does.
func writerLives(path string) (bool, owner) {
	text, err := readSmall(path)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist), owner{}
	}
	who := parseOwner(text)
	f, err := flock(path, 0)
	switch {
	case err == nil:
		f.Close()
		return false, who
	case errors.Is(err, os.ErrNotExist):
		return false, who
	case err == errHeld:
		return true, who
	case err == errNoLocks:
		f.Close()
	}
	return who.lives(), who
}

// readSmall reads the beginning of a small file of ours.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 256))
	return string(text), err
}
