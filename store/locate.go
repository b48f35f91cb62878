package store

import (
	"os"
	"path/filepath"
)

// DirName is the directory of a store beside pitwall.yml.
const DirName = ".pitwall"

// Locate says where the store is: at flag when that is given; else .pitwall
// in specDir, the directory of pitwall.yml; without one (specDir empty) in
// $XDG_STATE_HOME/pitwall, which is ~/.local/state/pitwall unless set (XDG
// Base Directory Specification 0.8: a relative value is ignored). It touches
// no file.
func Locate(flag, specDir string) string {
	if flag != "" {
		return flag
	}
	if specDir != "" {
		return filepath.Join(specDir, DirName)
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "pitwall")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return DirName
	}
	return filepath.Join(home, ".local", "state", "pitwall")
}
