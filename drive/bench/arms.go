package bench

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/lap"
	"pitwall/drive/pairs"
)

// Choice says which versions a run compares. At most one field is set; none
// measures this tree alone.
type Choice struct {
	Revision   string   // against this git revision
	Setting    string   // "NAME=VALUE": against as it is
	Env        string   // "NAME=a,b": the values against the first of them
	Rubies     []string // commands, against the first of them
	JIT        bool     // on against off
	Allocators []string // "default", "jemalloc", "tcmalloc", "mimalloc" or a library, against the first of them
}

// Error is a choice that cannot be compared here.
type Error struct {
	Text string
	Hint string // what to type instead
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// Advice is the hint.
func (e *Error) Advice() string { return e.Hint }

// Arms lays out the versions of a choice for the app or benchmarks in dir, run
// by the command ruby, with the control arm last. remove takes away what was
// laid out.
func (c Choice) Arms(ctx context.Context, dir string, ruby []string) (arms []core.Arm, versions []Version, remove func(), err error) {
	here := Version{Name: "this tree", Dir: dir, Ruby: ruby}
	remove = func() {}
	switch {
	case c.Revision != "":
		s := &spec.Spec{Dir: dir}
		old, away, err := pairs.Checkout(ctx, s, c.Revision)
		if err != nil {
			return nil, nil, remove, err
		}
		remove = away
		versions = []Version{{Name: c.Revision, Dir: old.Dir, Ruby: ruby}, here}
	case c.Setting != "":
		name, value, _ := strings.Cut(c.Setting, "=")
		here.Name = "as it is"
		versions = []Version{here, {Name: lap.Shown(c.Setting), Dir: dir, Ruby: ruby, Env: map[string]string{name: value}}}
	case c.Env != "":
		versions = settings(c.Env, here)
	case len(c.Rubies) > 0:
		versions, err = rubies(c.Rubies, here)
	case c.JIT:
		versions, err = jits(ctx, here)
	case len(c.Allocators) > 0:
		versions, err = allocators(c.Allocators, here)
	default:
		versions = []Version{here}
	}
	if err != nil {
		remove()
		return nil, nil, func() {}, err
	}
	arms = make([]core.Arm, len(versions))
	for i, v := range versions {
		arms[i] = core.Arm{Name: v.Name, Role: core.New, Revision: Revision(ctx, v.Dir), Ruby: rubyVersion(ctx, v), Env: shown(v.Env)}
	}
	if len(arms) > 1 {
		arms[0].Role = core.Old
	}
	control, again := arms[0], versions[0]
	control.Role, control.Name, again.Name = core.Control, arms[0].Name+core.Again, versions[0].Name+core.Again
	return append(arms, control), append(versions, again), remove, nil
}

func settings(list string, here Version) []Version {
	name, values, _ := strings.Cut(list, "=")
	var out []Version
	for value := range strings.SplitSeq(values, ",") {
		v := here
		v.Name, v.Env = name+"="+value, map[string]string{name: value}
		if kept := lap.Shown(v.Name); kept != v.Name {
			v.Name = fmt.Sprintf("%s, value %d", kept, len(out)+1)
		}
		out = append(out, v)
	}
	return out
}

// shown is an environment without the values of what looks secret.
func shown(env map[string]string) map[string]string {
	if env == nil {
		return nil
	}
	out := map[string]string{}
	for name, value := range env {
		_, out[name], _ = strings.Cut(lap.Shown(name+"="+value), "=")
	}
	return out
}

func rubies(commands []string, here Version) ([]Version, error) {
	var out []Version
	for _, command := range commands {
		words, err := spec.Words(command)
		if err != nil || len(words) == 0 {
			return nil, &Error{Text: fmt.Sprintf("%q is no command that runs a Ruby: %v", command, err), Hint: "pitwall bench --ruby ruby3.1,ruby3.3"}
		}
		if _, err := exec.LookPath(words[0]); err != nil {
			return nil, &Error{Text: fmt.Sprintf("there is no Ruby %q here", command), Hint: "pitwall bench --ruby ruby,jruby"}
		}
		v := here
		v.Name, v.Ruby = command, words
		out = append(out, v)
	}
	return out, nil
}

// jits are the Ruby with its compiler off and on: YJIT where there is one.
func jits(ctx context.Context, here Version) ([]Version, error) {
	words := append(slices.Clone(here.Ruby), "--yjit", "-e", "exit(RubyVM::YJIT.enabled? ? 0 : 1)")
	if err := exec.CommandContext(ctx, words[0], words[1:]...).Run(); err != nil {
		return nil, &Error{Text: fmt.Sprintf("%s has no YJIT", strings.Join(here.Ruby, " ")), Hint: "use a Ruby that was built with it: --ruby COMMAND"}
	}
	off, on := here, here
	off.Name, on.Name = "YJIT off", "YJIT on"
	// Ruby 3.1 turns YJIT on for any value of RUBY_YJIT_ENABLE, "0" among them;
	// the last option wins over it.
	off.Env = map[string]string{"RUBYOPT": strings.TrimSpace(os.Getenv("RUBYOPT") + " --disable-yjit")}
	on.Env = map[string]string{"RUBYOPT": strings.TrimSpace(os.Getenv("RUBYOPT") + " --yjit")}
	return []Version{off, on}, nil
}

// libraries are where allocators lie.
func libraries() []string {
	found, _ := filepath.Glob("/usr/lib/*-linux-*")
	return append(found, "/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
}

func allocators(names []string, here Version) ([]Version, error) {
	var out []Version
	for _, name := range names {
		v := here
		v.Name = name
		if name != "default" && name != "glibc" {
			path, err := allocator(name)
			if err != nil {
				return nil, err
			}
			v.Env = map[string]string{"LD_PRELOAD": path}
		} else {
			v.Env = map[string]string{"LD_PRELOAD": ""}
		}
		out = append(out, v)
	}
	return out, nil
}

func allocator(name string) (string, error) {
	if strings.Contains(name, "/") {
		if _, err := os.Stat(name); err != nil {
			return "", &Error{Text: "no allocator at " + name, Hint: "name the library's file"}
		}
		return filepath.Abs(name)
	}
	for _, dir := range libraries() {
		for _, file := range []string{"lib" + name + ".so.2", "lib" + name + ".so", "lib" + name + "_minimal.so.4", "lib" + name + ".so.4"} {
			if path := filepath.Join(dir, file); exists(path) {
				return path, nil
			}
		}
	}
	return "", &Error{Text: fmt.Sprintf("there is no allocator %q here", name), Hint: "install it (Debian: apt-get install libjemalloc2), or name its file: --allocator default,/path/to/libjemalloc.so.2"}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Revision is the commit that dir is at, with "+dirty" when files that git
// knows have changed, other than the record of benchmarks, which a run itself
// adds to; empty outside git.
func Revision(ctx context.Context, dir string) string {
	head := pairs.Resolve(ctx, dir, "HEAD")
	if head == "" {
		return ""
	}
	out, err := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--untracked-files=no", "--", ":(top)", ":(top,exclude,glob)**/benchmarks/history.ndjson").Output()
	if err == nil && len(out) > 0 {
		head += "+dirty"
	}
	return head
}

// rubyVersion is what a version's Ruby says of itself; empty without one.
func rubyVersion(ctx context.Context, v Version) string {
	if len(v.Ruby) == 0 {
		return ""
	}
	c := exec.CommandContext(ctx, v.Ruby[0], append(slices.Clone(v.Ruby[1:]), "-v")...)
	c.Dir, c.Env = v.Dir, append(os.Environ(), pairsOf(v.Env)...)
	out, err := c.Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line[:min(len(line), 200)]
}

func pairsOf(env map[string]string) []string {
	out := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}
