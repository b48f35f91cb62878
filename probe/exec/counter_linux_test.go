package exec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Most virtual machines have no instruction counter, but all kernels count
// page faults; the way is the same.
func TestCounterCountsChildrenOnly(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	faults := func(text string) int64 {
		c, err := openCounter(event{unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS})
		var no *CounterError
		if errors.As(err, &no) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		touched := make([]byte, 8<<20) // 2048 pages of our own
		for i := 0; i < len(touched); i += 4096 {
			touched[i] = 1
		}
		if c.read() > 0 {
			t.Error("our own faults are counted")
		}
		mustRun(t, script(text))
		return c.read()
	}
	one := faults("exit 0")
	many := faults("true; sh -c true; sh -c true; sh -c true; sh -c true")
	if one < 10 || one > 1500 || many < 2*one {
		t.Errorf("%d faults of one process, %d of five", one, many)
	}
}

func TestInstructionsOrWhyNot(t *testing.T) {
	n, _, err := Instructions(context.Background(), script("exit 0"), Perf)
	var no *CounterError
	if errors.As(err, &no) {
		if no.Why == "" || no.Advice == "" {
			t.Errorf("%+v", no)
		}
		t.Skip(err)
	}
	if err != nil || n < 10_000 {
		t.Errorf("%d %v", n, err)
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		count, enabled, running uint64
		want                    int64
	}{{100, 10, 10, 100}, {100, 10, 5, 200}, {0, 10, 0, -1}, {1 << 63, 1, 1, -1}} {
		if got := scaled(c.count, c.enabled, c.running); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestRefusedCounters(t *testing.T) {
	for _, errno := range []error{unix.ENOENT, unix.EACCES, unix.ENOSYS} {
		var no *CounterError
		if err := noCounter(errno); !errors.As(err, &no) || !errors.Is(err, errno) || no.Advice == "" {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

func TestPeak(t *testing.T) {
	for text, want := range map[string]int64{
		"Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    1234 kB\n": 1234 << 10,
		"Name:\tx\n":                   -1,
		"VmHWM: many kB\n":             -1,
		"VmHWM: -4 kB\n":               -1,
		"VmHWM: 9999999999999999 kB\n": -1,
	} {
		if got := Peak([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// A child begins in our memory: what it says of its own is ours while it is
// smaller than we are.
func TestMemoryIsTheCommandsOrUnknown(t *testing.T) {
	ours := make([]byte, 16<<20)
	for i := 0; i < len(ours); i += 4096 {
		ours[i] = 1
	}
	if o := mustRun(t, script("exit 0")); o.MaxRSS != -1 {
		t.Errorf("sh has %d bytes, we %d", o.MaxRSS, len(ours))
	}
	runtime.KeepAlive(ours)
	size := 2 * ownPeak()
	big := script(fmt.Sprintf("head -c %d /dev/zero | tail -c %d >/dev/null", size+1, size)) // tail keeps it all
	if o := mustRun(t, big); o.MaxRSS < size || o.MaxRSS > 4*size {
		t.Errorf("%d bytes, want %d and a little", o.MaxRSS, size)
	}
}

// What is marked is killed, so nothing but a whole mark may find anything: an
// empty one is in every environment.
func TestNoMarkFindsNothing(t *testing.T) {
	for _, mark := range []string{"", Marker + "=", Marker + "=0123", "PATH=" + os.Getenv("PATH"), Marker + "=0123456789abcdef", Marker + "=0123456789abcdef0123456789abcdef"} {
		if found := strays(0, mark); len(found) != 0 {
			t.Errorf("%q finds %v", mark, found)
		}
		if marked(os.Getpid(), mark) {
			t.Errorf("%q is found in us", mark)
		}
	}
	if (Outcome{}).spared {
		t.Error("nothing was spared")
	}
}
