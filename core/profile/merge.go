package profile

import (
	"cmp"
	"slices"
)

// Grouping says which frames count as one.
type Grouping uint8

const (
	ByMethod Grouping = iota // same name, file and kind; the line is kept where it is always the same
	ByLine                   // same line too
)

// groups gives each frame of p its group, and each group its frame.
func (p *Profile) groups(by Grouping) (of []int32, frames []Frame) {
	of = make([]int32, len(p.Frames))
	seen := make(map[Frame]int32, len(p.Frames))
	frames = []Frame{}
	for i, f := range p.Frames {
		key := f
		if by == ByMethod {
			key.Line = 0
		}
		g, ok := seen[key]
		if !ok {
			g = int32(len(frames))
			seen[key] = g
			frames = append(frames, f)
		}
		if frames[g].Line != f.Line {
			frames[g].Line = 0
		}
		of[i] = g
	}
	return of, frames
}

// Row is one frame of a flat profile.
type Row struct {
	Frame Frame `json:"frame"`
	Self  int64 `json:"self_ns"`  // it was the leaf
	Total int64 `json:"total_ns"` // it was anywhere in the stack, counted once a stack however often it recurs
	Count int64 `json:"count"`    // samples behind Total
}

// Top is the flat profile: every frame that was seen, by self time, then by
// total time, both falling. Samples without a stack count nowhere.
func (p *Profile) Top(by Grouping) []Row {
	of, frames := p.groups(by)
	rows := make([]Row, len(frames))
	for i, f := range frames {
		rows[i].Frame = f
	}
	last := make([]int, len(frames)) // the stack that last counted each group, plus one
	for stack, w := range p.leaves() {
		for at := int32(stack); w.n > 0 && at != NoStack; at = p.Stacks[at].Parent {
			g := of[p.Stacks[at].Frame]
			if last[g] == stack+1 {
				continue
			}
			last[g] = stack + 1
			rows[g].Total += w.ns
			rows[g].Count += w.n
		}
		if w.n > 0 {
			rows[of[p.Stacks[stack].Frame]].Self += w.ns
		}
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Count == 0 })
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Self, a.Self), cmp.Compare(b.Total, a.Total),
			cmp.Compare(a.Frame.Name, b.Frame.Name), cmp.Compare(a.Frame.File, b.Frame.File), cmp.Compare(a.Frame.Line, b.Frame.Line))
	})
	return rows
}

type leaf struct{ ns, n int64 }

// leaves sums the samples by their stack.
func (p *Profile) leaves() []leaf {
	out := make([]leaf, len(p.Stacks))
	for _, s := range p.Samples {
		if s.Stack != NoStack {
			out[s.Stack].ns += s.Weight
			out[s.Stack].n++
		}
	}
	return out
}

// Tree merges all stacks into one calling-context tree, heaviest child first
// and each node directly before its descendants. Samples without a stack are
// in the root's self time only, so the root's total is p.Weight.
func (p *Profile) Tree(by Grouping) *Tree {
	of, frames := p.groups(by)
	nodes, node := p.contexts(of)
	for _, s := range p.Samples {
		at := int32(0)
		if s.Stack != NoStack {
			at = node[s.Stack]
		}
		nodes[at].Self += s.Weight
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		nodes[i].Total += nodes[i].Self
		if i > 0 {
			nodes[nodes[i].Parent].Total += nodes[i].Total
		}
	}
	return &Tree{Frames: frames, Nodes: heaviestFirst(nodes, frames), Unit: "ns"}
}

// contexts makes one node for each different path of groups, and says which
// node each stack is.
func (p *Profile) contexts(of []int32) (nodes []Node, node []int32) {
	nodes = []Node{{Parent: NoStack, Frame: -1}}
	node = make([]int32, len(p.Stacks))
	seen := map[Stack]int32{}
	for i, s := range p.Stacks {
		key := Stack{Parent: 0, Frame: of[s.Frame]}
		if s.Parent != NoStack {
			key.Parent = node[s.Parent]
		}
		n, ok := seen[key]
		if !ok {
			n = int32(len(nodes))
			seen[key] = n
			nodes = append(nodes, Node{Parent: key.Parent, Frame: key.Frame})
		}
		node[i] = n
	}
	return nodes, node
}

// heaviestFirst puts nodes, whose parents come before them, into depth-first
// order with the heaviest child first, and drops those without weight.
func heaviestFirst(nodes []Node, frames []Frame) []Node {
	children := make([][]int32, len(nodes))
	for i := 1; i < len(nodes); i++ {
		if nodes[i].Total > 0 {
			children[nodes[i].Parent] = append(children[nodes[i].Parent], int32(i))
		}
	}
	lightest := func(a, b int32) int {
		return cmp.Or(cmp.Compare(nodes[a].Total, nodes[b].Total), cmp.Compare(frames[nodes[b].Frame].Name, frames[nodes[a].Frame].Name), cmp.Compare(b, a))
	}
	out := make([]Node, 0, len(nodes))
	type visit struct{ node, parent int32 }
	todo := []visit{{0, NoStack}}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at := int32(len(out))
		out = append(out, Node{Parent: v.parent, Frame: nodes[v.node].Frame, Total: nodes[v.node].Total, Self: nodes[v.node].Self})
		kids := children[v.node]
		slices.SortFunc(kids, lightest) // the heaviest is taken from the end first
		for _, c := range kids {
			todo = append(todo, visit{c, at})
		}
	}
	return out
}
