package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// FileName is the name of the file that describes an app.
const FileName = "pitwall.yml"

// maxFile bounds the file; a hundred routes take about 20 KB.
const maxFile = 1 << 20

// Load reads and checks a file. What is wrong in it comes back as Errors;
// a missing file is an fs.ErrNotExist.
func Load(path string) (*Spec, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	s, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	if s.Dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, bare(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: it is not a file but %s", path, kindOf(info))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, bare(err))
	}
	return data, nil
}

// bare is the cause of a file error without the path, which is named already.
func bare(err error) error {
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func kindOf(info os.FileInfo) string {
	if info.IsDir() {
		return "a directory"
	}
	return "a device or pipe"
}

// Parse reads and checks a spec; name is what errors call it. What is wrong
// comes back as Errors, all of it where the syntax holds.
func Parse(name string, data []byte) (*Spec, error) {
	if err := checkText(name, data); err != nil {
		return nil, err
	}
	source := source{name: name, lines: bytes.Split(data, []byte("\n"))}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, source.syntax(err)
	}
	root, err := source.root(file)
	if err != nil {
		return nil, err
	}
	var s Spec
	d := decoder{at: positions{}, anchors: anchors(root)}
	d.value(root, reflect.ValueOf(&s).Elem(), "")
	problems := slices.Concat(d.problems, check(&s, d.at))
	if len(problems) > 0 {
		return nil, source.errors(problems, d.at)
	}
	return &s, nil
}

func checkText(name string, data []byte) error {
	if len(data) > maxFile {
		return fmt.Errorf("reading %s: over %d KiB is no description of an app", name, maxFile>>10)
	}
	if i := bytes.IndexByte(data, 0); i >= 0 || !utf8.Valid(data) {
		return fmt.Errorf("reading %s: it is not text in UTF-8", name)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return fmt.Errorf("reading %s: it is empty", name)
	}
	return nil
}

// root is the one mapping that a file holds.
func (s source) root(file *ast.File) (ast.Node, error) {
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("reading %s: it holds nothing but comments", s.name)
	}
	if len(bodies) > 1 {
		return nil, Errors{s.error(firstToken(bodies[1]), "", "a second document: one file describes one app")}
	}
	if _, ok := bodies[0].(*ast.MappingNode); !ok {
		return nil, Errors{s.error(firstToken(bodies[0]), "", `it starts with "app: NAME", not with `+nodeName(bodies[0]))}
	}
	return bodies[0], nil
}

// syntax is an error of the YAML parser with our excerpt.
func (s source) syntax(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return fmt.Errorf("reading %s: %w", s.name, err)
	}
	e := s.error(y.GetToken(), "", y.GetMessage())
	if s.bracedValue(e.Line) {
		e.Message += `; a value that starts with "{" needs quotes`
	}
	return Errors{e}
}
