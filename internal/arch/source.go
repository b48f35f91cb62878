package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Source is the parsed source of a module.
type Source struct {
	Root     string // directory of go.mod
	Module   string
	Fset     *token.FileSet
	Packages []*Package // by path
}

// Package is the files of one directory.
type Package struct {
	Path  string // in the module
	Name  string
	Files []*File
}

// File is one Go file, with or without tests.
type File struct {
	Path string // in the module
	Test bool
	AST  *ast.File
	Code int // lines that are neither blank nor comment
}

// Read parses every Go file of the module at root, leaving out testdata and
// nested modules.
func Read(root string) (*Source, error) {
	module, err := moduleName(root)
	if err != nil {
		return nil, err
	}
	s := &Source{Root: root, Module: module, Fset: token.NewFileSet()}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if path != root && skipped(path, d.Name()) {
			return filepath.SkipDir
		}
		return s.directory(path)
	})
	return s, err
}

func moduleName(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s names no module", filepath.Join(root, "go.mod"))
}

func skipped(path, name string) bool {
	if name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

func (s *Source) directory(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		return err
	}
	p := &Package{Path: s.relative(dir)}
	for _, name := range names {
		f, err := s.file(name)
		if err != nil {
			return err
		}
		if !f.Test {
			p.Name = f.AST.Name.Name
		}
		p.Files = append(p.Files, f)
	}
	s.Packages = append(s.Packages, p)
	return nil
}

func (s *Source) file(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(s.Fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return &File{
		Path: s.relative(name),
		Test: strings.HasSuffix(name, "_test.go"),
		AST:  parsed,
		Code: codeLines(s.Fset, parsed, string(text)),
	}, nil
}

func (s *Source) relative(path string) string {
	rel, err := filepath.Rel(s.Root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// at is "file:line" of a node, for messages.
func (s *Source) at(n ast.Node) string {
	p := s.Fset.Position(n.Pos())
	return s.relative(p.Filename) + ":" + strconv.Itoa(p.Line)
}

// lines is the number of lines from the first to the last of a node.
func (s *Source) lines(n ast.Node) int {
	return s.Fset.Position(n.End()).Line - s.Fset.Position(n.Pos()).Line + 1
}

// codeLines counts the lines that hold anything but comment.
func codeLines(fset *token.FileSet, f *ast.File, text string) int {
	comment := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			from, to := fset.Position(c.Pos()), fset.Position(c.End())
			for line := from.Line; line <= to.Line; line++ {
				comment[line] = true
			}
		}
	}
	n := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		alone := strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") || comment[i+1] && !strings.Contains(line, "//")
		if line != "" && !alone {
			n++
		}
	}
	return n
}
