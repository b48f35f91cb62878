package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Problem is something wrong in a spec, without a place in a file.
type Problem struct {
	Path    string // "processes[0].ready.http"; empty for the whole
	Message string
}

// Error is a problem with its place in the file.
type Error struct {
	File    string
	Line    int // from 1; 0 when there is no place
	Column  int // from 1, in characters
	Path    string
	Message string
	Excerpt string // the lines around it with a caret; ends without a line end
}

// Error is "FILE:LINE:COLUMN: PATH: MESSAGE" and the excerpt under it.
func (e *Error) Error() string {
	s := e.File + ": "
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	}
	if e.Path != "" {
		s += e.Path + ": "
	}
	s += e.Message
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// Errors is all that is wrong in a file, in the order of its lines.
type Errors []*Error

// most is how many errors are worth reading at once.
const most = 10

// Error lists the first ten.
func (e Errors) Error() string {
	var parts []string
	for i, err := range e {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(e)-most))
			break
		}
		parts = append(parts, err.Error())
	}
	return strings.Join(parts, "\n")
}

// positions is where each path of a spec stands in its file: the key of a
// mapping's value, the first token of a list's item.
type positions map[string]*token.Token

// nearest is the place of the path, or of the closest one above it.
func (p positions) nearest(path string) *token.Token {
	for path != "" {
		if t := p[path]; t != nil {
			return t
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return nil
}

// source is the text that errors quote.
type source struct {
	name  string
	lines [][]byte
}

func (s source) errors(problems []Problem, at positions) Errors {
	var all Errors
	for _, p := range problems {
		all = append(all, s.error(at.nearest(p.Path), p.Path, p.Message))
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all
}

func (s source) error(t *token.Token, path, message string) *Error {
	e := &Error{File: s.name, Path: path, Message: message}
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
		e.Excerpt = s.excerpt(e.Line, e.Column)
	}
	return e
}

// excerpt is the line and the one before it, with a caret under the column.
func (s source) excerpt(line, column int) string {
	var b strings.Builder
	for n := max(1, line-1); n <= line && n <= len(s.lines); n++ {
		fmt.Fprintf(&b, "%5d | %s\n", n, strings.TrimRight(string(s.lines[n-1]), " \r"))
	}
	fmt.Fprintf(&b, "      | %s^", strings.Repeat(" ", max(0, column-1)))
	return b.String()
}

var braced = regexp.MustCompile(`(:|-)\s+\{[a-z_]+(:[^ }]*)?\}`)

// bracedValue says whether a line holds a template where YAML reads a
// mapping.
func (s source) bracedValue(line int) bool {
	return line >= 1 && line <= len(s.lines) && braced.Match(s.lines[line-1])
}
