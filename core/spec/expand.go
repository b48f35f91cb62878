package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Vars are the values that templates in a spec stand for during one start of
// the app.
type Vars struct {
	RunDir string         // absolute
	Ports  map[string]int // by the name of the service or process
}

// reference matches "{run_dir}", "{port:web}", and anything that looks like
// one. Braces around it, or a "$" before it, make it plain text.
var reference = regexp.MustCompile(`\$?\{\{?([a-z_]+)(?::([^{}]*))?\}\}?`)

// Expand replaces "{run_dir}" and "{port:NAME}" in s. Other braces stay as
// they are, "{{run_dir}}" gives "{run_dir}", and "${x}" is left for a shell.
// A name that stands for nothing is an error.
func Expand(s string, vars Vars) (string, error) {
	return replaceReferences(s, func(name, argument string) (string, error) {
		if name == "run_dir" {
			if vars.RunDir == "" {
				return "", fmt.Errorf("{run_dir} is not known here")
			}
			return vars.RunDir, nil
		}
		port, ok := vars.Ports[argument]
		if !ok {
			return "", fmt.Errorf("{port:%s}: no service or process %q has a port", argument, argument)
		}
		return strconv.Itoa(port), nil
	})
}

// replaceReferences gives every reference in s to value and puts what it
// returns in its place.
func replaceReferences(s string, value func(name, argument string) (string, error)) (string, error) {
	var b strings.Builder
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(s, -1) {
		text := s[m[0]:m[1]]
		name, argument := s[m[2]:m[3]], ""
		hasArgument := m[4] >= 0
		if hasArgument {
			argument = s[m[4]:m[5]]
		}
		b.WriteString(s[last:m[0]])
		last = m[1]
		doubled := strings.HasPrefix(text, "{{") && strings.HasSuffix(text, "}}")
		switch {
		case doubled:
			b.WriteString(text[1 : len(text)-1])
			continue
		case text[0] == '$':
			b.WriteString(text)
			continue
		case name == "run_dir" && !hasArgument, name == "port" && hasArgument:
		default:
			return "", fmt.Errorf("{%s} stands for nothing here: there are {run_dir} and {port:NAME}", strings.Trim(text, "{}"))
		}
		v, err := value(name, argument)
		if err != nil {
			return "", err
		}
		b.WriteString(extra(text, "{") + v + extra(text, "}"))
	}
	b.WriteString(s[last:])
	return b.String(), nil
}

// extra is a single surplus brace on one side of a reference: it is text.
func extra(text, brace string) string {
	if strings.Count(text, brace) == 2 {
		return brace
	}
	return ""
}
