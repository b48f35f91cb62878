package bench

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"pitwall/core/spec"
)

// commandParameter is a parameter's place in a command; "${size}" is the shell's.
var commandParameter = regexp.MustCompile(`\$?\{([a-z][a-z0-9_]*)\}`)

// Expand makes one benchmark of every combination of a command's parameters,
// named "NAME size=1 mode=fast", parameters in the order of their names and
// values as they are listed, the last changing fastest. A benchmark without
// parameters comes back alone. The file's check bounds their number.
func Expand(b spec.Benchmark) []spec.Benchmark {
	all := []spec.Benchmark{b}
	if b.Command == "" {
		return all
	}
	chosen := []map[string]string{{}}
	names := slices.Sorted(maps.Keys(b.Parameters))
	for _, name := range names {
		var next []map[string]string
		for _, have := range chosen {
			for _, value := range b.Parameters[name] {
				more := maps.Clone(have)
				more[name] = value
				next = append(next, more)
			}
		}
		chosen = next
	}
	if len(names) == 0 {
		return all
	}
	all = all[:0]
	for _, values := range chosen {
		all = append(all, with(b, names, values))
	}
	return all
}

// with puts values in place of parameters, once: a value that looks like a
// parameter stays as it is.
func with(b spec.Benchmark, names []string, values map[string]string) spec.Benchmark {
	for _, name := range names {
		b.Name += " " + name + "=" + values[name]
	}
	for _, text := range []*string{&b.Command, &b.Setup, &b.Prepare, &b.Conclude, &b.Cleanup, &b.Input, &b.Dir} {
		*text = commandParameter.ReplaceAllStringFunc(*text, func(found string) string {
			value, known := values[strings.Trim(found, "{}")]
			if found[0] == '$' || !known {
				return found
			}
			return value
		})
	}
	b.Parameters = nil
	return b
}
