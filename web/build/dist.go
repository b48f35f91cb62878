package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// limit is what all of dist may weigh, compressed: a report is mailed around
// and a page is opened over slow links.
const limit = 150 << 10

// budget refuses bundles that have grown beyond the limit.
func budget(files map[string][]byte) error {
	total := 0
	for _, content := range files {
		var out bytes.Buffer
		zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		if err != nil {
			return err
		}
		zip.Write(content)
		zip.Close()
		total += out.Len()
	}
	if total > limit {
		return fmt.Errorf("dist weighs %d bytes gzipped, the limit is %d", total, limit)
	}
	fmt.Printf("web/dist: %d files, %d KB gzipped of %d\n", len(files), total>>10, limit>>10)
	return nil
}

// write puts the files into dist and removes what does not belong there.
func write(dist string, files map[string][]byte) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dist, name), content, 0o644); err != nil {
			return err
		}
	}
	return strangers(dist, files, os.Remove)
}

// compare says which files of dist are not what the sources give.
func compare(dist string, files map[string][]byte) error {
	var stale []string
	for name, content := range files {
		have, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || !bytes.Equal(have, content) {
			stale = append(stale, name)
		}
	}
	err := strangers(dist, files, func(path string) error {
		stale = append(stale, filepath.Base(path))
		return nil
	})
	if err != nil {
		return err
	}
	if len(stale) > 0 {
		sort.Strings(stale)
		return fmt.Errorf("web/dist is not what web/ui gives: %v; run make web and commit web/dist", stale)
	}
	return nil
}

// strangers calls do with every file of dist that the build did not make.
func strangers(dist string, files map[string][]byte, do func(path string) error) error {
	found, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, entry := range found {
		if _, ours := files[entry.Name()]; ours {
			continue
		}
		if err := do(filepath.Join(dist, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
