package lap

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"pitwall/core/route"
)

// dropped stands for a value that is not kept.
const dropped = "[dropped]"

// secret is what the name of a value that must not be kept contains.
var secret = []string{"secret", "token", "pass", "pwd", "key", "credential", "dsn", "url", "auth", "cookie", "signature"}

func secretName(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains(strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }), "pw") {
		return true
	}
	return slices.ContainsFunc(secret, func(s string) bool { return strings.Contains(name, s) })
}

// Shown is a word of a command line, such as NAME=VALUE or --flag=NAME=VALUE,
// without the value if its name says that it is a secret.
func Shown(word string) string {
	flag, setting := "", word
	if name, value, found := strings.Cut(word, "="); found && strings.HasPrefix(name, "-") && strings.Contains(value, "=") {
		flag, setting = name+"=", value
	}
	if name, _, assigned := strings.Cut(setting, "="); assigned && secretName(name) {
		return flag + name + "=" + dropped
	}
	return userinfo.ReplaceAllString(word, "${1}"+dropped+"@")
}

// userinfo is who logs in and how, in a URL of any name.
var userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@]*@`)

// safeArgs keeps a command line without the values of what looks secret.
func safeArgs(args []string) []string {
	kept := slices.Clone(args)
	for i := range kept {
		kept[i] = Shown(kept[i])
	}
	return kept
}

// storable is the routes as they may be kept: what is sent with a request
// (headers, forms, bodies, lists of values) may hold passwords and tokens, and
// nothing that is judged needs it. Names stay.
func storable(routes []route.Route) []route.Route {
	if routes == nil {
		return nil
	}
	kept := make([]route.Route, len(routes))
	for i, r := range routes {
		r.Path = safePath(r.Path)
		r.Headers, r.Form = withoutValues(r.Headers), withoutValues(r.Form)
		if r.JSON != "" {
			r.JSON = dropped
		}
		r.Params = maps.Clone(r.Params)
		for name, p := range r.Params {
			if len(p.Values) > 0 {
				p.Values = []string{dropped}
				r.Params[name] = p
			}
		}
		kept[i] = r
	}
	return kept
}

func withoutValues(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	kept := make(map[string]string, len(m))
	for name := range m {
		kept[name] = dropped
	}
	return kept
}

// safePath drops the fixed values of a query's parameters whose names say
// that they are secret.
func safePath(path string) string {
	base, query, found := strings.Cut(path, "?")
	if !found {
		return path
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, value, _ := strings.Cut(pair, "="); secretName(name) && value != "" && !strings.Contains(value, "{") {
			pairs[i] = name + "=" + dropped
		}
	}
	return base + "?" + strings.Join(pairs, "&")
}
