package arch

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Strata wants every package listed, every listed one there, and every
// import allowed.
func Strata(s *Source, listed []Listed) []string {
	var bad []string
	place := map[string]Listed{}
	for _, l := range listed {
		place[l.Path] = l
	}
	there := map[string]bool{}
	for _, p := range s.Packages {
		there[p.Path] = true
		l, ok := place[p.Path]
		if !ok {
			bad = append(bad, fmt.Sprintf("%s is not listed in internal/arch: say which stratum it belongs to", p.Path))
			continue
		}
		for _, f := range p.Files {
			if !f.Test {
				bad = append(bad, imports(s, f, l, place)...)
			}
		}
	}
	for _, l := range listed {
		if !there[l.Path] {
			bad = append(bad, fmt.Sprintf("%s is listed in internal/arch and is gone: take it off the list", l.Path))
		}
		if len(l.Also) > 0 && l.Because == "" {
			bad = append(bad, fmt.Sprintf("%s has exceptions in internal/arch without a reason", l.Path))
		}
	}
	return bad
}

func imports(s *Source, f *File, l Listed, place map[string]Listed) []string {
	var bad []string
	for _, spec := range f.AST.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if reason := forbidden(s.Module, name, l, place); reason != "" {
			bad = append(bad, fmt.Sprintf("%s: %s imports %s: %s", s.at(spec), l.Path, name, reason))
		}
	}
	return bad
}

// forbidden is why a package may not import another; empty when it may.
func forbidden(module, name string, l Listed, place map[string]Listed) string {
	local, inside := strings.CutPrefix(name, module+"/")
	if !inside {
		if (l.Stratum == Core || l.Stratum == Analyze) && slices.Contains(pure, name) {
			return string(l.Stratum) + " touches no process, socket or kernel: it judges the same bytes alike on any machine"
		}
		return ""
	}
	r := rules[l.Stratum]
	if slices.Contains(r.strata, place[local].Stratum) || slices.Contains(l.Also, local) {
		return ""
	}
	return r.reason
}

// Names wants package names that say what a package is for, equal to the
// last part of its path.
func Names(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		if slices.Contains(vague, p.Name) {
			bad = append(bad, fmt.Sprintf("%s: the name %q does not say what the package is for", p.Path, p.Name))
		}
		if last := path.Base(p.Path); p.Name != "" && p.Name != "main" && p.Name != last {
			bad = append(bad, fmt.Sprintf("%s: the package is called %q", p.Path, p.Name))
		}
	}
	return bad
}

// LiveTests wants tests that need real tools in files of their own:
// TestReal... in *_real_test.go.
func LiveTests(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		for _, f := range p.Files {
			if !f.Test || strings.HasSuffix(f.Path, "_real_test.go") || strings.HasPrefix(f.Path, "internal/realtest/") {
				continue
			}
			for _, fn := range functions(f) {
				if fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "TestReal") {
					bad = append(bad, fmt.Sprintf("%s: %s needs a real tool by its name: it lives in *_real_test.go", s.at(fn), fn.Name.Name))
				}
			}
			for _, spec := range f.AST.Imports {
				if spec.Path.Value == strconv.Quote(s.Module+"/internal/realtest") && p.Path != "test/real" {
					bad = append(bad, fmt.Sprintf("%s: tests that need real tools live in *_real_test.go", s.at(spec)))
				}
			}
		}
	}
	return bad
}

// Unargued wants every module that the code imports to be named in the page
// of dependencies, in backquotes.
func Unargued(s *Source, page string) []string {
	var bad []string
	seen := map[string]bool{}
	for _, p := range s.Packages {
		for _, f := range p.Files {
			for _, spec := range f.AST.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				first, _, _ := strings.Cut(name, "/")
				if err != nil || seen[name] || !strings.Contains(first, ".") {
					continue
				}
				seen[name] = true
				if !argued(name, page) {
					bad = append(bad, fmt.Sprintf("%s: %s is not in docs/dependencies.md: say why it is worth having", s.at(spec), name))
				}
			}
		}
	}
	return bad
}

func argued(name, page string) bool {
	for name != "." && name != "/" {
		if strings.Contains(page, "`"+name+"`") {
			return true
		}
		name = path.Dir(name)
	}
	return false
}
