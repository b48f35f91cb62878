package exec

import (
	"context"
	"encoding/json"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// More work has more instructions, and all processes of a command count.
func TestRealValgrindCounts(t *testing.T) {
	realtest.Valgrind(t)
	ruby := realtest.Ruby(t)
	measure := func(calls int64) (int64, error) {
		c := Command{Args: []string{ruby, "--disable-gems", "-e", "ARGV[0].to_i.times { (1..200).sum { |i| i * 3 } }", strconv.FormatInt(calls, 10)}, Limit: time.Minute}
		n, o, err := Instructions(context.Background(), c, Valgrind)
		if err == nil && o.Exit != 0 {
			t.Fatalf("%s: %s", o.How(), o.Stderr.Tail)
		}
		return n, err
	}
	a, err := Slope(500, measure)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.0f instructions a call", a)
	if a < 2000 || a > 400_000 {
		t.Errorf("%.0f instructions a call", a)
	}
	n, o, err := Instructions(context.Background(), script("sh -c 'exit 0'; exit 5"), Valgrind)
	if err != nil || n < 100_000 || o.Exit != 5 {
		t.Errorf("%d instructions, %s, %v", n, o.How(), err)
	}
}

// The time is hyperfine's. It is shown here and hardly asserted: hyperfine is
// a program that shares the processors with what it measures, as we are.
func TestRealTimesAreHyperfines(t *testing.T) {
	hyperfine := realtest.Hyperfine(t)
	const rounds, runs = 8, 10
	var ours, theirs []time.Duration
	for range rounds {
		for range runs {
			o, err := Run(context.Background(), Command{Args: []string{"ls", "/usr/bin"}})
			if err != nil {
				t.Fatal(err)
			}
			ours = append(ours, o.Wall)
		}
		file := filepath.Join(t.TempDir(), "out.json")
		if out, err := osexec.Command(hyperfine, "-N", "--runs", strconv.Itoa(runs), "--export-json", file, "ls /usr/bin").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		theirs = append(theirs, hyperfineTimes(t, file)...)
	}
	ratio := float64(median(ours)) / float64(median(theirs))
	t.Logf("ours %v, hyperfine's %v: %.3f of it; shortest %v and %v", median(ours), median(theirs), ratio, shortest(ours), shortest(theirs))
	if len(theirs) != rounds*runs || ratio < 0.2 || ratio > 5 {
		t.Errorf("ours %v, hyperfine's %v", median(ours), median(theirs))
	}
}

func hyperfineTimes(t *testing.T, file string) []time.Duration {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Results []struct {
			Times []float64 `json:"times"`
		} `json:"results"`
	}
	if err := json.Unmarshal(b, &said); err != nil || len(said.Results) != 1 {
		t.Fatalf("%v: %s", err, b)
	}
	var times []time.Duration
	for _, s := range said.Results[0].Times {
		times = append(times, time.Duration(s*float64(time.Second)))
	}
	return times
}

func shortest(of []time.Duration) time.Duration {
	least := of[0]
	for _, d := range of {
		least = min(least, d)
	}
	return least
}
