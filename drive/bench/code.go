package bench

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/machine"
	"pitwall/probe/ruby/worker"
)

// Code is a piece of Ruby, or a block of a benchmark file in Ruby, measured in
// fresh ruby processes, one at a time.
type Code struct {
	file      *spec.Bench
	benchmark spec.Benchmark
	versions  []Version
	pace      Pace
	accepted  map[int]bool // arms whose body was well above the loop's cost
}

// NewCode makes the subject of a benchmark with code: or of a block. versions
// are by arm; the first whose directory holds the file gives it its place in
// the others.
func NewCode(file *spec.Bench, b spec.Benchmark, versions []Version, pace Pace) (*Code, error) {
	if b.Code == "" && b.Block == 0 {
		return nil, fmt.Errorf("%s: has no code", b.Name)
	}
	if len(versions) == 0 {
		return nil, fmt.Errorf("%s: there is no version to run", b.Name)
	}
	if !slices.Contains([]string{"", "natural", "between", "off"}, pace.GC) {
		return nil, fmt.Errorf("%s: gc is natural, between or off, not %q", b.Name, pace.GC)
	}
	return &Code{file: file, benchmark: b, versions: versions, pace: pace, accepted: map[int]bool{}}, nil
}

// Measure runs one unit. Errors are those of probe/ruby/worker, with places
// relative to the version's directory.
func (c *Code) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	v := c.versions[t.Arm]
	w, err := worker.Start(ctx, worker.Options{Ruby: v.ruby(c.file), Dir: v.Dir, Env: c.env(v, t), Limit: c.pace.Call, Memory: c.pace.bound()})
	if err != nil {
		return core.Unit{}, v.shorten(err)
	}
	defer w.Kill()
	pace := c.pace
	pace.accepted = c.accepted[t.Arm]
	u, err := pace.measure(ctx, w, c.load(v, t), nil, nil, nil)
	if err != nil {
		return core.Unit{}, v.shorten(c.where(err, v))
	}
	u.Pad, c.accepted[t.Arm] = t.Pad, pace.accepted || !pace.Count
	return u, nil
}

// env is ours, with what the file, the benchmark, the version and the turn set.
func (c *Code) env(v Version, t pairs.Turn) []string {
	set := environment(c.file, c.benchmark, t.Pad)
	maps.Copy(set, v.Env)
	set["PITWALL_SEED"] = strconv.FormatUint(t.Seed, 10)
	return overlay(os.Environ(), set)
}

// overlay sets variables in an environment.
func overlay(env []string, set map[string]string) []string {
	var out []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if _, ours := set[name]; !ours {
			out = append(out, e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		out = append(out, name+"="+set[name])
	}
	return out
}

func (c *Code) load(v Version, t pairs.Turn) worker.Load {
	b := c.benchmark
	l := worker.Load{Kind: "code", Seed: t.Seed, Allow: slices.Concat(c.file.Allow, b.Allow)}
	params := map[string]any{"file": c.path(v), "rails": b.Rails}
	if b.Block > 0 {
		l.Kind = "block"
		params["source"], params["block"] = c.source(), b.Block
	} else {
		params["code"], params["code_line"] = b.Code, b.CodeLine
		params["setup"], params["setup_line"] = text(b.Setup), b.SetupLine
		params["teardown"], params["teardown_line"] = text(b.Teardown), b.TeardownLine
	}
	l.Params = params
	return l
}

// text is nil when there is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// source is the file as it is read, in this tree: all versions run the same
// text.
func (c *Code) source() string { return filepath.Join(c.file.Dir, filepath.Base(c.file.File)) }

// path is where the file would be in a version, so that what it requires from
// beside it is that version's.
func (c *Code) path(v Version) string {
	for _, base := range c.versions {
		rel, err := filepath.Rel(base.Dir, c.source())
		if err == nil && filepath.IsLocal(rel) {
			return filepath.Join(v.Dir, rel)
		}
	}
	return c.source()
}

// where adds the place of the body to a refusal that has none.
func (c *Code) where(err error, v Version) error {
	if r, ok := err.(*worker.RefusedError); ok && r.Where == "" && c.benchmark.CodeLine > 0 {
		r.Where = fmt.Sprintf("%s:%d", c.path(v), c.benchmark.CodeLine)
	}
	return err
}

// ruby is the command that runs Ruby: the version's, else the file's.
func (v Version) ruby(file *spec.Bench) []string {
	if len(v.Ruby) > 0 {
		return v.Ruby
	}
	words, err := spec.Words(file.Ruby)
	if err != nil || len(words) == 0 {
		return []string{"ruby"}
	}
	return words
}

// shorten makes places relative to the version's directory.
func (v Version) shorten(err error) error {
	short := func(place string) string { return strings.TrimPrefix(place, v.Dir+string(filepath.Separator)) }
	switch e := err.(type) {
	case *worker.RefusedError:
		e.Where = short(e.Where)
	case *worker.SyntaxError:
		e.Where = short(e.Where)
	case *worker.RaisedError:
		e.Where = short(e.Where)
		for i, frame := range e.Backtrace {
			e.Backtrace[i] = short(frame)
		}
	}
	return err
}

// mostMemory is how large any process without collection may grow.
const mostMemory = 2 << 30

// bound is how large a process may grow that never collects: 2 GiB, or a
// quarter of the memory that is free.
func (p Pace) bound() int64 {
	if p.GC != "off" {
		return 0
	}
	if free := machine.Read().AvailableBytes; free > 0 {
		return min(mostMemory, free/4)
	}
	return mostMemory
}
