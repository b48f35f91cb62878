package pairs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/spec"
)

// repository makes one with two commits, whose app is in the directory app
// since the second.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	run(t, dir, "init", "-q", "-b", "main")
	write(t, dir, "README", "first")
	run(t, dir, "add", "README")
	commit(t, dir, "first")
	write(t, dir, "app/config.ru", "old")
	run(t, dir, "add", "app")
	commit(t, dir, "second")
	write(t, dir, "app/config.ru", "not committed")
	write(t, dir, "app/master.key", "not known to git")
	return dir
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func commit(t *testing.T, dir, message string) {
	t.Helper()
	run(t, dir, "-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "-q", "-m", message)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestResolve(t *testing.T) {
	dir := repository(t)
	head := run(t, dir, "rev-parse", "HEAD")
	app := filepath.Join(dir, "app")
	for revision, want := range map[string]string{
		"HEAD": head, "main": head, head[:8]: head, "HEAD~1": run(t, dir, "rev-parse", "HEAD~1"),
		"HEAD~9": "", "nonesuch": "", "": "", "--all": "", "-h": "", "HEAD:README": "",
	} {
		if got := Resolve(t.Context(), app, revision); got != want {
			t.Errorf("%q is %q, want %q", revision, got, want)
		}
	}
	if got := Resolve(t.Context(), t.TempDir(), "HEAD"); got != "" {
		t.Errorf("outside a repository HEAD is %q", got)
	}
}

func TestCheckoutIsACleanTreeOfItsOwn(t *testing.T) {
	dir := repository(t)
	link := filepath.Join(t.TempDir(), "link") // the app may be reached through one
	if err := os.Symlink(filepath.Join(dir, "app"), link); err != nil {
		t.Fatal(err)
	}
	s := &spec.Spec{App: "shop", Dir: link}
	old, remove, err := Checkout(t.Context(), s, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(old.Dir, "config.ru")); string(text) != "old" {
		t.Errorf("the tree has %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(old.Dir, "master.key")); !os.IsNotExist(err) {
		t.Errorf("what git does not know is there: %v", err)
	}
	if old.App != "shop" || s.Dir != link {
		t.Errorf("%+v, %+v", old, s)
	}
	remove()
	nothingLeft(t, dir)
}

func TestCheckoutThatFailsLeavesNothing(t *testing.T) {
	dir := repository(t)
	s := &spec.Spec{Dir: filepath.Join(dir, "app")}
	for revision, why := range map[string]string{"HEAD~1": "has no directory app", "nonesuch": "git worktree"} {
		if _, _, err := Checkout(t.Context(), s, revision); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", revision, err)
		}
		nothingLeft(t, dir)
	}
	if _, _, err := Checkout(t.Context(), &spec.Spec{Dir: t.TempDir()}, "HEAD"); err == nil {
		t.Error("a revision of no repository")
	}
}

func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if trees := run(t, dir, "worktree", "list", "--porcelain"); strings.Count(trees, "worktree ") != 1 {
		t.Errorf("git still knows: %s", trees)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "pw-rev-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// What a killed run left is swept by the next; what a living one holds stays.
func TestSweepTakesWhatNobodyHolds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	held, f, err := claimed()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	left, g, err := claimed()
	if err != nil {
		t.Fatal(err)
	}
	g.Close() // as the kernel does for a process that was killed
	sweep(t.Context(), t.TempDir())
	if _, err := os.Stat(held); err != nil {
		t.Errorf("a worktree in use was swept: %v", err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("an abandoned worktree is still there: %v", err)
	}
}

// One that is being made is nobody's to sweep, at any moment of its making;
// one that was never finished is, after a while.
func TestSweepSparesWhatIsBeingMade(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				found, _ := filepath.Glob(filepath.Join(os.TempDir(), revisionDirs+"*"))
				for _, parent := range found {
					if abandoned(parent) {
						os.RemoveAll(parent)
					}
				}
			}
		}
	}()
	for range 1000 {
		parent, f, err := claimed()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(parent, claim)); err != nil {
			t.Fatalf("swept while it was made: %v", err)
		}
		os.RemoveAll(parent)
		f.Close()
	}
	close(stop)
	<-stopped
	young, old := filepath.Join(os.TempDir(), revisionDirs+"young"), filepath.Join(os.TempDir(), revisionDirs+"old")
	long := time.Now().Add(-2 * halfMade)
	for _, dir := range []string{young, old} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if abandoned(young) || !abandoned(old) {
		t.Errorf("without a lock: young abandoned %v, old %v", abandoned(young), abandoned(old))
	}
}
