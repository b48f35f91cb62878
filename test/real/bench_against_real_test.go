package real

import (
	"strings"
	"testing"
)

// A library that makes half as many objects is better than its revision
// before, one that differs in a comment is the same, and one that makes 5 %
// more is worse, each time.
func TestRealBenchAgainstARevision(t *testing.T) {
	for _, c := range []struct {
		name      string
		from, to  string
		committed bool
		args      []string
		code      int
		says      string
	}{
		{"half of them", `"100"`, `"50"`, true, nil, 0, "better  100 objects to 50"},
		{"a comment", "as many as", "so many as", false, []string{"--gate", "objects"}, 0, "sweep  same"},
		{"5 % more", `"100"`, `"105"`, false, []string{"--gate", "objects"}, 1, "worse  100 objects to 105"},
		{"5 % more, once more", `"100"`, `"105"`, true, []string{"--gate", "objects", "--seed", "2"}, 1, "worse  100 objects to 105"},
		{"5 % more, a third time", `"100"`, `"105"`, false, []string{"--gate", "objects,bytes", "--seed", "3"}, 1, "worse  100 objects to 105"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShed(t)
			s.change(c.from, c.to)
			against := "HEAD"
			if c.committed {
				s.commit("after")
				against = "HEAD~1"
			}
			p := s.bench(append(c.args, "--against", against)...)
			s.oneTree()
			s.expect(p, c.code, "this tree against "+against, c.says)
			if dirty := strings.Contains(p.said(), "not committed"); dirty == c.committed {
				t.Errorf("it says that the tree has changes: %v", dirty)
			}
		})
	}
}

// What is no revision is not handed to git as an option either.
func TestRealBenchAgainstWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.expect(s.bench("--against", "no-such-branch"), 2, `"no-such-branch" is neither a setting NAME=VALUE, nor a git revision, nor a stored run`)
	s.expect(s.bench("--against", "--force"), 2, "neither")
	s.oneTree()
}
