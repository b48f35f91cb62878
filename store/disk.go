package store

import (
	"io"
	"os"
)

// disk is how parts reach the disk. Tests put failing ones in its place.
type disk struct {
	create  func(path string) (file, error) // refuses one that exists
	place   func(tmp, final string) error   // both names last, final atomically
	syncDir func(path string) error
}

// file is a part being written.
type file interface {
	io.WriteCloser
	Sync() error
	Name() string
}

func realDisk() disk {
	return disk{create: createFile, place: place, syncDir: syncDir}
}

func createFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// place gives the file tmp the second name final, replacing what lies there.
// Where a file cannot have two names it loses the first.
func place(tmp, final string) error {
	twin := tmp + ".twin"
	os.Remove(twin) // of an attempt before
	if err := os.Link(tmp, twin); err != nil {
		return os.Rename(tmp, final)
	}
	if err := os.Rename(twin, final); err != nil {
		os.Remove(twin)
		return err
	}
	os.Remove(twin) // still there when final was the same file already (rename(2))
	return nil
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}
