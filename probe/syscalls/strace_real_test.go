package syscalls

import (
	"bytes"
	"context"
	"maps"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pitwall/internal/realtest"
	"pitwall/probe/exec"
)

// straced is what "strace -c -f" counts: lines of "% time, seconds,
// usecs/call, calls, errors, syscall".
func straced(t *testing.T, args ...string) map[string]int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "counts")
	// Layouts are fixed, as ours are: setarch -R.
	c := osexec.Command("setarch", append([]string{"-R", realtest.Strace(t), "-c", "-f", "-q", "-o", file}, args...)...)
	c.Env = append(os.Environ(), exec.Marker+"=0123456789abcdef0123456789abcdef")
	_ = c.Run() // the command's exit code
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int64{}
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if n, err := strconv.ParseInt(f[3], 10, 64); err == nil {
			calls[f[len(f)-1]] = n
		}
	}
	if len(calls) == 0 {
		t.Fatalf("strace said nothing: %s", b)
	}
	return calls
}

func counted(t *testing.T, args ...string) Counts {
	t.Helper()
	counts, err := Count(context.Background(), exec.Command{Args: args, Limit: 20 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestRealCountsAreStraces(t *testing.T) {
	ruby := realtest.Ruby(t)
	for name, args := range map[string][]string{
		"true":     {"true"},
		"ls":       {"ls", "-l", "/"},
		"sequence": {"sh", "-c", "cat /dev/null; echo hello; wc -c </dev/null; (exit 3)"},
		"ruby":     {ruby, "--disable-gems", "-e", "10.times { |i| File.read('/proc/self/stat') }; exit!(0)"},
		"signals":  {"sh", "-c", "trap : USR1; kill -USR1 $$; kill -TERM $$"},
	} {
		want, got := straced(t, args...), maps.Clone(counted(t, args...).Whole.Calls)
		// strace counts a call when it returns; these do not.
		delete(got, "exit_group")
		delete(got, "exit")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: strace -, we +:\n%s", name, diff)
		}
	}
}
