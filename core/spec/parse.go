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
	"strings"
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
	var s Spec
	r, err := read(name, data, form{"an app", `"app: NAME"`}, &s)
	if err != nil {
		return nil, err
	}
	if err := r.errors(check(&s, r.at)); err != nil {
		return nil, err
	}
	return &s, nil
}

// form is what a kind of file holds, for errors.
type form struct {
	describes string // "an app"
	starts    string // `"app: NAME"`
}

// reading is a file whose keys are in a value already, with what was wrong in
// them.
type reading struct {
	source
	decoder
}

// read decodes a file into a pointer to a struct. The error is of a file that
// cannot be read at all.
func read(name string, data []byte, f form, into any) (*reading, error) {
	if err := checkText(name, data, f); err != nil {
		return nil, err
	}
	src := source{name: name, lines: bytes.Split(data, []byte("\n"))}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, src.syntax(err)
	}
	root, err := src.root(file, f)
	if err != nil {
		return nil, err
	}
	r := &reading{src, decoder{at: positions{}, texts: map[string]int{}, anchors: anchors(root)}}
	r.value(root, reflect.ValueOf(into).Elem(), "")
	return r, nil
}

// errors is all that is wrong: with the keys, and what checks found; nil when
// nothing is.
func (r *reading) errors(found []Problem) error {
	problems := slices.Concat(r.problems, found)
	if len(problems) == 0 {
		return nil
	}
	return r.source.errors(problems, r.at)
}

func checkText(name string, data []byte, f form) error {
	if len(data) > maxFile {
		return fmt.Errorf("reading %s: over %d KiB is no description of %s", name, maxFile>>10, f.describes)
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
func (s source) root(file *ast.File, f form) (ast.Node, error) {
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
		return nil, Errors{s.error(firstToken(bodies[1]), "", "a second document: one file describes "+strings.Replace(f.describes, "an ", "one ", 1))}
	}
	if _, ok := bodies[0].(*ast.MappingNode); !ok {
		return nil, Errors{s.error(firstToken(bodies[0]), "", "it starts with "+f.starts+", not with "+nodeName(bodies[0]))}
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
