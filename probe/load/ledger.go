package load

import (
	"sync"

	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/route"
)

// ledger collects cells. It is cut into shards, each with its lock, so that
// connections seldom wait for each other.
type ledger struct {
	window int
	open   bool // with intended starts
	start  int64
	block  int64
	names  []string
	shards []shard
}

type shard struct {
	mu     sync.Mutex
	blocks [][]lap.Cell // by block and route
	_      [64]byte     // no line of cache shared with the next
}

const shards = 4

func newLedger(window int, open bool, start, block int64, routes []route.Route) *ledger {
	l := &ledger{window: window, open: open, start: start, block: block, shards: make([]shard, shards)}
	for _, r := range routes {
		l.names = append(l.names, r.Name)
	}
	return l
}

// outcome is what came of one request.
type outcome struct {
	route    int
	intended int64  // 0 in a closed loop
	sent     int64  // when the driver set to: began to connect or to write
	end      int64  // when the answer was whole, or given up
	kind     string // of error, empty when good
	status   int    // 0 without a whole answer
	bytes    int64
}

// cell finds the cell of the block that holds at; the shard is locked.
func (l *ledger) cell(s *shard, at int64, route int) *lap.Cell {
	i := int(max(0, at-l.start) / l.block)
	for len(s.blocks) <= i {
		s.blocks = append(s.blocks, l.row(len(s.blocks)))
	}
	return &s.blocks[i][route]
}

// row makes the cells of one block.
func (l *ledger) row(block int) []lap.Cell {
	row := make([]lap.Cell, len(l.names))
	for i, name := range l.names {
		row[i] = lap.Cell{
			Window: l.window, Start: l.start + int64(block)*l.block, Length: l.block, Route: name,
			Service: hist.New(), Status: map[int]int64{}, Errors: map[string]int64{},
		}
		if l.open {
			row[i].Response, row[i].Lag = hist.New(), hist.New()
		}
	}
	return row
}

// add records an outcome. With a whole answer the times go into the
// histograms; so do those of answers that were given up, at the time they had
// taken by then, because leaving them out would make the slowest look fast.
func (l *ledger) add(at int, o outcome) {
	began := o.sent
	if l.open {
		began = o.intended
	}
	s := &l.shards[at%len(l.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	c := l.cell(s, began, o.route)
	c.Offered++
	if o.kind != "" {
		c.Errors[o.kind]++
	}
	if o.kind == kindRefused {
		return
	}
	if l.open {
		c.Lag.Record(o.sent - o.intended)
	}
	if o.status == 0 && o.kind != kindTimeout && o.kind != kindUnfinished {
		return
	}
	c.Service.Record(o.end - o.sent)
	if l.open {
		c.Response.Record(o.end - o.intended)
	}
	if o.status != 0 {
		c.Done++
		c.Status[o.status]++
		c.Bytes += o.bytes
	}
	if o.kind == "" {
		c.Good++
	}
}

// The kinds of error that are the driver's own words.
const (
	kindRefused    = "refused"    // not sent: too many in flight already
	kindUnfinished = "unfinished" // no whole answer when the window and its drain were over
	kindTimeout    = "timeout"
)

// cells merges the shards into all blocks up to end, in order of time, then
// of route. The last block may be shorter, and holds what began a moment
// after end too.
func (l *ledger) cells(end int64) []lap.Cell {
	cells := []lap.Cell{}
	blocks := int(max(1, (end-l.start+l.block-1)/l.block))
	for b := range blocks {
		row := l.row(b)
		for i := range l.shards {
			l.shards[i].into(row, b, b == blocks-1)
		}
		for i := range row {
			row[i].Length = min(l.block, end-row[i].Start)
		}
		cells = append(cells, row...)
	}
	return cells
}

// into adds the shard's block b, and those after it if rest is set, to a row
// of cells.
func (s *shard) into(row []lap.Cell, b int, rest bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; b < len(s.blocks); b++ {
		for i := range row {
			add(&row[i], &s.blocks[b][i])
		}
		if !rest {
			return
		}
	}
}

// add adds the figures of one cell to another.
func add(to, from *lap.Cell) {
	to.Offered += from.Offered
	to.Done += from.Done
	to.Good += from.Good
	to.Bytes += from.Bytes
	to.Service.Merge(from.Service)
	if to.Response != nil {
		to.Response.Merge(from.Response)
		to.Lag.Merge(from.Lag)
	}
	for k, n := range from.Status {
		to.Status[k] += n
	}
	for k, n := range from.Errors {
		to.Errors[k] += n
	}
}
