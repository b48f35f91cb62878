package real

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/internal/realtest"
)

// newShed is a git repository with test/apps/shed in one commit: a library
// that makes 100 objects a call, and benchmarks/sweep.yml, which counts them.
func newShed(t *testing.T) *site {
	t.Helper()
	realtest.Ruby(t)
	s := place(t, "shed")
	s.git("init", "--quiet")
	s.commit("before")
	return s
}

// change replaces text of the library that is there once.
func (s *site) change(old, new string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.app, "lib/shed.rb"))
	if err != nil || strings.Count(string(text), old) != 1 {
		s.t.Fatalf("%q is not once in the library: %v\n%s", old, err, text)
	}
	s.write("lib/shed.rb", strings.Replace(string(text), old, new, 1))
}

// one writes benchmarks/one.yml with the benchmark "one" of these lines, the
// first of which is line 4.
func (s *site) one(lines ...string) {
	s.t.Helper()
	s.write("benchmarks/one.yml", "benchmarks:\n  - name: one\n    because: {source: a guess, date: 2026-11-23}\n    "+strings.Join(lines, "\n    ")+"\n")
}

func (s *site) git(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("git", append([]string{"-C", s.app}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit takes all changes, and returns the commit's name.
func (s *site) commit(message string) string {
	s.t.Helper()
	s.git("add", ".")
	s.git("-c", "user.name=t", "-c", "user.email=t@tiny.example", "commit", "--quiet", "-m", message)
	return s.git("rev-parse", "HEAD")
}

// bench runs pitwall bench to its end, in two rounds unless args say more.
func (s *site) bench(args ...string) *program {
	s.t.Helper()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	p := s.start(append([]string{"bench", "--rounds", "2"}, args...)...)
	s.await(p, "the end of the benchmarks", p.over)
	return p
}

// oneTree sees that no process, no private directory and no worktree is left.
func (s *site) oneTree() {
	s.t.Helper()
	s.nothingLeft()
	if list := s.git("worktree", "list"); strings.Contains(list, "\n") {
		s.t.Errorf("worktrees left:\n%s", list)
	}
}

// benchResult is what pitwall bench with --json printed, held against what
// every result promises.
func (p *program) benchResult(t *testing.T) *bench.Result {
	t.Helper()
	var r bench.Result
	d := json.NewDecoder(strings.NewReader(p.out.String()))
	if err := d.Decode(&r); err != nil {
		t.Fatalf("reading the result: %v\n%s", err, p.said())
	}
	if d.More() || r.Schema != bench.Schema {
		t.Errorf("schema %d, more after it: %v", r.Schema, d.More())
	}
	checkLists(t, "", reflect.ValueOf(r))
	return &r
}

// comparison is of a metric of the result's first benchmark, in a new arm.
func comparison(t *testing.T, r *bench.Result, arm int, metric bench.Metric) stat.Comparison {
	t.Helper()
	for _, c := range r.Benchmarks[0].Changes {
		for _, m := range c.Comparisons {
			if c.Arm == arm && m.Metric == string(metric) {
				return m
			}
		}
	}
	t.Fatalf("arm %d has no comparison of %s: %+v", arm, metric, r.Benchmarks[0].Changes)
	return stat.Comparison{}
}

// inTMP is a path in the site's TMPDIR.
func (s *site) inTMP(name string) string { return filepath.Join(s.tmp, name) }
