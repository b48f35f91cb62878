package arch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Testdata wants small files: what is large belongs in a module of its own.
func Testdata(root string) []string {
	var bad []string
	total := int64(0)
	err := walk(root, func(path string, info fs.FileInfo) error {
		if !strings.Contains(filepath.ToSlash(path), "testdata/") {
			return nil
		}
		total += info.Size()
		if info.Size() > largestTestdata {
			bad = append(bad, fmt.Sprintf("%s has %d bytes, the limit for a file of test data is %d", path, info.Size(), largestTestdata))
		}
		return nil
	})
	if err != nil {
		bad = append(bad, err.Error())
	}
	if total > largestTestdatas {
		bad = append(bad, fmt.Sprintf("test data has %d bytes in all, the limit is %d", total, largestTestdatas))
	}
	return bad
}

// foreign matches what names one machine or workplace and nothing else.
var foreign = regexp.MustCompile(`/work/(main|shared|\.)|/root/(go|work|\.)|/home/[a-z]+/|bash_jobs|/tmp/[a-z]+-?brief`)

// Machine wants no file that names the machine it was written on.
func Machine(root string) []string {
	var bad []string
	err := walk(root, func(path string, info fs.FileInfo) error {
		if info.Size() > 2<<20 || strings.HasPrefix(filepath.ToSlash(path), "internal/arch/") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		if m := foreign.Find(text); m != nil {
			bad = append(bad, fmt.Sprintf("%s names a place on one machine: %s", path, m))
		}
		return nil
	})
	if err != nil {
		bad = append(bad, err.Error())
	}
	return bad
}

var findingID = regexp.MustCompile(`"(PW(?:-[A-Z0-9]+)+)"`)

// FindingIDs are the finding IDs that files with one of the endings name,
// with one place each. Tests do not count.
func FindingIDs(root string, endings ...string) (map[string]string, error) {
	found := map[string]string{}
	err := walk(root, func(path string, _ fs.FileInfo) error {
		if !slices.Contains(endings, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") || strings.HasPrefix(path, "webtest") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		for _, m := range findingID.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = path
		}
		return nil
	})
	return found, err
}

// walk gives every regular file that could be committed to visit, with its
// path from root.
func walk(root string, visit func(path string, info fs.FileInfo) error) error {
	ignored := ignores(root)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // gone meanwhile
			}
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || ignored(rel+"/") {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || ignored(rel) {
			return nil
		}
		return visit(rel, info)
	})
}

// ignores reads the .gitignore files at the root and one level below
// examples, in the plain patterns that this repository uses.
func ignores(root string) func(string) bool {
	type pattern struct{ dir, text string }
	var patterns []pattern
	files, _ := filepath.Glob(filepath.Join(root, "*", "*", ".gitignore"))
	more, _ := filepath.Glob(filepath.Join(root, "*", ".gitignore"))
	for _, f := range append(append(files, more...), filepath.Join(root, ".gitignore")) {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		dir, err := filepath.Rel(root, filepath.Dir(f))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '!' {
				patterns = append(patterns, pattern{dir, line})
			}
		}
	}
	return func(path string) bool {
		for _, p := range patterns {
			rel := path
			if p.dir != "." {
				var ok bool
				if rel, ok = strings.CutPrefix(path, p.dir+"/"); !ok {
					continue
				}
			}
			if ignoredBy(p.text, rel) {
				return true
			}
		}
		return false
	}
}

// ignoredBy applies one pattern: "/x/" and "a/b" from the file's directory,
// others to any part of the path.
func ignoredBy(pattern, path string) bool {
	dir := strings.HasSuffix(pattern, "/")
	bare := strings.Trim(pattern, "/")
	if dir && !strings.HasSuffix(path, "/") {
		return false
	}
	path = strings.TrimSuffix(path, "/")
	if strings.HasPrefix(pattern, "/") || strings.Contains(bare, "/") {
		ok, err := filepath.Match(bare, path)
		return ok && err == nil
	}
	ok, err := filepath.Match(bare, filepath.Base(path))
	return ok && err == nil
}
