package profile

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fr(name string, line int32) Frame { return Frame{Name: name, File: "/app/x.rb", Line: line} }

// sampled is main>a(1)>b 30 ns, main>a(2)>b>a 20 ns, main>c 50 ns, lost 7 ns.
func sampled() *Profile {
	b := NewBuilder("wall", 10)
	main, a1, a2, bb, c := fr("main", 1), fr("a", 1), fr("a", 2), fr("b", 9), fr("c", 4)
	for i, s := range []struct {
		path []Frame
		w    int64
	}{{[]Frame{main, a1, bb}, 30}, {[]Frame{main, a2, bb, a1}, 20}, {[]Frame{main, c}, 50}, {nil, 7}} {
		b.Add(Sample{Time: int64(i), PID: 1, TID: int32(2 + i%2), Stack: b.Path(s.path...), State: State(1 + i%2), Route: b.Route([]string{"x", ""}[i%2]), Weight: s.w})
	}
	b.Lose("late", 3)
	b.Repair(2)
	b.Note("hello")
	b.Note("hello")
	return b.Profile(0, 99)
}

func TestTopCountsRecursionOnce(t *testing.T) {
	got := sampled().Top(ByMethod)
	want := []Row{
		{fr("c", 4), 50, 50, 1},
		{fr("b", 9), 30, 50, 2},
		{fr("a", 0), 20, 50, 2}, // twice in one stack, two lines
		{fr("main", 1), 0, 100, 3},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if rows := sampled().Top(ByLine); len(rows) != 5 {
		t.Errorf("%d rows by line, want 5: %v", len(rows), rows)
	}
}

func TestTree(t *testing.T) {
	tree := sampled().Tree(ByMethod)
	type node struct {
		name        string
		parent      int32
		total, self int64
	}
	var got []node
	for _, n := range tree.Nodes {
		name := ""
		if n.Frame >= 0 {
			name = tree.Frames[n.Frame].Name
		}
		got = append(got, node{name, n.Parent, n.Total, n.Self})
	}
	want := []node{
		{"", NoStack, 107, 7},
		{"main", 0, 100, 0},
		{"a", 1, 50, 0}, {"b", 2, 50, 30}, {"a", 3, 20, 20},
		{"c", 1, 50, 50},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFilterStatesWeight(t *testing.T) {
	p := sampled()
	q := p.Filter(func(s Sample) bool { return s.State == Running })
	if q.Weight() != 80 || p.Weight() != 107 || len(p.Samples) != 4 {
		t.Errorf("weights %d and %d", q.Weight(), p.Weight())
	}
	if s := p.States(); s[Running] != 80 || s[Waiting] != 27 {
		t.Errorf("states %v", s)
	}
	if tree := q.Tree(ByMethod); tree.Nodes[0].Total != 80 || len(tree.Nodes) != 5 {
		t.Errorf("tree of the filtered: %v", tree.Nodes)
	}
}

func TestMergeAddsUp(t *testing.T) {
	p := sampled()
	m := Merge(p, p, p)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	if m.Weight() != 3*p.Weight() || m.Lost["late"] != 9 || m.Repaired != 6 || len(m.Notes) != 1 || len(m.Frames) != len(p.Frames) || len(m.Stacks) != len(p.Stacks) {
		t.Errorf("merged: %+v", m)
	}
	if d := cmp.Diff(p.Tree(ByLine).Nodes[1].Total*3, m.Tree(ByLine).Nodes[1].Total); d != "" {
		t.Error(d)
	}
	if Merge() != nil {
		t.Error("nothing merged is something")
	}
}

func TestCheck(t *testing.T) {
	for name, spoil := range map[string]func(*Profile){
		"parent":  func(p *Profile) { p.Stacks[1].Parent = 1 },
		"frame":   func(p *Profile) { p.Stacks[1].Frame = 99 },
		"stack":   func(p *Profile) { p.Samples[0].Stack = 99 },
		"route":   func(p *Profile) { p.Samples[0].Route = 1 },
		"state":   func(p *Profile) { p.Samples[0].State = 99 },
		"no root": func(p *Profile) { p.Stacks[0].Parent = -2 },
	} {
		p := sampled()
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(p)
		if p.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAssignRoutes(t *testing.T) {
	b := NewBuilder("wall", 1)
	for i := range int64(10) {
		b.Add(Sample{Time: i * 10, PID: 1, TID: int32(1 + i%2), Stack: NoStack, Route: -1})
	}
	p := b.Profile(0, 100)
	n := p.AssignRoutes([]Interval{
		{1, 2, 50, 71, "late"}, {1, 1, 0, 20, "early"}, {1, 2, 10, 30, "early"},
		{1, 1, 40, 100, "outer"}, {1, 1, 60, 70, "inner"}, {2, 1, 0, 100, "other process"},
	})
	got := make([]string, 10)
	for i, s := range p.Samples {
		if s.Route >= 0 {
			got[i] = p.Routes[s.Route]
		}
	}
	want := []string{"early", "early", "", "", "outer", "late", "inner", "late", "outer", ""}
	if d := cmp.Diff(want, got); d != "" || n != 7 {
		t.Errorf("%d set: %s", n, d)
	}
}

func TestRouteFromFrames(t *testing.T) {
	in := func(file, name string) Frame { return Frame{Name: name, File: file, Kind: Ruby} }
	dispatch := in("/gems/actionpack/lib/action_controller/metal/basic_implicit_render.rb", "send_action")
	callbacks := in("/gems/activesupport/lib/active_support/callbacks.rb", "block in run_callbacks")
	orders := "/srv/shop/app/controllers/orders_controller.rb"
	for name, c := range map[string]struct {
		path []Frame
		want string
	}{
		"action":         {[]Frame{dispatch, in(orders, "index")}, "orders#index"},
		"class in name":  {[]Frame{dispatch, in(orders, "OrdersController#index")}, "orders#index"},
		"namespace":      {[]Frame{dispatch, in("/x/app/controllers/admin/v2/orders_controller.rb", "show")}, "admin/v2/orders#show"},
		"helper":         {[]Frame{dispatch, in(orders, "index"), in(orders, "load_orders")}, "orders#index"},
		"through C":      {[]Frame{dispatch, {Name: "each", Kind: CFunc}, in(orders, "index"), {Name: "block in index", File: orders, Kind: Block}}, "orders#index"},
		"before_action":  {[]Frame{callbacks, in(orders, "set_order"), in(orders, "find")}, ""},
		"around_action":  {[]Frame{callbacks, in("/srv/shop/app/controllers/application_controller.rb", "with_locale"), callbacks, dispatch, in(orders, "index")}, "orders#index"},
		"concern":        {[]Frame{dispatch, in("/x/app/controllers/concerns/auth_controller.rb", "check")}, ""},
		"not a class":    {[]Frame{in(orders, "<class:OrdersController>")}, ""},
		"not app":        {[]Frame{in("/x/myapp/controllers/orders_controller.rb", "index")}, ""},
		"no controllers": {[]Frame{in("/x/app/models/order.rb", "total")}, ""},
	} {
		b := NewBuilder("wall", 1)
		b.Add(Sample{Stack: b.Path(c.path...), Route: -1})
		p := b.Profile(0, 1)
		p.RouteFromFrames()
		got := ""
		if p.Samples[0].Route >= 0 {
			got = p.Routes[p.Samples[0].Route]
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
