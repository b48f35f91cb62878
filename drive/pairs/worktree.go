package pairs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"pitwall/core/spec"
)

// Resolve is the whole name of a git revision in the repository that dir is
// in; empty when there is no such revision or no repository.
func Resolve(ctx context.Context, dir, revision string) string {
	if strings.HasPrefix(revision, "-") {
		return ""
	}
	out, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err != nil {
		return ""
	}
	return out
}

// Checkout lays a revision of the app out in a worktree of its own, beside
// the one that s describes, and returns the same description of it. What git
// does not know (ignored files, such as keys) is not there. remove takes the
// worktree away again.
func Checkout(ctx context.Context, s *spec.Spec, revision string) (copied *spec.Spec, remove func(), err error) {
	root, err := git(ctx, s.Dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, nil, err
	}
	dir, err := filepath.EvalSymlinks(s.Dir)
	if err != nil {
		return nil, nil, err
	}
	inside, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, nil, err
	}
	sweep(ctx, s.Dir)
	parent, held, err := claimed()
	if err != nil {
		return nil, nil, err
	}
	tree := filepath.Join(parent, "tree")
	remove = func() {
		git(context.WithoutCancel(ctx), s.Dir, "worktree", "remove", "--force", tree)
		os.RemoveAll(parent)
		held.Close()
	}
	if _, err := git(ctx, s.Dir, "worktree", "add", "--detach", "--quiet", tree, revision); err != nil {
		remove()
		return nil, nil, err
	}
	old := *s
	old.Dir = filepath.Join(tree, inside)
	if _, err := os.Stat(old.Dir); err != nil {
		remove()
		return nil, nil, fmt.Errorf("revision %s has no directory %s", revision, inside)
	}
	return &old, remove, nil
}

// revisionDirs begin so. Each holds a file that whoever made it keeps locked
// while it lives. The file has its name only once it is locked: before, a
// sweep of another run would take the directory for abandoned.
const (
	revisionDirs = "pw-rev-"
	claim        = "lock"
	unclaimed    = "lock.new"
)

// claimed makes a directory for a worktree, and holds it.
func claimed() (string, *os.File, error) {
	parent, err := os.MkdirTemp("", revisionDirs)
	if err != nil {
		return "", nil, err
	}
	f, err := hold(parent)
	if err != nil {
		os.RemoveAll(parent)
		return "", nil, err
	}
	return parent, f, nil
}

func hold(parent string) (*os.File, error) {
	if err := os.Chmod(parent, 0o711); err != nil { // services may run as another user
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(parent, unclaimed), os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		err = os.Rename(filepath.Join(parent, unclaimed), filepath.Join(parent, claim))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sweep takes away the worktrees of runs that were killed: directories of this
// user that nobody holds. What git remembers of one is pruned in the repository
// that dir is in; another's forgets it at its own next sweep or git gc.
func sweep(ctx context.Context, dir string) {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), revisionDirs+"*"))
	swept := false
	for _, parent := range found {
		if abandoned(parent) {
			os.RemoveAll(parent)
			swept = true
		}
	}
	if swept {
		git(ctx, dir, "worktree", "prune")
	}
}

// halfMade is after how long a directory without a lock is no longer being made.
const halfMade = time.Hour

// abandoned says that a directory is ours, and that who made it is gone. One
// that has no lock yet is being made, unless it is old.
func abandoned(parent string) bool {
	info, err := os.Lstat(parent)
	if err != nil || !info.IsDir() {
		return false
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() {
		return false
	}
	f, err := os.OpenFile(filepath.Join(parent, claim), os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(info.ModTime()) > halfMade
	}
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
