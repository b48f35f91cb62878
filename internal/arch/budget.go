package arch

import (
	"fmt"
	"go/ast"
	"math"
	"slices"
	"strings"
)

// functions are the declared functions of a file.
func functions(f *File) []*ast.FuncDecl {
	var all []*ast.FuncDecl
	for _, d := range f.AST.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			all = append(all, fn)
		}
	}
	return all
}

// Lengths wants short functions and files.
func Lengths(s *Source) []string {
	var bad []string
	var all []int
	for _, p := range s.Packages {
		for _, f := range p.Files {
			if f.Code > longestFile {
				bad = append(bad, fmt.Sprintf("%s has %d lines of code, the limit is %d: split it by what it is about", f.Path, f.Code, longestFile))
			}
			if f.Test {
				continue
			}
			for _, fn := range functions(f) {
				n := s.lines(fn)
				all = append(all, n)
				if n > longestFunction {
					bad = append(bad, fmt.Sprintf("%s: %s has %d lines, the limit is %d", s.at(fn), fn.Name.Name, n, longestFunction))
				}
			}
		}
	}
	if p99 := percentile(all, 0.99); p99 >= functionP99 {
		bad = append(bad, fmt.Sprintf("the 99th percentile of %d functions is %d lines, it stays below %d", len(all), p99, functionP99))
	}
	return bad
}

// percentile is the smallest value with at least the share q at or below it.
func percentile(values []int, q float64) int {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
}

// Docs wants a comment on every package and every exported name.
func Docs(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		documented := p.Name == "" // tests only
		for _, f := range p.Files {
			if f.Test {
				continue
			}
			documented = documented || f.AST.Doc != nil
			bad = append(bad, undocumented(s, f)...)
		}
		if !documented {
			bad = append(bad, fmt.Sprintf("%s has no package comment", p.Path))
		}
	}
	return bad
}

func undocumented(s *Source, f *File) []string {
	var bad []string
	missing := func(n ast.Node, name string) {
		bad = append(bad, fmt.Sprintf("%s: %s is exported and has no comment", s.at(n), name))
	}
	for _, d := range f.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && !wellKnown(d) {
				missing(d, d.Name.Name)
			}
		case *ast.GenDecl:
			enum := false // a typed constant: its type's comment covers it
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						missing(spec, spec.Name.Name)
					}
				case *ast.ValueSpec:
					enum = spec.Type != nil || enum && spec.Values == nil
					if !enum && d.Doc == nil && spec.Doc == nil && spec.Comment == nil && spec.Names[0].IsExported() {
						missing(spec, spec.Names[0].Name)
					}
				}
			}
		}
	}
	return bad
}

// wellKnown methods do what their interface in the standard library says.
func wellKnown(fn *ast.FuncDecl) bool {
	return fn.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "String", "MarshalJSON", "UnmarshalJSON"}, fn.Name.Name)
}

// exportedReceiver is false for a method of an unexported type: nobody
// outside sees it.
func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return true
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// Inits wants none: what runs before main cannot be tested or left out.
func Inits(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		for _, f := range p.Files {
			for _, fn := range functions(f) {
				if !f.Test && fn.Recv == nil && fn.Name.Name == "init" {
					bad = append(bad, fmt.Sprintf("%s: init runs before main, unasked: call it where it is needed", s.at(fn)))
				}
			}
		}
	}
	return bad
}

// Main wants the program's own file to hold nothing but the call.
func Main(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		for _, f := range p.Files {
			if f.Path == "cmd/pitwall/main.go" {
				if n := s.Fset.File(f.AST.Pos()).LineCount(); n > longestMain {
					bad = append(bad, fmt.Sprintf("%s has %d lines, the limit is %d: logic belongs where tests reach it", f.Path, n, longestMain))
				}
			}
		}
	}
	return bad
}

// readonly is the directive that vouches for a package variable.
const readonly = "//pitwall:readonly"

func vouched(groups ...*ast.CommentGroup) bool {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, readonly) {
				return true
			}
		}
	}
	return false
}
