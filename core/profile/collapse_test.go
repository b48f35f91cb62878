package profile

import (
	"strings"
	"testing"
)

func names(frames []Frame) string {
	var all []string
	for _, f := range frames {
		all = append(all, f.Name)
	}
	return strings.Join(all, " ")
}

func TestCollapseHidesWrappersAndNamesTails(t *testing.T) {
	ruby := func(n string) Frame { return Frame{Name: n, File: "app.rb"} }
	agent := func(n string) Frame { return Frame{Name: n, File: "agent.rb"} }
	c := func(n string) Frame { return Frame{Name: n, Kind: CFunc} }
	for _, test := range []struct {
		path []Frame
		want string
	}{
		{[]Frame{ruby("puma"), agent("measure"), ruby("index"), c("exec")}, "puma index exec"},
		{[]Frame{ruby("puma"), agent("measure"), c("send"), ruby("index")}, "puma index"},
		{[]Frame{ruby("puma"), agent("measure"), agent("note"), c("clock_gettime")}, "puma (agent)"},
		{[]Frame{ruby("index"), c("each"), ruby("notify"), agent("sql"), c("push")}, "index each notify (agent)"},
		{[]Frame{agent("listen"), c("read")}, "(agent)"},
		{[]Frame{ruby("puma"), c("select")}, "puma select"},
	} {
		b := NewBuilder("wall", 1)
		b.Add(Sample{Stack: b.Path(test.path...), Weight: 3, Route: -1})
		b.Add(Sample{Stack: NoStack, Weight: 1, Route: -1})
		p := b.Profile(0, 10).Collapse(func(f Frame) bool { return f.File == "agent.rb" }, Frame{Name: "(agent)", Kind: Synthetic})
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if got := names(p.Path(p.Samples[0].Stack)); got != test.want {
			t.Errorf("%s became %q, want %q", names(test.path), got, test.want)
		}
		if p.Weight() != 4 || p.Samples[1].Stack != NoStack {
			t.Errorf("%s: weight %d, lost stack %d", names(test.path), p.Weight(), p.Samples[1].Stack)
		}
	}
}

func TestRelativeTouchesTheRootOnly(t *testing.T) {
	b := NewBuilder("wall", 1)
	for _, file := range []string{"/srv/shop/app/a.rb", "/srv/shopping/b.rb", "config.ru", "/usr/lib/ruby/c.rb"} {
		b.Frame(Frame{Name: "m", File: file})
	}
	p := b.Profile(0, 1)
	p.Relative("/srv/shop")
	p.Relative("/") // would make everything relative: refused
	want := []string{"app/a.rb", "/srv/shopping/b.rb", "config.ru", "/usr/lib/ruby/c.rb"}
	for i, f := range p.Frames {
		if f.File != want[i] {
			t.Errorf("%s, want %s", f.File, want[i])
		}
	}
}
