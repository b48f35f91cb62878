package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pitwall/core/run"
)

// faulty is a disk whose n-th operation, and all after it, fail.
type faulty struct {
	left int // operations that still succeed
	real disk
}

func (f *faulty) op(path string) error {
	if f.left--; f.left < 0 {
		return &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
	}
	return nil
}

func (f *faulty) disk() disk {
	return disk{
		create: func(path string) (file, error) {
			if err := f.op(path); err != nil {
				return nil, err
			}
			inner, err := f.real.create(path)
			return &faultyFile{file: inner, faults: f}, err
		},
		place: func(tmp, final string) error {
			if err := f.op(final); err != nil {
				return err
			}
			return f.real.place(tmp, final)
		},
		syncDir: func(path string) error {
			if err := f.op(path); err != nil {
				return err
			}
			return f.real.syncDir(path)
		},
	}
}

type faultyFile struct {
	file
	faults *faulty
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.faults.op(f.Name()); err != nil {
		n, _ := f.file.Write(b[:len(b)/2]) // torn
		return n, err
	}
	return f.file.Write(b)
}

func (f *faultyFile) Sync() error {
	if err := f.faults.op(f.Name()); err != nil {
		return err
	}
	return f.file.Sync()
}

// TestDiskFullAtEveryStep lets each file operation of writing a run be the
// first that finds the disk full. The error names the file, and older runs
// and segments are whole.
func TestDiskFullAtEveryStep(t *testing.T) {
	dir := t.TempDir()
	first := mustOpen(t, dir)
	older := save(t, first, run.Run{App: "older"}, map[string]string{"p": "old", "shared": "same content"})
	failures := 0
	for n := 0; ; n++ {
		f := &faulty{left: n, real: realDisk()}
		s, err := open(t.Context(), dir, f.disk(), steps())
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := writeTwo(t.Context(), s)
		if err != nil {
			failures++
			var at *fs.PathError
			if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &at) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("operation %d: %v", n, err)
			}
		}
		s.Close()
		checkOlder(t, first, older)
		checkSegments(t, first, sealed)
		if err == nil {
			break
		}
	}
	if failures < 10 {
		t.Errorf("only %d operations could fail", failures)
	}
}

// writeTwo writes a run of two segments and says how many were saved.
func writeTwo(ctx context.Context, s *Store) (sealed int, err error) {
	w, err := s.Begin(ctx, run.Run{App: "newer"})
	if err != nil {
		return 0, err
	}
	defer w.Close()
	for n := range 2 {
		for _, name := range []string{"shared", fmt.Sprint("own", n)} {
			p, err := w.Part(ctx, name, "")
			if err != nil {
				return n, err
			}
			content := []byte("same content")
			if name != "shared" {
				content = noise(uint64(n), 100_000)
			}
			_, err = p.Write(content)
			if e := p.Close(); err == nil {
				err = e
			}
			if err != nil {
				return n, err
			}
		}
		if err := w.Seal(ctx); err != nil {
			return n, err
		}
	}
	return 2, w.Finish(ctx, run.Run{App: "newer"})
}

func checkOlder(t *testing.T, s *Store, older run.Run) {
	t.Helper()
	for name, want := range map[string]string{"p": "old", "shared": "same content"} {
		if text, err := content(t, s, older, name); err != nil || text != want {
			t.Fatalf("the older run's part %s: %q, %v", name, text, err)
		}
	}
}

func checkSegments(t *testing.T, s *Store, sealed int) {
	t.Helper()
	r, err := s.Get(t.Context(), Last)
	if err != nil {
		t.Fatal(err)
	}
	want := run.Partial
	if sealed == 2 {
		want = run.Complete
	}
	if r.Status != want {
		t.Fatalf("status %s with %d segments", r.Status, sealed)
	}
	for n := range sealed {
		text, err := content(t, s, r, fmt.Sprint("own", n))
		if err != nil || text != string(noise(uint64(n), 100_000)) {
			t.Fatalf("sealed segment %d: %v", n, err)
		}
	}
}

// TestSealAgain seals a second time what a full disk refused at first.
func TestSealAgain(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "p", []byte("content"))
	real := s.disk.syncDir
	s.disk.syncDir = func(path string) error { return &fs.PathError{Op: "sync", Path: path, Err: syscall.ENOSPC} }
	if err := w.Seal(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("sealing on a full disk: %v", err)
	}
	s.disk.syncDir = real
	save(t, s, run.Run{}, nil)
	if err := s.sweep(t.Context()); err != nil { // takes the placed file away
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := content(t, s, r, "p"); text != "content" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestIndexFull lets the index run into its size limit, which SQLite reports
// as it does a full disk.
func TestIndexFull(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	older := save(t, s, run.Run{}, map[string]string{"p": "old"})
	if _, err := s.index.write.Exec("PRAGMA max_page_count = 1"); err != nil { // clamps to the present size
		t.Fatal(err)
	}
	_, err := s.Begin(t.Context(), run.Run{Summary: strings.Repeat("x", 100_000)})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "index.db") {
		t.Errorf("a full index: %v", err)
	}
	if text, err := content(t, s, older, "p"); text != "old" {
		t.Errorf("the older run: %q, %v", text, err)
	}
	if left := files(t, s, "writers"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCorruptPart(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	r := save(t, s, run.Run{}, map[string]string{"p": strings.Repeat("content ", 1000)})
	path := s.partPath(r.Parts[0].SHA256)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := zipped(t, []byte("other content"))
	bomb := zipped(t, make([]byte, 100<<20))
	short := zipped(t, []byte("content "))
	flipped := append([]byte{}, good...)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{
		"cut": good[:len(good)-1], "empty": {}, "garbage": []byte("garbage"), "flipped": flipped,
		"other": other, "bomb": bomb, "short": short, "trailing": append(append([]byte{}, good...), 1, 2, 3),
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var corrupt *CorruptError
		if text, err := content(t, s, r, "p"); !errors.As(err, &corrupt) || corrupt.Path != path || len(text) > 8000 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
	os.Remove(path)
	var corrupt *CorruptError
	if _, err := content(t, s, r, "p"); !errors.As(err, &corrupt) {
		t.Errorf("missing: %v", err)
	}
	save(t, s, run.Run{}, map[string]string{"p": strings.Repeat("content ", 1000)})
	if text, err := content(t, s, r, "p"); err != nil || len(text) != 8000 {
		t.Errorf("writing the content again does not mend it: %v", err)
	}
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(b, nil)
}

func TestDamagedIndex(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var corrupt *CorruptError
	if _, err := Open(t.Context(), dir); !errors.As(err, &corrupt) {
		t.Errorf("garbage as index: %v", err)
	}
}

func TestUnwritable(t *testing.T) {
	var no *UnwritableError
	for _, dir := range []string{"/proc/pitwall", "/dev/null/store", filepath.Join(t.TempDir(), strings.Repeat("x", 200), "\x00")} {
		if _, err := Open(t.Context(), dir); !errors.As(err, &no) && !strings.Contains(dir, "\x00") || err == nil {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

// FuzzOpenPart reads any bytes as a part: it ends, and never yields more than
// the part's size, nor io.EOF for content that was not stored.
func FuzzOpenPart(f *testing.F) {
	const stored = "what was stored"
	s := mustOpen(f, f.TempDir())
	w, err := s.Begin(context.Background(), run.Run{})
	if err != nil {
		f.Fatal(err)
	}
	put(f, w, "p", []byte(stored))
	if err := w.Finish(context.Background(), run.Run{}); err != nil {
		f.Fatal(err)
	}
	r, err := s.Get(context.Background(), w.ID())
	if err != nil {
		f.Fatal(err)
	}
	path := s.partPath(r.Parts[0].SHA256)
	f.Add(zipped(f, []byte(stored)))
	f.Add(zipped(f, make([]byte, 1<<20)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := content(t, s, r, "p")
		if err == nil && text != stored || len(text) > len(stored) {
			t.Errorf("%q, %v", text, err)
		}
	})
}

func FuzzParseOwner(f *testing.F) {
	f.Add("12 345\n")
	f.Add("-1 x")
	f.Fuzz(func(t *testing.T, text string) {
		o := parseOwner(text)
		if o.pid < 0 || o.pid > 0 && parseOwner(o.String()) != o {
			t.Errorf("%q: %+v", text, o)
		}
	})
}

func FuzzDecodeRun(f *testing.F) {
	f.Add(`{"id":"x","parts":[{"name":"p"}],"args":null}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, header string) {
		r, err := decodeRun(header)
		if err == nil && (r.Args == nil || r.Parts == nil || r.Labels == nil || r.Env == nil || len(r.Parts) > 0) {
			t.Errorf("%q: %+v", header, r)
		}
	})
}

func FuzzDecodeLap(f *testing.F) {
	f.Add([]byte(`{"schema":1,"routes":[{"name":"x"}]}`))
	f.Add([]byte(`{"schema":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := decodeLap(text); (r == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", text, r, err)
		}
	})
}
