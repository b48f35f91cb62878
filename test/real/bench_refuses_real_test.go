package real

import (
	"strings"
	"testing"
)

// TestRealBenchRefuses runs what cannot be measured: each ends with its exit
// code and a message that says why and where, and leaves nothing.
func TestRealBenchRefuses(t *testing.T) {
	const stub = "setup: |\n      require \"socket\"\n      n = 0\n    "
	for _, c := range []struct {
		name, body string
		args       []string
		code       int
		says       []string
	}{
		{"it raises", "code: |\n      a = 1\n      nil.frobnicate", nil, 3, []string{"benchmarks/one.yml:6: body raised NoMethodError: undefined method `frobnicate' for nil"}},
		{"its setup raises", "setup: |\n      raise 'no rows'\n    code: 1", nil, 3, []string{"benchmarks/one.yml:5: setup raised RuntimeError: no rows"}},
		{"it raises with colours", "code: raise \"\\e[31mred\\e]0;title\\a\"", nil, 3, []string{"body raised RuntimeError", "red"}},
		{"it does not parse", "code: |\n      x = [1", nil, 3, []string{"benchmarks/one.yml:", "syntax error"}},
		{"it hangs", "code: loop { }", []string{"--limit", "2s"}, 3, []string{"body did not end within 2s: killed"}},
		{"its setup hangs", "setup: loop { }\n    code: 1", []string{"--limit", "1s"}, 3, []string{"setup did not end within 1s: killed"}},
		{"it kills itself", "code: Process.kill(:KILL, $$); Thread.pass while true", nil, 3, []string{"ruby was killed by SIGKILL during body"}},
		{"it exits", "code: exit!(7)", nil, 3, []string{"ruby exited with 7 during body"}},
		{"it sleeps", "code: sleep 0.01", nil, 3, []string{"benchmarks/one.yml:4: the body sleeps 0.01 s", `add "sleep" to its allow:`}},
		{"it forks", "code: Process.wait(fork { })", nil, 3, []string{"benchmarks/one.yml:4: the body starts a process", `add "fork" to its allow:`}},
		{"it runs a command", "code: '`kill -9 $$`'", nil, 3, []string{"the body starts a process (kill -9 $$)"}},
		{"it prints", "code: puts 1", nil, 3, []string{"the body writes to standard output", `add "output" to its allow:`}},
		{"it connects", stub + "code: TCPSocket.new('192.0.2.1', 80)", nil, 3, []string{"benchmarks/one.yml:7: the body connects to 192.0.2.1:80", `add "192.0.2.1" to its allow:`}},
		{"it does nothing", "code: 1", nil, 3, []string{"benchmarks/one.yml:4", "an empty turn of the loop around it", "do more work in a call"}},
		{"its clock stands", "setup: def Process.clock_gettime(*) = 0\n    code: 100.times { Object.new }", nil, 3, []string{"no time"}},
		{"its clock is none", "setup: def Process.clock_gettime(*) = Float::NAN\n    code: 100.times { Object.new }", nil, 3, []string{"no time"}},
		{"other results", "code: 100.times { Object.new } && ENV['SHED_ANSWER']", []string{"--against", "SHED_ANSWER=42"}, 3, []string{"as it is and SHED_ANSWER=42 do not return the same"}},
		{"no ruby", "code: 100.times { Object.new }", []string{"--ruby", "no-such-ruby"}, 3, []string{`starting "no-such-ruby": `, "not found"}},
		{"its budget is broken", "code: 100.times { Object.new }\n    budgets: [objects <= 99]", nil, 1, []string{"budget objects <= 99: broken, 100", "one (objects <= 99)"}},
		{"unknown key", "cod: 1", nil, 2, []string{"benchmarks/one.yml:4:5: benchmarks[0].cod: unknown key; did you mean code?", "4 |     cod: 1"}},
		{"not YAML", "code: [", nil, 2, []string{"benchmarks/one.yml:"}},
		{"a budget that is none", "code: 1\n    budgets: [objects is 4]", nil, 2, []string{"benchmarks/one.yml:5:", "objects is 4"}},
		{"nothing left of it", "code: 1", []string{"--only", "two"}, 2, []string{`no benchmark's name matches "two"`}},
		{"one round", "code: 1", []string{"--rounds", "1"}, 2, []string{"--rounds is 2 to 1000, not 1"}},
		{"two comparisons", "code: 1", []string{"--jit", "--against", "HEAD"}, 2, []string{"one comparison at a time"}},
		{"no such metric", "code: 1", []string{"--gate", "beauty"}, 2, []string{`"beauty" is no metric`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShed(t)
			s.one(c.body)
			p := s.bench(append([]string{"benchmarks/one.yml"}, c.args...)...)
			s.oneTree()
			s.expect(p, c.code, c.says...)
			if strings.ContainsAny(p.said(), "\x1b\a") {
				t.Errorf("it lets the benchmark speak to the terminal: %q", p.said())
			}
		})
	}
}

// One benchmark that cannot be measured keeps no other from being judged.
func TestRealBenchGoesOnBesideABrokenOne(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.one("code: nil.frobnicate")
	s.change(`"100"`, `"50"`)
	p := s.bench("--against", "HEAD", "--gate", "objects")
	s.oneTree()
	s.expect(p, 3, "better  100 objects to 50", "one  not measured", "1 better, 1 not measured", "not measured: one")
}

// A counter that was zero has no ratio, and is worse all the same; the result
// has no number that JSON cannot hold.
func TestRealBenchFromZero(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.one("setup: n, list = ENV.fetch('SHED_N', '0').to_i, Array.new(100, 1)", "code: |", "  n.times { Object.new }", "  list.each { |x| x.succ } && nil")
	p := s.bench("benchmarks/one.yml", "--against", "SHED_N=5", "--gate", "objects", "--json")
	s.oneTree()
	s.expect(p, 1, "worse: one")
	if c := p.benchResult(t).Benchmarks[0].Changes[0]; c.Text != "worse: 0 objects to 5" {
		t.Errorf("it says %q", c.Text)
	}
	p = s.bench("benchmarks/one.yml", "--against", "SHED_N=0", "--gate", "objects,statements")
	s.expect(p, 0, "one  same")
}

// Nothing to read, nothing in it, and no benchmarks at all.
func TestRealBenchWithoutAFile(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.expect(s.bench("benchmarks/none.yml"), 2, "none.yml", "no such file")
	s.write("benchmarks/one.yml", "")
	s.expect(s.bench("benchmarks/one.yml"), 2, "benchmarks/one.yml", "it is empty")
	s.write("benchmarks/one.rb", "Pitwall.bench { |x| x.report(\"a\") { 1 }\n")
	s.expect(s.bench("benchmarks/one.rb"), 2, "one.rb:", "syntax error")
	s.write("benchmarks/one.rb", "raise ArgumentError, \"no shed\"\n")
	s.expect(s.bench("benchmarks/one.rb"), 2, "one.rb:1", "ArgumentError", "no shed")
	s.app = s.tmp
	s.expect(s.bench(), 2, "there is no directory ./benchmarks")
	s.nothingLeft()
}
