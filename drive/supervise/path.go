package supervise

import (
	"os"
	"path/filepath"
	"strings"
)

func candidates(name, dir string, env []string) []string {
	if filepath.IsAbs(name) {
		return []string{name}
	}
	if strings.ContainsRune(name, os.PathSeparator) {
		return []string{filepath.Join(dir, name)}
	}
	var found []string
	for _, entry := range filepath.SplitList(lookup(env, "PATH")) {
		if entry == "" {
			entry = dir
		}
		found = append(found, filepath.Join(entry, name))
	}
	return found
}

func lookup(env []string, key string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], key+"="); ok {
			return value
		}
	}
	return ""
}
