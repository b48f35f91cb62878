package real

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/internal/realtest"
)

// The Ruby form, whose reports are compared with the first.
func TestRealBenchInRuby(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.write("benchmarks/ways.rb", `Pitwall.bench do |x|
  x.because source: "a guess", date: "2026-11-23"
  x.setup { @n = 100 }
  x.report("each") { @n.times { Object.new } }
  x.report("half of them", budgets: ["objects <= 50"]) { (@n / 2).times { Object.new }; @n }
  x.compare
end
`)
	p := s.bench("benchmarks/ways.rb")
	s.oneTree()
	s.expect(p, 0, "half of them against each  better  100 objects to 50", "budget objects <= 50: kept, 50")
}

// The values of a setting against the first, and one against as it is.
func TestRealBenchOfSettings(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	p := s.bench("--env", "SHED_OBJECTS=100,50,200", "--gate", "objects", "--json")
	s.oneTree()
	s.expect(p, 1, "worse: sweep")
	r := p.benchResult(t)
	var names []string
	for _, a := range r.Arms {
		names = append(names, string(a.Role)+" "+a.Name)
	}
	if want := []string{"old SHED_OBJECTS=100", "new SHED_OBJECTS=50", "new SHED_OBJECTS=200", "control SHED_OBJECTS=100, again"}; !slices.Equal(names, want) {
		t.Errorf("arms %q, want %q", names, want)
	}
	for arm, want := range map[int]stat.Verdict{1: stat.Better, 2: stat.Worse} {
		if c := comparison(t, r, arm, bench.Objects); c.Verdict != want {
			t.Errorf("arm %d: %+v, want %s", arm, c, want)
		}
	}
	p = s.bench("--against", "SHED_OBJECTS=50", "--gate", "objects")
	s.oneTree()
	s.expect(p, 0, "SHED_OBJECTS=50 against as it is", "better  100 objects to 50")
}

// The body says itself whether it runs under YJIT, by what it counts. The
// variable turns YJIT on in Ruby 3.1, whatever its value.
func TestRealBenchOfYJIT(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.one("code: |", "  (RubyVM::YJIT.enabled? ? 10 : 20).times { Object.new } && nil")
	s.env = []string{"RUBY_YJIT_ENABLE=1"}
	p := s.bench("benchmarks/one.yml", "--jit", "--gate", "objects")
	s.oneTree()
	if exec.Command(realtest.Ruby(t), "--yjit", "-e", "").Run() != nil {
		s.expect(p, 2, "has no YJIT", "--ruby")
		return
	}
	s.expect(p, 0, "YJIT on against YJIT off", "better  20 objects to 10")
}

// JRuby counts no objects: what it is asked for there is undecided, and its
// times are shown.
func TestRealBenchOfRubies(t *testing.T) {
	t.Parallel()
	realtest.JRuby(t)
	s := newShed(t)
	p := s.bench("--ruby", "ruby,jruby", "--gate", "objects", "--json")
	s.oneTree()
	s.expect(p, 4, "undecided: sweep")
	if strings.Contains(p.err.String(), "--rounds") {
		t.Error("it advises more rounds of what cannot be counted")
	}
	r := p.benchResult(t)
	if !strings.HasPrefix(r.Arms[0].Ruby, "ruby ") || !strings.HasPrefix(r.Arms[1].Ruby, "jruby ") {
		t.Errorf("arms %+v", r.Arms)
	}
	for _, u := range r.Benchmarks[0].Units {
		if !(u.Values[bench.Time] > 0) || strings.HasPrefix(u.Ruby, "jruby ") != (u.Arm == 1) {
			t.Errorf("arm %d: %q, %v", u.Arm, u.Ruby, u.Values)
		}
	}
	s.expect(s.bench("--ruby", "ruby,no-such-ruby"), 2, `there is no Ruby "no-such-ruby" here`)
}
