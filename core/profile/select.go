package profile

import "maps"

// Filter is the profile of the samples that keep accepts. Tables are shared
// with p, so neither may be changed afterwards; what was lost stays said.
func (p *Profile) Filter(keep func(Sample) bool) *Profile {
	out := *p
	out.Lost = maps.Clone(p.Lost)
	out.Samples = []Sample{}
	for _, s := range p.Samples {
		if keep(s) {
			out.Samples = append(out.Samples, s)
		}
	}
	return &out
}

// Weight is the thread time that all samples stand for, in ns.
func (p *Profile) Weight() int64 {
	var w int64
	for _, s := range p.Samples {
		w += s.Weight
	}
	return w
}

// States is the thread time in ns by state.
func (p *Profile) States() map[State]int64 {
	out := map[State]int64{}
	for _, s := range p.Samples {
		out[s.State] += s.Weight
	}
	return out
}

// Path is the frames of a stack, root first; empty for NoStack.
func (p *Profile) Path(stack int32) []Frame {
	var out []Frame
	for at := stack; at >= 0 && int(at) < len(p.Stacks); at = p.Stacks[at].Parent {
		out = append(out, p.Frames[p.Stacks[at].Frame])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Merge is all samples of several profiles in one, in the order given. Clock
// and period are the first one's; a difference is noted. It is nil for none.
func Merge(ps ...*Profile) *Profile {
	if len(ps) == 0 {
		return nil
	}
	b := NewBuilder(ps[0].Clock, ps[0].Period)
	start, end := ps[0].Start, ps[0].End
	for _, p := range ps {
		start, end = min(start, p.Start), max(end, p.End)
		if p.Clock != ps[0].Clock {
			b.Note("merged from profiles of different clocks")
		}
		if p.Period != ps[0].Period {
			b.Note("merged from profiles of different periods")
		}
		b.merge(p)
	}
	return b.Profile(start, end)
}

func (b *Builder) merge(p *Profile) {
	stacks := make([]int32, len(p.Stacks))
	for i, s := range p.Stacks {
		parent := NoStack
		if s.Parent != NoStack {
			parent = stacks[s.Parent]
		}
		stacks[i] = b.Stack(parent, b.Frame(p.Frames[s.Frame]))
	}
	for _, s := range p.Samples {
		if s.Stack != NoStack {
			s.Stack = stacks[s.Stack]
		}
		if s.Route >= 0 {
			s.Route = b.Route(p.Routes[s.Route])
		}
		b.Add(s)
	}
	for cause, n := range p.Lost {
		b.Lose(cause, n)
	}
	b.Repair(p.Repaired)
	for _, n := range p.Notes {
		b.Note(n)
	}
}
