package lap

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	core "pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
)

// Journal takes a lap's evidence while it is collected. What has been sealed
// survives kill -9.
type Journal interface {
	Part(ctx context.Context, name, kind string) (io.WriteCloser, error)
	Seal(ctx context.Context) error
}

// Names of a lap's parts.
const (
	partStart    = "start.json"       // evidence as it was before the first window
	partWindow   = "window-%03d.json" // one window with its cells
	partEvidence = "evidence.json"    // everything but cells, requests and profile
	partRequests = "requests.ndjson"
	partProfile  = "profile"
	PartResult   = "lap.json" // the judged result
)

// windowPart is the content of a window's part.
type windowPart struct {
	Window core.Window `json:"window"`
	Cells  []core.Cell `json:"cells"`
}

func saveJSON(ctx context.Context, j Journal, name string, value any) error {
	return savePart(ctx, j, name, "application/json", func(w io.Writer) error { return json.NewEncoder(w).Encode(value) })
}

func savePart(ctx context.Context, j Journal, name, kind string, write func(io.Writer) error) error {
	if j == nil {
		return nil
	}
	w, err := j.Part(ctx, name, kind)
	if err != nil {
		return fmt.Errorf("storing %s: %w", name, err)
	}
	if err := write(w); err != nil {
		w.Close()
		return fmt.Errorf("storing %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("storing %s: %w", name, err)
	}
	return nil
}

// saveWindow stores and seals one window.
func saveWindow(ctx context.Context, j Journal, w core.Window, cells []core.Cell) error {
	if j == nil {
		return nil
	}
	if err := saveJSON(ctx, j, fmt.Sprintf(partWindow, w.Index), windowPart{w, cells}); err != nil {
		return err
	}
	return j.Seal(ctx)
}

// saveEvidence stores and seals what is left once all windows are over.
func saveEvidence(ctx context.Context, j Journal, ev *core.Evidence) error {
	if j == nil {
		return nil
	}
	rest := *ev
	rest.Windows, rest.Cells = []core.Window{}, []core.Cell{} // stored one by one
	if err := saveJSON(ctx, j, partEvidence, rest); err != nil {
		return err
	}
	if ev.Requests != nil {
		write := func(w io.Writer) error { return request.Write(w, ev.Requests) }
		if err := savePart(ctx, j, partRequests, "application/x-ndjson", write); err != nil {
			return err
		}
	}
	if ev.Profile != nil {
		write := func(w io.Writer) error { return profile.Encode(w, ev.Profile) }
		if err := savePart(ctx, j, partProfile, "application/x-pitwall-profile", write); err != nil {
			return err
		}
	}
	return j.Seal(ctx)
}

// Parts opens the parts of a stored lap by name. A part that was never
// written is an error that wraps fs.ErrNotExist.
type Parts interface {
	OpenPart(name string) (io.ReadCloser, error)
	Names() []string
}

// Load reads a stored lap's evidence back, as far as it got.
func Load(p Parts) (*core.Evidence, error) {
	ev := &core.Evidence{}
	has := map[string]bool{}
	for _, name := range p.Names() {
		has[name] = true
	}
	first := partEvidence
	if !has[first] {
		first = partStart
	}
	if !has[first] {
		return nil, fmt.Errorf("the run keeps no evidence of a lap: %w", fs.ErrNotExist)
	}
	if err := loadJSON(p, first, ev); err != nil {
		return nil, err
	}
	for i := 0; has[fmt.Sprintf(partWindow, i)]; i++ {
		var w windowPart
		if err := loadJSON(p, fmt.Sprintf(partWindow, i), &w); err != nil {
			return nil, err
		}
		ev.Windows = append(ev.Windows, w.Window)
		ev.Cells = append(ev.Cells, w.Cells...)
	}
	if has[partRequests] {
		if err := loadPart(p, partRequests, func(r io.Reader) (err error) { ev.Requests, err = request.Read(r); return }); err != nil {
			return nil, err
		}
	}
	if has[partProfile] {
		if err := loadPart(p, partProfile, func(r io.Reader) (err error) { ev.Profile, err = profile.Decode(r); return }); err != nil {
			return nil, err
		}
	}
	return ev, nil
}

func loadJSON(p Parts, name string, into any) error {
	return loadPart(p, name, func(r io.Reader) error { return json.NewDecoder(r).Decode(into) })
}

func loadPart(p Parts, name string, read func(io.Reader) error) error {
	r, err := p.OpenPart(name)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	defer r.Close()
	if err := read(r); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	_, err = io.Copy(io.Discard, r) // the hash is checked at the end
	return err
}
