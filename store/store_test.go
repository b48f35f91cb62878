package store

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/run"
)

// mustOpen opens a store for a test and closes it at its end.
func mustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// put writes one part and closes it.
func put(t testing.TB, w *Writer, name string, content []byte) {
	t.Helper()
	p, err := w.Part(t.Context(), name, "application/octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// save writes a whole run of the given parts.
func save(t testing.TB, s *Store, r run.Run, parts map[string]string) run.Run {
	t.Helper()
	w, err := s.Begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range parts {
		put(t, w, name, []byte(content))
	}
	if err := w.Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	saved, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// content reads a part to its end.
func content(t testing.TB, s *Store, r run.Run, name string) (string, error) {
	t.Helper()
	p, err := s.OpenPart(t.Context(), r, name)
	if err != nil {
		return "", err
	}
	defer p.Close()
	text, err := io.ReadAll(p)
	return string(text), err
}

// noise is text that does not compress, the same for a seed.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	src := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	src.Read(b)
	return b
}

// files lists what lies under a directory of the store.
func files(t testing.TB, s *Store, sub string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(filepath.Join(s.dir, sub), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a store? with #odd 100% name")
	s := mustOpen(t, dir)
	in := run.Run{
		Command: "lap", App: "shop", Args: []string{"lap", "--time", "60s"}, Labels: map[string]string{"branch": "main"},
		Machine: run.Machine{Fingerprint: "f", Cores: 2, MemoryBytes: 1 << 40}, Settings: "d", Seed: 1<<64 - 1,
		Summary: "two routes", Started: time.Now().UTC(),
	}
	w, err := s.Begin(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	big := noise(1, 3<<20)
	put(t, w, "profile", big)
	if err := w.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, w, "lap.json", []byte("{}"))
	put(t, w, "empty", nil)
	if err := w.Finish(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.Close()

	s = mustOpen(t, dir)
	got, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	want := in
	want.ID, want.Status, want.Format, want.Ended = w.ID(), run.Complete, Format, got.Ended
	want.Gems, want.Env, want.Anchors, want.Dropped = map[string]string{}, map[string]string{}, []run.Anchor{}, []string{}
	want.Parts = got.Parts
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Ended.Before(got.Started) {
		t.Errorf("ended %s before it started %s", got.Ended, got.Started)
	}
	names := []string{}
	for _, p := range got.Parts {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"profile", "lap.json", "empty"}, names); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"profile": string(big), "lap.json": "{}", "empty": ""} {
		if text, err := content(t, s, got, name); err != nil || text != want {
			t.Errorf("part %s: %d bytes, %v", name, len(text), err)
		}
	}
	if left := append(files(t, s, "tmp"), files(t, s, "writers")...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStoreIsPrivate(t *testing.T) {
	dir := t.TempDir() // there before, and open to others
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir)
	save(t, s, run.Run{}, map[string]string{"p": "x"})
	for _, path := range files(t, s, "") {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestListFilters(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	at := time.Now().Add(-time.Hour)
	for i, r := range []run.Run{{App: "shop", Command: "lap"}, {App: "blog", Command: "lap"}, {App: "shop", Command: "bench", Status: run.Failed}} {
		r.Started = at.Add(time.Duration(i) * time.Minute)
		save(t, s, r, nil)
	}
	for _, c := range []struct {
		name string
		f    Filter
		want []string
	}{
		{"all, newest first", Filter{}, []string{"shop bench", "blog lap", "shop lap"}},
		{"app", Filter{App: "shop"}, []string{"shop bench", "shop lap"}},
		{"command", Filter{Command: "lap"}, []string{"blog lap", "shop lap"}},
		{"status", Filter{Status: run.Failed}, []string{"shop bench"}},
		{"limit", Filter{Limit: 2}, []string{"shop bench", "blog lap"}},
		{"none", Filter{App: "' OR 1=1 --"}, []string{}},
	} {
		runs, err := s.List(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, r := range runs {
			got = append(got, r.App+" "+r.Command)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestGetByPrefix(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	var missing *NotFoundError
	if _, err := s.Get(t.Context(), Last); !errors.As(err, &missing) {
		t.Fatalf("last of none: %v", err)
	}
	old := save(t, s, run.Run{ID: "01900000-0000-7000-8000-000000000001", Started: time.Unix(1, 0)}, nil)
	save(t, s, run.Run{ID: "01900000-0000-7000-8000-000000000002", Started: time.Unix(2, 0)}, nil)
	newest := save(t, s, run.Run{ID: "01910000-0000-7000-8000-000000000001", Started: time.Unix(3, 0)}, nil)
	for id, want := range map[string]string{Last: newest.ID, "0191": newest.ID, old.ID: old.ID, strings.ToUpper(newest.ID): newest.ID} {
		if got, err := s.Get(t.Context(), id); err != nil || got.ID != want {
			t.Errorf("%s: %s, %v", id, got.ID, err)
		}
	}
	var several *AmbiguousError
	if _, err := s.Get(t.Context(), "0190"); !errors.As(err, &several) || len(several.Matches) != 2 {
		t.Errorf("0190: %v", err)
	}
	for _, id := range []string{"", "019", "0199", "%", "_190", old.ID + "0", "../../etc"} {
		if _, err := s.Get(t.Context(), id); !errors.As(err, &missing) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestLabel(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	r := save(t, s, run.Run{Labels: map[string]string{"a": "1"}}, nil)
	for _, kv := range [][2]string{{"b", "2"}, {"a", "3"}, {"c", "4"}, {"c", ""}} {
		if err := s.Label(t.Context(), r.ID, kv[0], kv[1]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Get(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "3", "b": "2"}, got.Labels); diff != "" {
		t.Error(diff)
	}
	if s.Label(t.Context(), r.ID, "", "x") == nil {
		t.Error("an empty key was taken")
	}
}

func TestDeleteKeepsShared(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	a := save(t, s, run.Run{}, map[string]string{"same": "shared", "own": "of a"})
	b := save(t, s, run.Run{}, map[string]string{"same": "shared"})
	if n := len(files(t, s, "parts")); n != 2 {
		t.Fatalf("%d part files, want 2: content is stored once", n)
	}
	if err := s.Delete(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, s, "parts")); n != 1 {
		t.Errorf("%d part files after deleting, want 1", n)
	}
	if text, err := content(t, s, b, "same"); err != nil || text != "shared" {
		t.Errorf("the other run's part: %q, %v", text, err)
	}
}

func TestDeleteRefusesLiveRun(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	var used *InUseError
	if err := s.Delete(t.Context(), w.ID()); !errors.As(err, &used) || used.PID != os.Getpid() {
		t.Errorf("deleting a live run: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), w.ID()); err != nil {
		t.Errorf("deleting it after Close: %v", err)
	}
}

func TestLaterSegmentReplaces(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "lap.json", []byte("early"))
	if _, err := w.Part(t.Context(), "lap.json", ""); err == nil {
		t.Error("a name was taken twice in one segment")
	}
	if err := w.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, w, "lap.json", []byte("late"))
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := content(t, s, r, "lap.json"); text != "late" || len(r.Parts) != 1 {
		t.Errorf("%q, %v, parts %v", text, err, r.Parts)
	}
	if _, err := s.List(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, s, "parts")); n != 1 {
		t.Errorf("%d part files, want 1: the replaced one is swept", n)
	}
}

func TestWriterClosedKeepsSealed(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{App: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "kept", []byte("sealed"))
	if err := w.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, w, "lost", []byte("closed, not sealed"))
	open, err := w.Part(t.Context(), "torn", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Write([]byte("x")); err == nil {
		t.Error("a part of a closed writer takes more")
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(r.Dropped, "\n")
	if r.Status != run.Partial || !strings.Contains(said, "part lost") || !strings.Contains(said, "part torn") {
		t.Errorf("status %s, dropped %q", r.Status, said)
	}
	if text, err := content(t, s, r, "kept"); text != "sealed" {
		t.Errorf("%q, %v", text, err)
	}
	if left := append(files(t, s, "tmp"), files(t, s, "writers")...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := w.Finish(t.Context(), run.Run{}); err == nil {
		t.Error("finished after Close")
	}
}

func TestFinishRefusesOpenPart(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(t.Context(), "open", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), run.Run{}); err == nil || !strings.Contains(err.Error(), "open") {
		t.Errorf("finished with a part open: %v", err)
	}
	p.Close()
	if err := w.Finish(t.Context(), run.Run{ID: run.NewID(time.Now())}); err == nil {
		t.Error("finished with another run's header")
	}
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Error(err)
	}
}

func TestPartNames(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, name := range []string{"", "..", ".hidden", "a/b", "../../x", "a\x00b", "ü", strings.Repeat("a", 101)} {
		if _, err := w.Part(t.Context(), name, ""); err == nil {
			t.Errorf("%q was taken as a name", name)
		}
	}
}

func TestRef(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	outside := filepath.Join(t.TempDir(), "heap.dump")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Ref(t.Context(), "heap", "application/x-heap", outside); err != nil {
		t.Fatal(err)
	}
	if err := w.Ref(t.Context(), "dir", "", t.TempDir()); err == nil {
		t.Error("a directory was taken as a part")
	}
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := content(t, s, r, "heap"); text != "outside" {
		t.Errorf("%q, %v", text, err)
	}
	if err := os.WriteFile(outside, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	var corrupt *CorruptError
	if _, err := content(t, s, r, "heap"); !errors.As(err, &corrupt) || corrupt.Path != outside {
		t.Errorf("a changed outside file: %v", err)
	}
	if err := s.Delete(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("deleting the run took the outside file: %v", err)
	}
}

func TestLocate(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", "")
	for _, c := range []struct{ flag, spec, xdg, want string }{
		{"/x", "/app", "/state", "/x"},
		{"", "/app", "/state", "/app/.pitwall"},
		{"", "", "/state", "/state/pitwall"},
		{"", "", "relative", filepath.Join(home, ".local/state/pitwall")},
		{"", "", "", filepath.Join(home, ".local/state/pitwall")},
	} {
		t.Setenv("XDG_STATE_HOME", c.xdg)
		if got := Locate(c.flag, c.spec); got != c.want {
			t.Errorf("Locate(%q, %q) with %q = %q, want %q", c.flag, c.spec, c.xdg, got, c.want)
		}
	}
}
