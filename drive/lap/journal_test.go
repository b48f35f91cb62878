package lap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pitwall/core/finding"
	"pitwall/core/hist"
	core "pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/route"
)

// shelf is a journal in memory. Like the store it keeps what was sealed.
type shelf struct {
	open, sealed map[string][]byte
	fail         string // part that cannot be written
}

func newShelf() *shelf { return &shelf{open: map[string][]byte{}, sealed: map[string][]byte{}} }

type sheet struct {
	bytes.Buffer
	s    *shelf
	name string
}

func (p *sheet) Close() error { p.s.open[p.name] = p.Bytes(); return nil }

var errFull = errors.New("no space")

func (p *sheet) Write(b []byte) (int, error) {
	if p.name == p.s.fail {
		return 0, errFull
	}
	return p.Buffer.Write(b)
}

func (s *shelf) Part(_ context.Context, name, _ string) (io.WriteCloser, error) {
	return &sheet{s: s, name: name}, nil
}

func (s *shelf) Seal(context.Context) error {
	maps.Copy(s.sealed, s.open)
	clear(s.open)
	return nil
}

func (s *shelf) Names() []string { return slices.Sorted(maps.Keys(s.sealed)) }

func (s *shelf) OpenPart(name string) (io.ReadCloser, error) {
	b, found := s.sealed[name]
	if !found {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func evidence() *core.Evidence {
	queue := int64(7)
	h := hist.New()
	h.Record(5e6)
	b := profile.NewBuilder("wall", 10_000_000)
	b.Add(profile.Sample{Stack: b.Path(profile.Frame{Name: "main"}), Route: b.Route("a")})
	ev := &core.Evidence{
		App: "tiny", Routes: []route.Route{{Name: "a", Path: "/a"}}, Steady: true, Boot: []core.Stage{{Name: "web", Ready: 1}},
		Findings: []finding.Finding{{ID: "PW-X", Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{}}}, Notes: []string{"a note"},
		Setup: core.Setup{Facts: map[string]string{"ruby.version": "3.1.7"}, Hosts: []core.Host{}, Rows: map[string]int64{}},
		Requests: &request.Log{Fingerprints: []string{"SELECT ?"}, Plans: []request.Plan{}, Outgoing: []request.Outgoing{}, Requests: []request.Request{
			{PID: 1, Route: "a", Status: 200, Queue: &queue, Statements: []request.Statement{{Line: "a.rb:1", Count: 2}}}}},
		Profile: b.Profile(0, 100),
	}
	for i := range 12 {
		ev.Windows = append(ev.Windows, core.Window{Index: i, Kind: core.Bare, Start: int64(i), End: int64(i) + 1})
		ev.Cells = append(ev.Cells, core.Cell{Window: i, Route: "a", Response: h, Done: 1, Status: map[int]int64{200: 1}, Errors: map[string]int64{}})
	}
	return ev
}

// writeLap journals evidence as a lap does, up to so many windows.
func writeLap(t *testing.T, s *shelf, ev *core.Evidence, windows int, whole bool) {
	t.Helper()
	start := *ev
	start.Windows, start.Cells = []core.Window{}, []core.Cell{}
	if err := saveJSON(t.Context(), s, partStart, start); err != nil {
		t.Fatal(err)
	}
	for i := range windows {
		if err := saveWindow(t.Context(), s, ev.Windows[i], ev.Cells[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if !whole {
		return
	}
	if err := saveEvidence(t.Context(), s, ev); err != nil {
		t.Fatal(err)
	}
}

// same compares evidence by what is written of it, and the parts apart.
func same(t *testing.T, want, got *core.Evidence) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(hist.Histogram{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(core.Evidence{}, "Profile", "Cells")); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if len(got.Cells) != len(want.Cells) {
		t.Fatalf("%d cells, want %d", len(got.Cells), len(want.Cells))
	}
	for i, c := range got.Cells {
		w := want.Cells[i]
		if c.Window != w.Window || c.Response.Count() != w.Response.Count() || c.Response.Mean() != w.Response.Mean() || c.Done != w.Done {
			t.Errorf("cell %d: %+v", i, c)
		}
	}
}

func TestLapComesBackFromItsJournal(t *testing.T) {
	s, ev := newShelf(), evidence()
	writeLap(t, s, ev, len(ev.Windows), true)
	got, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	same(t, ev, got)
	if len(got.Profile.Samples) != 1 || len(ev.Windows) != 12 {
		t.Errorf("profile %+v; the evidence itself has %d windows", got.Profile, len(ev.Windows))
	}
}

// Killed after the third window, a lap is what its start and three windows say.
func TestKilledLapComesBackAsFarAsItGot(t *testing.T) {
	s, ev := newShelf(), evidence()
	writeLap(t, s, ev, 3, false)
	if w, err := s.Part(t.Context(), fmt.Sprintf(partWindow, 3), ""); err != nil || w.Close() != nil { // the fourth was never sealed
		t.Fatal(err)
	}
	got, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	want := *ev
	want.Windows, want.Cells, want.Requests, want.Profile = ev.Windows[:3], ev.Cells[:3], nil, nil
	same(t, &want, got)
	if got.Requests != nil || got.Profile != nil {
		t.Error("requests or a profile out of nothing")
	}
}

func TestBadJournals(t *testing.T) {
	if _, err := Load(newShelf()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty run: %v", err)
	}
	for _, name := range []string{partEvidence, fmt.Sprintf(partWindow, 1), partRequests, partProfile} {
		s, ev := newShelf(), evidence()
		writeLap(t, s, ev, 2, true)
		s.sealed[name] = s.sealed[name][:len(s.sealed[name])/2]
		if got, err := Load(s); err == nil {
			t.Errorf("half of %s is read: %+v", name, got)
		}
	}
	s, ev := newShelf(), evidence()
	s.fail = partRequests
	if err := saveEvidence(t.Context(), s, ev); !errors.Is(err, errFull) {
		t.Errorf("a part that cannot be written: %v", err)
	}
	if err := saveWindow(t.Context(), nil, ev.Windows[0], nil); err != nil {
		t.Errorf("without a journal: %v", err)
	}
}
