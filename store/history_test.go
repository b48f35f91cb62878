package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/core/bench"
)

func historyLine(name string) bench.Line {
	return bench.Line{
		Time: time.Date(2026, 3, 4, 5, 6, 7, 89, time.FixedZone("", 3600)), Revision: "0123abc", Run: "r", Benchmark: name, File: "benchmarks/a.yml",
		Machine: "m", CPU: "c <&>", Ruby: "ruby 3.1.2", Values: map[bench.Metric][]float64{bench.Time: {0.001, 2e-7}, bench.Objects: {120}},
	}
}

func TestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmarks", "history.ndjson")
	for range 2 {
		if err := Record(t.Context(), path, []bench.Line{historyLine("a"), historyLine("b")}); err != nil {
			t.Fatal(err)
		}
	}
	one := `{"v":1,"time":"2026-03-04T04:06:07Z","revision":"0123abc","run":"r","benchmark":"a","file":"benchmarks/a.yml","machine":"m","cpu":"c <&>","ruby":"ruby 3.1.2","values":{"objects":[120],"time":[0.001,2e-7]}}` + "\n"
	two := strings.Replace(one, `"benchmark":"a"`, `"benchmark":"b"`, 1)
	if got, err := os.ReadFile(path); err != nil || string(got) != one+two+one+two {
		t.Errorf("%v, %s", err, got)
	}
	if at, err := os.Stat(path); err != nil || at.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("%v, %v", at.Mode(), err)
	}
}

func TestRecordRepairs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	if err := os.WriteFile(path, []byte("{}\n{\"v\":1,\"ti"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Record(t.Context(), path, []bench.Line{historyLine("a")}); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	if lines := strings.Split(string(got), "\n"); len(lines) != 4 || lines[1] != `{"v":1,"ti` || !json.Valid([]byte(lines[2])) || lines[3] != "" {
		t.Errorf("%q", lines)
	}
}

func TestRecordRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "h")
	bad := historyLine("a")
	bad.Values[bench.Time] = []float64{math.NaN()}
	if err := Record(t.Context(), path, []bench.Line{historyLine("b"), bad}); err == nil || !strings.Contains(err.Error(), "not a number") {
		t.Errorf("NaN: %v", err)
	}
	if err := Record(t.Context(), path, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made for nothing")
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "."} {
		if err := Record(t.Context(), filepath.Join(dir, name), []bench.Line{historyLine("a")}); err == nil {
			t.Errorf("%s: appended", name)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Record(ctx, path, []bench.Line{historyLine("a")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("locked: %v", err)
	}
}

func TestRecordAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				if err := Record(t.Context(), path, []bench.Line{historyLine(fmt.Sprint(i)), historyLine(fmt.Sprint(i))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if whole, broken := countLines(t, path); whole != 160 || broken != 0 {
		t.Errorf("%d whole lines, %d broken", whole, broken)
	}
}

// countLines says how many lines of a file are JSON, and how many are not.
func countLines(t *testing.T, path string) (whole, broken int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if json.Valid(line) {
			whole++
		} else {
			broken++
		}
	}
	return whole, broken
}

// A writer that is killed, again and again, costs a line at most each time.
func TestRecordIsKilled(t *testing.T) {
	if path := os.Getenv("PITWALL_TEST_RECORD"); path != "" {
		big := historyLine("a")
		for i := range 3000 {
			big.Values[bench.Time] = append(big.Values[bench.Time], float64(i)/3)
		}
		for {
			if err := Record(context.Background(), path, []bench.Line{big}); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "h")
	const kills = 5
	for range kills {
		c := exec.Command(os.Args[0], "-test.run=^TestRecordIsKilled$")
		c.Env = append(os.Environ(), "PITWALL_TEST_RECORD="+path)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
		c.Wait()
	}
	if err := Record(t.Context(), path, []bench.Line{historyLine("last")}); err != nil {
		t.Fatal(err)
	}
	whole, broken := countLines(t, path)
	t.Logf("%d whole lines, %d broken after %d kills", whole, broken, kills)
	if whole < 1 || broken > kills {
		t.Errorf("%d whole lines, %d broken", whole, broken)
	}
}
