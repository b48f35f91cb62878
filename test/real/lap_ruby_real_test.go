package real

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pitwall/internal/realtest"
)

// strangeRuby makes a libruby of a version that nobody knows, and returns the
// environment that loads it.
func strangeRuby(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command(realtest.Ruby(t), "-e",
		`puts RUBY_VERSION, File.read("/proc/self/maps")[%r{/\S*/libruby\S*}].to_s, $".grep(/rbconfig/)`).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	if lines[1] == "" {
		t.Skip("this Ruby has no library of its own to change")
	}
	version, dir := lines[0], t.TempDir()
	major, _, _ := strings.Cut(version, ".")
	strange := major + ".9" + strings.Repeat("9", len(version)-len(major)-4) + ".9"
	library, err := os.ReadFile(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	library = bytes.ReplaceAll(library, []byte("\x00"+version+"\x00"), []byte("\x00"+strange+"\x00"))
	name := regexp.MustCompile(`(\.so\.\d+\.\d+).*`).ReplaceAllString(filepath.Base(lines[1]), "$1")
	config, err := os.ReadFile(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	config = regexp.MustCompile(`RUBY_VERSION\.start_with\?\("[^"]*"\)`).ReplaceAll(config, []byte("true"))
	for path, content := range map[string][]byte{name: library, "rbconfig.rb": config} {
		if err := os.WriteFile(filepath.Join(dir, path), content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"LD_LIBRARY_PATH=" + dir, "RUBYLIB=" + dir}
}

// TestRealLapUnknownRuby watches no Ruby that it does not know, and goes on
// without stacks where it does not need them.
func TestRealLapUnknownRuby(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast"))
	s.env = strangeRuby(t)
	const says = "no memory layout for Ruby"
	other := s.run(realtest.Ruby(t), "--disable-gems", "-e", "$stderr.puts 1; sleep 60")
	s.await(other, "Ruby runs", func() bool { return other.err.String() != "" })
	p := s.lap("--attach", fmt.Sprint(other.Process.Pid))
	other.Process.Kill()
	<-other.ended
	s.expect(p, 3, says, ".9")

	booted := s.lap("--json")
	s.nothingLeft()
	s.expect(booted, 0)
	if r := booted.result(t); !strings.Contains(strings.Join(r.Lost, "\n"), says) {
		t.Errorf("it does not say why there are no stacks: %q", r.Lost)
	}
}
