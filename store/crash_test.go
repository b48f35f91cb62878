package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/core/run"
)

// childEnv makes the test binary a writer: it holds the store's directory.
const childEnv = "PITWALL_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeForever writes run after run and says on stdout what is saved, after
// the store has said so: "sealed RUN PART SHA256" and "finished RUN".
func writeForever(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, dir)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for n := uint64(0); ; n++ {
		w, err := s.Begin(ctx, run.Run{App: "child"})
		if err != nil {
			return err
		}
		for segment := range uint64(3) {
			name := fmt.Sprintf("part%d", segment)
			content := noise(n*3+segment, 200_000)
			p, err := w.Part(ctx, name, "")
			if err != nil {
				return err
			}
			for i := 0; i < len(content); i += 10_000 {
				if _, err := p.Write(content[i : i+10_000]); err != nil {
					return err
				}
			}
			if err := p.Close(); err != nil {
				return err
			}
			if segment == 2 {
				break // Finish seals the last
			}
			if err := w.Seal(ctx); err != nil {
				return err
			}
			sum := sha256.Sum256(content)
			fmt.Fprintf(out, "sealed %s %s %s\n", w.ID(), name, hex.EncodeToString(sum[:]))
			out.Flush()
		}
		if err := w.Finish(ctx, run.Run{App: "child"}); err != nil {
			return err
		}
		fmt.Fprintf(out, "finished %s\n", w.ID())
		out.Flush()
	}
}

// startChild starts a writer; lines receives what it says until it ends.
func startChild(t *testing.T, dir string) (child *exec.Cmd, lines chan string) {
	t.Helper()
	child = exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines = make(chan string, 1000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return child, lines
}

// TestKilledWriter kills a writer at random moments. Whatever it was told is
// saved must be whole, and nothing else may be left.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	finished, partial := map[string]bool{}, 0
	for range 15 {
		child, lines := startChild(t, dir)
		said := []string{<-lines} // it is up
		for range random.IntN(6) {
			said = append(said, <-lines)
		}
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for line := range lines {
			said = append(said, line)
		}
		child.Wait()

		s, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		checkSaid(t, s, said, finished)
		partial = checkAll(t, s, finished)
		s.Close()
	}
	if partial == 0 || len(finished) == 0 {
		t.Errorf("%d partial and %d finished runs: the kills hit nothing", partial, len(finished))
	}
	t.Logf("%d finished, %d partial", len(finished), partial)
}

// checkSaid holds the store to what a writer was told.
func checkSaid(t *testing.T, s *Store, said []string, finished map[string]bool) {
	t.Helper()
	for _, line := range said {
		f := strings.Fields(line)
		r, err := s.Get(t.Context(), f[1])
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if f[0] == "finished" {
			finished[f[1]] = true
			continue
		}
		text, err := content(t, s, r, f[2])
		sum := sha256.Sum256([]byte(text))
		if err != nil || hex.EncodeToString(sum[:]) != f[3] {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// checkAll reads every part of every run, and counts the partial ones.
func checkAll(t *testing.T, s *Store, finished map[string]bool) (partial int) {
	t.Helper()
	runs, err := s.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, r := range runs {
		switch {
		case r.Status == run.Partial && len(r.Dropped) > 0 && !finished[r.ID]:
			partial++
		case r.Status != run.Complete || len(r.Parts) != 3:
			t.Fatalf("run %s: status %s, dropped %q, %d parts", r.ID, r.Status, r.Dropped, len(r.Parts))
		}
		for _, p := range r.Parts {
			named[p.SHA256+".zst"] = true
			if _, err := content(t, s, r, p.Name); err != nil {
				t.Fatalf("run %s: %v", r.ID, err)
			}
		}
	}
	for _, path := range files(t, s, "parts") {
		if !named[filepath.Base(path)] {
			t.Fatalf("%s lies about", path)
		}
	}
	if left := append(files(t, s, "tmp"), files(t, s, "writers")...); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
	return partial
}

// TestLiveWriterIsLeftAlone opens, sweeps and deletes beside a living writer
// of another process.
func TestLiveWriterIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	child, lines := startChild(t, dir)
	said := []string{<-lines}
	for range 20 {
		s, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		r := save(t, s, run.Run{App: "passing"}, map[string]string{"p": "passing"})
		if err := s.Delete(t.Context(), r.ID); err != nil { // sweeps
			t.Fatal(err)
		}
		s.Close()
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		said = append(said, line)
	}
	child.Wait()
	s := mustOpen(t, dir)
	finished := map[string]bool{}
	checkSaid(t, s, said, finished)
	if partial := checkAll(t, s, finished); partial > 1 {
		t.Errorf("%d runs of a writer that was killed once are partial", partial)
	}
}

func TestConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for writer := range 4 {
		s := mustOpen(t, dir)
		group.Go(func() {
			for n := range 5 {
				w, err := s.Begin(context.Background(), run.Run{App: fmt.Sprint(writer)})
				if err != nil {
					t.Error(err)
					return
				}
				for _, name := range []string{"same", "own"} {
					p, err := w.Part(context.Background(), name, "")
					if err == nil {
						fmt.Fprint(p, name)
						if name == "own" {
							fmt.Fprint(p, writer, n)
						}
						err = p.Close()
					}
					if err == nil {
						err = w.Seal(context.Background())
					}
					if err != nil {
						t.Error(err)
					}
				}
				if err := w.Finish(context.Background(), run.Run{App: fmt.Sprint(writer)}); err != nil {
					t.Error(err)
				}
				if n%2 == 1 {
					if err := s.Delete(context.Background(), w.ID()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	s := mustOpen(t, dir)
	runs, err := s.List(t.Context(), Filter{Status: run.Complete})
	if err != nil || len(runs) != 12 {
		t.Fatalf("%d complete runs, want 12; %v", len(runs), err)
	}
	for _, r := range runs {
		if text, err := content(t, s, r, "same"); text != "same" {
			t.Errorf("%q, %v", text, err)
		}
		if text, err := content(t, s, r, "own"); !strings.HasPrefix(text, "own"+r.App) {
			t.Errorf("%q, %v", text, err)
		}
	}
	if n := len(files(t, s, "parts")); n != 13 {
		t.Errorf("%d part files, want 13", n)
	}
}
