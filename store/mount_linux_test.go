package store

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"pitwall/core/run"
)

// mountEnv makes a test run its body inside a mount namespace of its own.
const mountEnv = "PITWALL_STORE_TEST_MOUNT"

// inNamespace runs the calling test once more in a process that may mount
// what nobody else sees, and reports whether this is that process.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(mountEnv) != "" {
		return true
	}
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), mountEnv+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if os.Getuid() != 0 {
		again.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := again.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case strings.Contains(string(out), cannotMount):
		t.Skip("this machine lets no process mount a tmpfs; TestDiskFullAtEveryStep and TestIndexFull cover a full disk without: " + string(out))
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.ENOSPC):
		t.Skip("this machine gives no mount namespace; TestDiskFullAtEveryStep and TestIndexFull cover a full disk without: " + err.Error())
	case errors.As(err, &exit):
		t.Errorf("inside the namespace: %s", out)
	case err != nil:
		t.Fatal(err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("the test did not run inside: %s", out)
	}
	return false
}

const cannotMount = "cannot mount here"

// tmpfs mounts a small file system.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// TestMountedDiskFull fills a real file system of a few megabytes.
func TestMountedDiskFull(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := tmpfs(t, "size=4m")
	s := mustOpen(t, dir)
	older := save(t, s, run.Run{}, map[string]string{"p": "old", "shared": "same content"})
	filled := false
	for seed := range uint64(40) {
		w, err := s.Begin(t.Context(), run.Run{})
		if err == nil {
			err = writeOne(t, w, seed)
		}
		if err != nil {
			filled = true
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("a full disk: %v", err)
			}
		}
		checkOlder(t, s, older)
	}
	if !filled {
		t.Fatal("the disk never filled")
	}
	r, err := s.Get(t.Context(), older.ID)
	if err != nil {
		t.Fatal(err)
	}
	checkOlder(t, s, r)
}

func writeOne(t *testing.T, w *Writer, seed uint64) error {
	defer w.Close()
	p, err := w.Part(t.Context(), "big", "")
	if err != nil {
		return err
	}
	_, err = p.Write(noise(seed, 300_000))
	if e := p.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return w.Finish(t.Context(), run.Run{})
}

// TestMountedDiskFullOfTheDead has no room left but what a dead writer's
// temporary file takes: it is given up for settling the run.
func TestMountedDiskFullOfTheDead(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := tmpfs(t, "size=4m")
	s := mustOpen(t, dir)
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "big", noise(1, 1<<20))
	w.lock.Close() // as if killed
	if _, err := s.index.write.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	ballast, err := os.Create(dir + "/ballast")
	if err != nil {
		t.Fatal(err)
	}
	defer ballast.Close()
	for chunk := noise(2, 1<<16); err == nil; _, err = ballast.Write(chunk) {
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil || r.Status != run.Partial {
		t.Errorf("status %s, %v", r.Status, err)
	}
}

// TestMountedReadOnly opens a store on a file system turned read-only.
func TestMountedReadOnly(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := tmpfs(t, "size=4m")
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, run.Run{}, map[string]string{"p": "x"})
	s.Close()
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	var no *UnwritableError
	for _, store := range []string{dir, dir + "/new"} {
		if _, err := Open(t.Context(), store); !errors.As(err, &no) || !strings.HasPrefix(no.Path, dir) || !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v", store, err)
		}
	}
}
