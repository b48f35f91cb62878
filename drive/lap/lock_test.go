package lap

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSecondLapIsRefusedUnlessForced(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx := context.Background()
	first, err := lockMachine(ctx, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockMachine(ctx, false, false); !errors.Is(err, ErrBusy) {
		t.Errorf("second lap: %v, want ErrBusy", err)
	}
	if first.joined() {
		t.Error("a refused lap counts as one that ran beside us")
	}
	waiting, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := lockMachine(waiting, true, false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting lap: %v, want the context's end", err)
	}
	forced, err := lockMachine(ctx, false, true)
	if err != nil {
		t.Fatal(err)
	}
	if !forced.joined() || !first.joined() {
		t.Errorf("joined: forced %v, first %v, want both", forced.joined(), first.joined())
	}
	forced.release()
	first.release()
	again, err := lockMachine(ctx, false, false)
	if err != nil {
		t.Fatal(err)
	}
	defer again.release()
	if again.joined() {
		t.Error("a later lap is told of one that ended before it")
	}
}

func TestLockIsForAllUsers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	l, err := lockMachine(context.Background(), false, false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	info, err := os.Stat(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o666 {
		t.Errorf("mode %v: another user's lap could not open it", info.Mode())
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(l.path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := openShared(link); err == nil {
		t.Error("a link is followed")
	}
	if _, err := openShared(filepath.Join(dir, "absent", "lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no directory: %v", err)
	}
}
