package profile

import "maps"

// Builder makes a Profile and keeps every frame, stack and route once. It is
// not safe for use by several goroutines.
type Builder struct {
	p      Profile
	frames map[Frame]int32
	stacks map[Stack]int32
	routes map[string]int32
}

// NewBuilder starts a profile of the named clock ("wall" or "cpu") whose
// samples were asked for every period ns.
func NewBuilder(clock string, period int64) *Builder {
	return &Builder{
		p:      Profile{Clock: clock, Period: period, Lost: map[string]int64{}},
		frames: map[Frame]int32{},
		stacks: map[Stack]int32{},
		routes: map[string]int32{},
	}
}

// Frame is the index of f in the profile.
func (b *Builder) Frame(f Frame) int32 {
	i, ok := b.frames[f]
	if !ok {
		i = int32(len(b.p.Frames))
		b.p.Frames = append(b.p.Frames, f)
		b.frames[f] = i
	}
	return i
}

// Stack is the index of the stack that calls frame from parent, which is
// NoStack at the root. Both must come from this builder.
func (b *Builder) Stack(parent, frame int32) int32 {
	s := Stack{Parent: parent, Frame: frame}
	i, ok := b.stacks[s]
	if !ok {
		i = int32(len(b.p.Stacks))
		b.p.Stacks = append(b.p.Stacks, s)
		b.stacks[s] = i
	}
	return i
}

// Path is the stack of the given frames, root first; NoStack when there are none.
func (b *Builder) Path(frames ...Frame) int32 {
	at := NoStack
	for _, f := range frames {
		at = b.Stack(at, b.Frame(f))
	}
	return at
}

// Route is the index of the named route; -1 for the empty name.
func (b *Builder) Route(name string) int32 {
	if name == "" {
		return -1
	}
	i, ok := b.routes[name]
	if !ok {
		i = int32(len(b.p.Routes))
		b.p.Routes = append(b.p.Routes, name)
		b.routes[name] = i
	}
	return i
}

// Add appends one sample.
func (b *Builder) Add(s Sample) { b.p.Samples = append(b.p.Samples, s) }

// Lose counts n samples as lost by cause.
func (b *Builder) Lose(cause string, n int64) {
	if n != 0 {
		b.p.Lost[cause] += n
	}
}

// Repair counts n samples as cut to what could be relied on.
func (b *Builder) Repair(n int64) { b.p.Repaired += n }

// Note adds a remark for the reader of the profile, once.
func (b *Builder) Note(note string) {
	for _, n := range b.p.Notes {
		if n == note {
			return
		}
	}
	b.p.Notes = append(b.p.Notes, note)
}

// Profile is what was built so far, between start and end (CLOCK_MONOTONIC,
// ns). The builder may go on; the profile does not change with it.
func (b *Builder) Profile(start, end int64) *Profile {
	p := b.p
	p.Start, p.End = start, end
	p.Routes = append([]string{}, b.p.Routes...)
	p.Frames = append([]Frame{}, b.p.Frames...)
	p.Stacks = append([]Stack{}, b.p.Stacks...)
	p.Samples = append([]Sample{}, b.p.Samples...)
	p.Notes = append([]string{}, b.p.Notes...)
	p.Lost = maps.Clone(b.p.Lost)
	return &p
}
