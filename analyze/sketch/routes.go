package sketch

import (
	"regexp"
	"slices"
	"strings"
)

// mostRoutes is how many suggestions a person reads.
const mostRoutes = 40

// maxNesting bounds blocks in routes.rb.
const maxNesting = 64

var (
	rootLine     = regexp.MustCompile(`^root\b`)
	getLine      = regexp.MustCompile(`^get\s*\(?\s*(?:["']([^"']*)["']|:(\w+))`)
	resourceLine = regexp.MustCompile(`^resources\s*\(?\s*:(\w+)(.*)$`)
	scopeLine    = regexp.MustCompile(`^(namespace|scope)\s*\(?\s*(?::(\w+)|["']/?([\w/-]+)["'])?(.*)$`)
	dynamicScope = regexp.MustCompile(`["'][^"']*[:*(]`)
	onlyOption   = regexp.MustCompile(`\bonly:\s*(\[[^\]]*\]|%i\[[^\]]*\]|:\w+)`)
	exceptOption = regexp.MustCompile(`\bexcept:\s*(\[[^\]]*\]|%i\[[^\]]*\]|:\w+)`)
	pathOption   = regexp.MustCompile(`\bpath:\s*["']/?([\w/-]*)["']`)
	opensBlock   = regexp.MustCompile(`\bdo\b(\s*\|[^|]*\|)?\s*$`)
	opensOther   = regexp.MustCompile(`^(if|unless|case|begin|def)\b`)
	plainPath    = regexp.MustCompile(`^[A-Za-z0-9_./-]*$`)
	leaves       = regexp.MustCompile(`(?i)log_?out|sign_?out|destroy|delete|remove|unsubscribe|callback|confirm`)
	health       = regexp.MustCompile(`^/(up|health|healthz|health_check|ping|status|alive|livez|readyz)$`)
)

// block is one level of nesting.
type block struct {
	prefix string
	why    string // why what is inside is not sure; empty when it is
	hidden bool   // inside, paths hold ids
}

// routes reads config/routes.rb line by line. It is no Ruby: it takes what is
// written plainly and leaves the rest.
func routes(text string) (found []Route, healthPath string) {
	healthPath = "/"
	seen := map[string]bool{}
	stack := []block{{}}
	for line := range strings.Lines(text) {
		line = statement(line)
		top := stack[len(stack)-1]
		if line == "end" || strings.HasPrefix(line, "end ") || strings.HasPrefix(line, "end.") {
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		if r, ok := suggestion(line, top); ok && !seen[r.Path] && len(found) < mostRoutes {
			seen[r.Path] = true
			if health.MatchString(r.Path) {
				healthPath = r.Path
			} else {
				found = append(found, r)
			}
		}
		if opensBlock.MatchString(line) || opensOther.MatchString(line) {
			if len(stack) == maxNesting {
				return found, healthPath
			}
			stack = append(stack, inner(line, top))
		}
	}
	return found, healthPath
}

// statement is a line without its comment and the space around it.
func statement(line string) string {
	if i := strings.Index(line, " #"); i >= 0 {
		line = line[:i]
	}
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return ""
	}
	return line
}

// suggestion is the route that a line declares, if it is one to suggest.
func suggestion(line string, in block) (Route, bool) {
	if in.hidden {
		return Route{}, false
	}
	r := Route{Sure: in.why == "", Why: in.why}
	switch {
	case rootLine.MatchString(line):
		r.Path = join(in.prefix, "")
	case getLine.MatchString(line):
		m := getLine.FindStringSubmatch(line)
		r.Path = join(in.prefix, m[1]+m[2])
		if leaves.MatchString(r.Path) {
			r.Sure, r.Why = false, "it may change something"
		}
	case resourceLine.MatchString(line):
		m := resourceLine.FindStringSubmatch(line)
		if !index(m[2]) {
			return Route{}, false
		}
		name := m[1]
		if p := pathOption.FindStringSubmatch(m[2]); p != nil {
			name = p[1]
		}
		r.Path, r.Sure = join(in.prefix, name), false
		if r.Why == "" {
			r.Why = "the list of " + strings.ReplaceAll(m[1], "_", " ")
		}
	default:
		return Route{}, false
	}
	return r, plainPath.MatchString(r.Path)
}

// index says whether resources with these options have a list.
func index(options string) bool {
	if m := onlyOption.FindStringSubmatch(options); m != nil {
		return slices.Contains(words(m[1]), "index")
	}
	if m := exceptOption.FindStringSubmatch(options); m != nil {
		return !slices.Contains(words(m[1]), "index")
	}
	return true
}

func words(list string) []string {
	return strings.FieldsFunc(strings.TrimPrefix(list, "%i"), func(r rune) bool { return strings.ContainsRune("[]:, ", r) })
}

// inner is what holds inside the block that a line opens.
func inner(line string, in block) block {
	switch {
	case strings.HasPrefix(line, "resources"), strings.HasPrefix(line, "resource "), strings.HasPrefix(line, "concern"), strings.HasPrefix(line, "direct"):
		in.hidden = true
	case strings.HasPrefix(line, "authenticate"), strings.HasPrefix(line, "constraints"), strings.Contains(line, "constraint"):
		in.why = "it probably needs a login"
	case opensOther.MatchString(line):
		in.why = "it is there under a condition"
	case scopeLine.MatchString(line):
		m := scopeLine.FindStringSubmatch(line)
		p := pathOption.FindStringSubmatch(m[4])
		switch {
		case p != nil:
			in.prefix = join(in.prefix, p[1])
		case m[1] == "namespace" || m[3] != "" || m[2] != "":
			in.prefix = join(in.prefix, m[2]+m[3])
		}
		if dynamicScope.MatchString(line) {
			in.hidden = true
		}
		if strings.Contains(in.prefix, "admin") {
			in.why = "it probably needs a login"
		}
	case strings.Contains(line, "routes.draw"):
	default:
		if line != "" && !strings.HasPrefix(line, "defaults") && !strings.HasPrefix(line, "controller") {
			in.hidden = true
		}
	}
	return in
}

func join(prefix, path string) string {
	joined := strings.TrimSuffix(prefix, "/") + "/" + strings.Trim(path, "/")
	if len(joined) > 1 {
		joined = strings.TrimSuffix(joined, "/")
	}
	return joined
}
