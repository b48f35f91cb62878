package real

import (
	"slices"
	"testing"

	"pitwall/core/bench"
)

// Every combination of two parameters is a benchmark of its own; what a
// setting changes in a command is seen in its system calls.
func TestRealBenchOfACommand(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.one("command: sh -c 'for i in $(seq {size}); do {word} $i; done'", "parameters: {size: [1, 40], word: [echo, 'true']}", "setup: touch ready", "prepare: test -e ready", "conclude: test -e ready")
	p := s.bench("benchmarks/one.yml", "--json")
	s.oneTree()
	s.expect(p, 0)
	r := p.benchResult(t)
	var names []string
	for _, b := range r.Benchmarks {
		names = append(names, b.Name)
		for _, u := range b.Units {
			if u.Values[bench.Time] <= 0 || u.Values[bench.CPU] < 0 {
				t.Errorf("%s: %+v", b.Name, u.Values)
			}
		}
		if b.Rounds != 2 || len(b.Units) != 4 {
			t.Errorf("%s: %d rounds, %d units", b.Name, b.Rounds, len(b.Units))
		}
	}
	if want := []string{"one size=1 word=echo", "one size=1 word=true", "one size=40 word=echo", "one size=40 word=true"}; !slices.Equal(names, want) {
		t.Errorf("benchmarks %q, want %q", names, want)
	}
}

// A command that ends with another code than it should is no measurement, and
// what it wrote is shown.
func TestRealBenchOfACommandThatFails(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		args        []string
		code        int
		says        []string
	}{
		{"one of its codes", "command: sh -c 'echo {code} lost >&2; exit {code}'\n    parameters: {code: [0, 3]}", nil, 3, []string{"one code=3  not measured", "command: exit code 3, not exit code 0: 3 lost", "not measured: one code=3"}},
		{"a code that is well", "command: sh -c 'exit 3'\n    exit: [0, 3]", nil, 0, nil},
		{"a signal", "command: sh -c 'kill -9 $$'", nil, 3, []string{"command: killed by SIGKILL, not exit code 0"}},
		{"it hangs", "command: sh -c 'sleep 600; true'", []string{"--limit", "1s"}, 3, []string{"command: ended at its time limit"}},
		{"it is not there", "command: no-such-program", nil, 3, []string{"program no-such-program: not found in PATH"}},
		{"its setup fails", "command: 'true'\n    setup: sh -c 'echo no rows >&2; exit 1'", nil, 3, []string{"setup: exit code 1", "no rows"}},
		{"a brace of nobody", "command: echo {size}", nil, 2, []string{"benchmarks/one.yml:4:", "size"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShed(t)
			s.one(c.lines)
			p := s.bench(append([]string{"benchmarks/one.yml"}, c.args...)...)
			s.oneTree()
			s.expect(p, c.code, c.says...)
		})
	}
}
