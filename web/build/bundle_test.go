package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// web/dist is committed: it must be what web/ui gives, to the byte.
func TestDistIsWhatTheSourcesGive(t *testing.T) {
	if err := run("..", true); err != nil {
		t.Error(err)
	}
}

// The check sees a file that differs, one that is missing and one too many.
func TestCheckSeesEveryDifference(t *testing.T) {
	files := map[string][]byte{"a.js": []byte("a"), "b.js": []byte("b")}
	dir := t.TempDir()
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(dir, files); err != nil {
		t.Fatalf("fresh: %v", err)
	}
	os.WriteFile(filepath.Join(dir, "a.js"), []byte("changed"), 0o644)
	os.Remove(filepath.Join(dir, "b.js"))
	os.WriteFile(filepath.Join(dir, "old.js"), nil, 0o644)
	err := compare(dir, files)
	if err == nil || !strings.Contains(err.Error(), "[a.js b.js old.js]") {
		t.Errorf("compare says %v", err)
	}
}

// Names in a lap are hostile: our sources never turn text into markup or code.
func TestSourcesMakeNoMarkupFromText(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|javascript:|https?://`)
	err := filepath.WalkDir("../ui/src", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s has %q", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
