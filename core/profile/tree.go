package profile

// Tree is merged stacks, ready to be drawn: node 0 is the root, which stands
// for everything, and every node comes after its parent.
type Tree struct {
	Frames []Frame `json:"frames"`
	Nodes  []Node  `json:"nodes"`
	Unit   string  `json:"unit"` // "ns"
}

// Node is a frame called along one path.
type Node struct {
	Parent int32 `json:"p"` // NoStack at the root
	Frame  int32 `json:"f"` // -1 at the root
	Total  int64 `json:"t"`
	Self   int64 `json:"s"`
}
