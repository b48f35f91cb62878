package real

import (
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

const napping = `app: tiny
processes:
  - name: web
    command: puma -C config/puma.rb
    port: auto
    env: {RACK_ENV: production}
    ready: {http: /up}
routes:
  - {name: fast, path: /fast}
  - {name: slow, path: /slow}
`

// A route that sleeps three times as long as in the revision before is worse,
// by its own work, and that is exit code 1.
func TestRealLapAgainstARevision(t *testing.T) {
	t.Parallel()
	s := newSite(t, napping)
	s.wait = 5 * time.Minute
	for _, words := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@tiny.example", "commit", "--quiet", "-m", "before"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", s.app}, words...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", words, err, out)
		}
	}
	s.env = append(s.env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	s.write("config/nap", "0.06")
	p := s.lap("--against", "HEAD", "--time", "50s", "--json")
	s.expect(p, 1)
	s.nothingLeft()
	verdicts := verdictsOf(t, p)
	if verdicts["slow"] != stat.Worse || verdicts["fast"] == stat.Worse || verdicts["fast"] == stat.Better {
		t.Errorf("verdicts %v, want slow worse and fast not changed", verdicts)
	}
	if out, err := exec.Command("git", "-C", s.app, "worktree", "list").Output(); err != nil || len(out) == 0 || countLines(out) != 1 {
		t.Errorf("worktrees left: %s, %v", out, err)
	}
}

// A setting that shortens the sleep is better.
func TestRealLapAgainstASetting(t *testing.T) {
	t.Parallel()
	s := newSite(t, napping)
	s.wait = 5 * time.Minute
	p := s.lap("--against", "TINY_NAP=0.004", "--time", "50s", "--json")
	s.expect(p, 0)
	s.nothingLeft()
	if verdicts := verdictsOf(t, p); verdicts["slow"] != stat.Better || verdicts["fast"] == stat.Worse {
		t.Errorf("verdicts %v, want slow better", verdicts)
	}
}

func verdictsOf(t *testing.T, p *program) map[string]stat.Verdict {
	t.Helper()
	var result lap.Result
	if err := json.Unmarshal([]byte(p.out.String()), &result); err != nil || result.Comparison == nil {
		t.Fatalf("%v\n%s", err, p.said())
	}
	all := map[string]stat.Verdict{}
	for _, r := range result.Comparison.Routes {
		all[r.Route] = r.Verdict
	}
	return all
}

func countLines(b []byte) (n int) {
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}
