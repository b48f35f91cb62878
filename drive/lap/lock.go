package lap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// ErrBusy says that another lap, or a run of benchmarks, runs on this machine, so that the times of
// both would be worthless.
var ErrBusy = errors.New("another measurement runs on this machine")

// machineLock keeps two laps apart. Its file, one for all users of the
// machine, also keeps the story: each lap adds a line when it starts, so that
// one that was joined by a forced lap can tell.
type machineLock struct {
	f     *os.File
	path  string
	mine  string
	alone bool // nobody held the lock when we came
}

// lockMachine takes the lock. When it is held it waits, or goes on when
// force is set, or returns ErrBusy.
func lockMachine(ctx context.Context, wait, force bool) (*machineLock, error) {
	path := filepath.Join(os.TempDir(), "pitwall-lap.lock")
	f, err := openShared(path)
	if err != nil {
		return nil, fmt.Errorf("opening the machine's lap lock: %w", err)
	}
	l := &machineLock{f: f, path: path, alone: true}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if force {
			l.alone = false
			break
		}
		if !wait {
			f.Close()
			return nil, fmt.Errorf("%w: %s", ErrBusy, l.holder())
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
	return l, l.sign()
}

// openShared opens a file that is there for all users, whatever our umask. It
// asks to create only what is absent: in a sticky directory the kernel may
// refuse that of another user's file, even to root (fs.protected_regular).
func openShared(path string) (*os.File, error) {
	const how = os.O_RDWR | os.O_APPEND | unix.O_NOFOLLOW
	for range 10 { // another lap may create it, or somebody remove it, meanwhile
		f, err := os.OpenFile(path, how, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = os.OpenFile(path, how|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			return f, f.Chmod(0o666)
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s comes and goes", path)
}

func (l *machineLock) sign() error {
	if l.alone {
		if err := l.f.Truncate(0); err != nil {
			return err
		}
	}
	l.mine = fmt.Sprintf("%d %d", os.Getpid(), clock.Now())
	_, err := fmt.Fprintln(l.f, l.mine)
	return err
}

// holder names the last lap in the file that still lives.
func (l *machineLock) holder() string {
	lines := l.lines()
	for i := len(lines) - 1; i >= 0; i-- {
		var pid int
		if _, err := fmt.Sscan(lines[i], &pid); err == nil {
			if title := proc.CommandLine(pid); title != "" {
				return fmt.Sprintf("pid %d (%s)", pid, title)
			}
		}
	}
	return "its pid is unknown"
}

func (l *machineLock) lines() []string {
	f, err := os.Open(l.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var lines []string
	for scan := bufio.NewScanner(f); scan.Scan() && len(lines) < 1000; {
		lines = append(lines, strings.TrimSpace(scan.Text()))
	}
	return lines
}

// joined says whether another lap ran beside ours at any time.
func (l *machineLock) joined() bool {
	if !l.alone {
		return true
	}
	lines := l.lines()
	return len(lines) > 0 && lines[len(lines)-1] != l.mine
}

func (l *machineLock) release() { l.f.Close() }
