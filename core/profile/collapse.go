package profile

import "strings"

// Collapse takes frames out of every stack that belong to the measuring and
// not to what is measured. Such a frame, and the C functions it calls, become
// the frame as where they are the end of a stack, so that their time keeps a
// name; where other Ruby code follows they only wrapped it, and go.
func (p *Profile) Collapse(own func(Frame) bool, as Frame) *Profile {
	b := NewBuilder(p.Clock, p.Period)
	c := collapser{b: b, frames: make([]collapsed, len(p.Frames)), stacks: make([]collapsed, len(p.Stacks))}
	instead := b.Frame(as)
	for i, f := range p.Frames {
		c.frames[i] = collapsed{at: b.Frame(f), own: own(f)}
	}
	for i, s := range p.Stacks {
		c.stacks[i] = c.stack(s, p.Frames[s.Frame].Kind == CFunc, instead)
	}
	out := b.Profile(p.Start, p.End)
	out.Routes, out.Lost, out.Repaired, out.Notes = p.Routes, p.Lost, p.Repaired, p.Notes
	out.Samples = make([]Sample, len(p.Samples))
	for i, s := range p.Samples {
		if s.Stack >= 0 {
			s.Stack = c.stacks[s.Stack].at
		}
		out.Samples[i] = s
	}
	return out
}

// Relative makes the files under root, an absolute directory, relative to it.
func (p *Profile) Relative(root string) {
	root = strings.TrimSuffix(root, "/") + "/"
	for i := range p.Frames {
		if file, ok := strings.CutPrefix(p.Frames[i].File, root); ok && root != "/" {
			p.Frames[i].File = file
		}
	}
}

// collapsed is where a frame or a stack of the old profile is in the new one.
type collapsed struct {
	at   int32
	own  bool  // a frame of the measuring, or a stack that ends in it
	base int32 // of a stack with own: the stack below the measuring
}

type collapser struct {
	b              *Builder
	frames, stacks []collapsed
}

func (c *collapser) stack(s Stack, cfunc bool, instead int32) collapsed {
	parent := collapsed{at: NoStack}
	if s.Parent >= 0 {
		parent = c.stacks[s.Parent]
	}
	f := c.frames[s.Frame]
	base := parent.at
	if parent.own {
		base = parent.base
	}
	if f.own || parent.own && cfunc {
		return collapsed{at: c.b.Stack(base, instead), own: true, base: base}
	}
	return collapsed{at: c.b.Stack(base, f.at)}
}
