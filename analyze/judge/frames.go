package judge

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/stat"
)

// appFile says whether a file is the app's own: not Ruby's, not a gem's, not
// the agent's.
func appFile(file string) bool {
	if file == "" || strings.HasPrefix(file, "<") || strings.HasPrefix(file, "(") {
		return false
	}
	for _, foreign := range []string{"/gems/", "rubygems", "/lib/ruby/", "/vendor_ruby/", "/ruby/vendor", "/vendor/bundle/", "pitwall_agent", "/rubies/"} {
		if strings.Contains(file, foreign) {
			return false
		}
	}
	return true // relative to the app's directory, or an app's where its directory is unknown
}

// short is a file's path from the app's directory on, where it can be told:
// relative ones are that already.
func short(file string) string {
	if !strings.HasPrefix(file, "/") {
		return file
	}
	for _, dir := range []string{"/app/", "/lib/", "/config/"} {
		if i := strings.LastIndex(file, dir); i >= 0 {
			return file[i+1:]
		}
	}
	return file
}

// place is a frame as people name it: "app/models/rates.rb:19".
func place(f profile.Frame) string {
	if f.Line > 0 {
		return fmt.Sprintf("%s:%d", short(f.File), f.Line)
	}
	return short(f.File)
}

// native says that a frame is no Ruby code of its own.
func native(f profile.Frame) bool {
	return f.Kind == profile.CFunc || f.Kind == profile.Native || f.Kind == profile.Synthetic
}

// frame is the frame of a stack.
func (s *scene) frame(stack int32) profile.Frame { return s.prof.Frames[s.prof.Stacks[stack].Frame] }

// underLine says whether a stack passes the line "file:12" of the app.
func (s *scene) underLine(stack int32, line string) bool {
	for ; stack >= 0; stack = s.prof.Stacks[stack].Parent {
		f := s.frame(stack)
		if f.Line > 0 && strings.HasSuffix(line, fmt.Sprintf(":%d", f.Line)) {
			file := line[:strings.LastIndexByte(line, ':')]
			if f.File == file || strings.HasSuffix(f.File, "/"+file) {
				return true
			}
		}
	}
	return false
}

// cpuShareUnder is the share of a route's CPU samples that pass a line, and
// how many samples that rests on.
func (s *scene) cpuShareUnder(samples []profile.Sample, line string) (share float64, n int) {
	var under, all int64
	for _, x := range samples {
		if p := s.partOf(x); p != onCPU && p != inGC {
			continue
		}
		all += x.Weight
		n++
		if s.underLine(x.Stack, line) {
			under += x.Weight
		}
	}
	if all == 0 {
		return 0, 0
	}
	return float64(under) / float64(all), n
}

// hot is the app's method in which a route spends its CPU itself.
type hot struct {
	frame profile.Frame
	share float64 // of the route's CPU samples that run in the app's own code
	n     int     // CPU samples
}

// hotMethod finds where the app's own code runs: CPU samples whose innermost
// Ruby frame is the app's. It names the innermost method that nine tenths of
// them share, so that a helper called in a loop yields to the loop.
func (s *scene) hotMethod(samples []profile.Sample) hot {
	methods, kept, all, n := s.appCPU(samples, s.inApp)
	h := hot{n: n}
	if kept > 0 {
		h.share = float64(kept) / float64(all)
		h.frame, _ = innermost(methods, kept/10*9)
	}
	return h
}

// seenMethod is a method of the app with the time of the samples that pass it.
type seenMethod struct {
	frame  profile.Frame
	weight int64
	depth  float64 // times weight
}

// appCPU gathers the app's methods in the CPU samples whose stack keep
// accepts, with the time of those kept, of all CPU samples, and their number.
func (s *scene) appCPU(samples []profile.Sample, keep func(int32) bool) (methods map[profile.Frame]*seenMethod, kept, all int64, n int) {
	methods = map[profile.Frame]*seenMethod{}
	for _, x := range samples {
		if s.partOf(x) != onCPU {
			continue
		}
		all += x.Weight
		n++
		if !keep(x.Stack) {
			continue
		}
		kept += x.Weight
		for key, depth := range s.appMethods(x.Stack) {
			m := methods[key]
			if m == nil {
				m = &seenMethod{frame: key}
				methods[key] = m
			}
			m.weight += x.Weight
			m.depth += float64(x.Weight) * float64(depth)
		}
	}
	return methods, kept, all, n
}

// innermost is the deepest method that at least limit passes; the heaviest
// where none does.
func innermost(methods map[profile.Frame]*seenMethod, limit int64) (profile.Frame, int64) {
	sorted := slices.SortedFunc(maps.Values(methods), func(a, b *seenMethod) int {
		return cmp.Or(cmp.Compare(b.depth/float64(b.weight), a.depth/float64(a.weight)), cmp.Compare(a.frame.Name, b.frame.Name), cmp.Compare(a.frame.File, b.frame.File))
	})
	best := sorted[0]
	for _, m := range sorted {
		if m.weight >= limit {
			return m.frame, m.weight
		}
		if m.weight > best.weight {
			best = m
		}
	}
	return best.frame, best.weight
}

// inApp says whether the innermost Ruby frame is the app's own.
func (s *scene) inApp(stack int32) bool {
	for ; stack >= 0; stack = s.prof.Stacks[stack].Parent {
		if f := s.frame(stack); !native(f) {
			return appFile(f.File)
		}
	}
	return false
}

// appMethods are the app's methods of a stack with how deep each one is first
// met from the root. Blocks count as the method that they are in.
func (s *scene) appMethods(stack int32) map[profile.Frame]int {
	out := map[profile.Frame]int{}
	height := 0
	for ; stack >= 0 && height < 4096; stack = s.prof.Stacks[stack].Parent {
		height++
		f := s.frame(stack)
		if native(f) || !appFile(f.File) {
			continue
		}
		out[methodOf(f)] = height
	}
	for f, h := range out {
		out[f] = height - h + 1
	}
	return out
}

// methodOf drops the line and "block in" from a frame.
func methodOf(f profile.Frame) profile.Frame {
	name := f.Name
	for {
		i := strings.Index(name, " in ")
		if i < 0 || !strings.Contains(name[:i], "block") && name[:i] != "rescue" && name[:i] != "ensure" {
			break
		}
		name = name[i+len(" in "):]
	}
	return profile.Frame{Name: name, File: f.File}
}

// waiter is what a route waits for outside the database.
type waiter struct {
	call
	share float64 // of the route's samples that do not wait for the GVL
	n     int
}

// call is a library's method and the app's method and line that called it.
type call struct{ callee, caller, line string }

// waitsFor finds the call that a route blocks or sleeps in for longest.
func (s *scene) waitsFor(samples []profile.Sample) waiter {
	weights := map[call]int64{}
	var waiting, all int64
	w := waiter{}
	for _, x := range samples {
		p := s.partOf(x)
		if p == gvlWait {
			continue
		}
		all += x.Weight
		if p != inIO && p != asleep {
			continue
		}
		waiting += x.Weight
		w.n++
		weights[s.callOut(x.Stack)] += x.Weight
	}
	if all == 0 || waiting == 0 {
		return w
	}
	w.share = float64(waiting) / float64(all)
	var most int64 = -1
	for key, weight := range weights {
		if weight > most || weight == most && cmp.Or(cmp.Compare(key.callee, w.callee), cmp.Compare(key.line, w.line)) < 0 {
			most, w.call = weight, key
		}
	}
	return w
}

// callOut is the first method outside the app that the app's innermost line
// calls, and that line; the leaf and nothing where no frame is the app's.
func (s *scene) callOut(stack int32) call {
	callee := ""
	for ; stack >= 0; stack = s.prof.Stacks[stack].Parent {
		f := s.frame(stack)
		if !native(f) && appFile(f.File) {
			return call{callee, methodOf(f).Name, place(f)}
		}
		callee = f.Name
	}
	return call{callee: callee}
}

// shownFrames is how many rows of a flat profile a result keeps.
const shownFrames = 60

// flame is the call tree and the flat profile of a route, of all requests with
// an empty name; nil and no rows without samples.
func (s *scene) flame(route string) (*profile.Tree, []lap.TopFrame) {
	top := []lap.TopFrame{}
	samples := s.samplesOf(route)
	if len(samples) == 0 {
		return nil, top
	}
	p := *s.prof
	p.Samples = samples
	trials := int64(max(1, min(len(samples), len(s.requestsOf(route)))))
	total := math.Max(1, float64(p.Weight()))
	for _, row := range p.Top(profile.ByMethod) {
		if len(top) == shownFrames {
			break
		}
		self, all := sampledShare(row.Self, total, trials), sampledShare(row.Total, total, trials)
		top = append(top, lap.TopFrame{Frame: row.Frame, Self: &self, Total: &all})
	}
	return prune(p.Tree(profile.ByMethod)), top
}

// sampledShare is Wilson's interval at the number of requests: the samples of
// one request are no independent observations.
func sampledShare(weight int64, total float64, trials int64) stat.Estimate {
	share := math.Max(0, math.Min(1, float64(weight)/total))
	e := stat.Wilson(int64(share*float64(trials)+.5), trials, level)
	e.Point, e.Low, e.High = share, min(e.Low, share), max(e.High, share)
	e.Method = "share of samples, Wilson at the number of requests"
	return e
}

// smallest is the share of a tree under which a node is not kept.
const smallest = 1.0 / 2000

// prune drops nodes that are too small to be seen, with what they call.
func prune(t *profile.Tree) *profile.Tree {
	if t == nil || len(t.Nodes) == 0 {
		return t
	}
	limit := int64(float64(t.Nodes[0].Total) * smallest)
	index := make([]int32, len(t.Nodes))
	out := &profile.Tree{Frames: []profile.Frame{}, Nodes: []profile.Node{}, Unit: t.Unit}
	frames := map[int32]int32{-1: -1}
	for i, n := range t.Nodes {
		index[i] = -1
		if i > 0 && (n.Total < limit || index[n.Parent] < 0) {
			continue
		}
		index[i] = int32(len(out.Nodes))
		if i > 0 {
			n.Parent = index[n.Parent]
		}
		if _, ok := frames[n.Frame]; !ok {
			frames[n.Frame] = int32(len(out.Frames))
			out.Frames = append(out.Frames, t.Frames[n.Frame])
		}
		n.Frame = frames[n.Frame]
		out.Nodes = append(out.Nodes, n)
	}
	return out
}

// states is thread time of the web processes by state, over blocks of time.
func (s *scene) states() []lap.Slice {
	out := []lap.Slice{}
	if s.all == nil {
		return out
	}
	web := map[int32]bool{}
	for _, p := range s.ev.Processes {
		if strings.HasPrefix(p.Role, "web") {
			web[int32(p.PID)] = true
		}
	}
	clock := newClock(s.ev.Windows)
	sums := map[profile.State][]stat.Block{}
	var all [splitBlocks]float64
	n := 0
	for _, x := range s.all.Samples {
		if (len(web) > 0 && !web[x.PID]) || x.Weight <= 0 {
			continue
		}
		if sums[x.State] == nil {
			sums[x.State] = make([]stat.Block, splitBlocks)
		}
		b := clock.block(x.Time)
		sums[x.State][b].Sum += float64(x.Weight)
		all[b] += float64(x.Weight)
		n++
	}
	for state, blocks := range sums {
		for b := range blocks {
			blocks[b].Weight = all[b]
		}
		e := stat.ShareOverBlocks(blocks, n, level)
		out = append(out, lap.Slice{Name: state.String(), Share: known(e)})
	}
	slices.SortFunc(out, func(a, b lap.Slice) int {
		return cmp.Or(cmp.Compare(point(b.Share), point(a.Share)), cmp.Compare(a.Name, b.Name))
	})
	return out
}
