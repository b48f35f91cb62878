package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/core/bench"
)

// Record appends lines to a history file in an app's repository, and makes the
// file and its directory where there is none. All lines go in one write under
// a lock on the file, and are on the disk when it returns; where the write
// fails in the middle, what it left is taken back. A kill in the middle leaves
// at most one line that is cut off, and the next append begins a line of its
// own after it. It waits for the lock until ctx ends.
func Record(ctx context.Context, path string, lines []bench.Line) error {
	var text []byte
	for _, l := range lines {
		one, err := l.Encode()
		if err != nil {
			return err
		}
		text = append(text, one...)
	}
	if len(text) == 0 {
		return nil
	}
	f, err := openHistory(ctx, path)
	if err != nil {
		return err
	}
	err = appendWhole(f, text)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("appending to %s: %w", path, err)
	}
	return nil
}

// openHistory opens the file for appending, locked.
func openHistory(ctx context.Context, path string) (*os.File, error) {
	at, err := os.Stat(path)
	switch {
	case err == nil && !at.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file to append to", path)
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if at == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err == nil {
		err = lockWhole(ctx, f)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}

// lockWhole waits for the file's lock. Where the file system has none, one
// write with O_APPEND is what there is.
func lockWhole(ctx context.Context, f *os.File) error {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil, unix.ENOTSUP, unix.ENOSYS, unix.ENOLCK, unix.EINVAL:
			return nil
		case unix.EWOULDBLOCK, unix.EINTR:
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// appendWhole writes all of text or none of it.
func appendWhole(f *os.File, text []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			text = append([]byte{'\n'}, text...)
		}
	}
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return f.Sync()
}
