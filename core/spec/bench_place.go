package spec

import (
	"os"
	"path/filepath"
)

// mostLevels is how many directories above a benchmark file are searched.
const mostLevels = 16

// AppPath is the path of the pitwall.yml that the file belongs to: the one it
// names, else the nearest in its directory or above; empty when there is none.
func (b *Bench) AppPath() string {
	if b.App != "" {
		if filepath.IsAbs(b.App) {
			return b.App
		}
		return filepath.Join(b.Dir, b.App)
	}
	dir := b.Dir
	for range mostLevels {
		path := filepath.Join(dir, FileName)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil || dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// Root is the directory in which the file's benchmarks run: that of the app,
// else the one above a directory called benchmarks, else the file's own.
func (b *Bench) Root() string {
	if path := b.AppPath(); path != "" {
		return filepath.Dir(path)
	}
	if filepath.Base(b.Dir) == "benchmarks" {
		return filepath.Dir(b.Dir)
	}
	return b.Dir
}
