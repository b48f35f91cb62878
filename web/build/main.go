// Command build bundles the web pages: it reads web/ui and writes web/dist.
// It needs no Node. The output depends on the sources and on the pinned
// esbuild alone, so that a stale dist can be told from a fresh one.
//
//	go run -C web/build .          rewrite web/dist
//	go run -C web/build . -check   exit 1 when web/dist is not what web/ui gives
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("web", "..", "the `folder` that holds ui and dist")
	check := flag.Bool("check", false, "compare with dist instead of writing it")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "web/build:", err)
		os.Exit(1)
	}
}

// run builds the pages and writes them to dist, or compares them with it.
func run(root string, check bool) error {
	files, err := bundle(filepath.Join(root, "ui"))
	if err != nil {
		return err
	}
	if err := budget(files); err != nil {
		return err
	}
	dist := filepath.Join(root, "dist")
	if check {
		return compare(dist, files)
	}
	return write(dist, files)
}
