package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// Variables wants no package variable that can change: two laps in one
// process, and two tests at once, must not see each other. Allowed are
// constants that Go cannot express: sentinel errors, compiled expressions,
// embedded files, tables that nothing in their package writes to, and what a
// "//pitwall:readonly" comment vouches for.
func Variables(s *Source) []string {
	var bad []string
	for _, p := range s.Packages {
		vars := packageVars(p)
		for _, v := range vars {
			if why := v.changeable(); why != "" {
				bad = append(bad, fmt.Sprintf("%s: package variable %s %s", s.at(v.name), v.name.Name, why))
			}
		}
		for _, w := range writes(p, vars) {
			bad = append(bad, fmt.Sprintf("%s: package variable %s is changed", s.at(w), w.Name))
		}
	}
	return bad
}

// variable is one name of a package-level var declaration.
type variable struct {
	name  *ast.Ident
	spec  *ast.ValueSpec
	value ast.Expr // nil without one
	sure  bool     // vouched for, or embedded
}

func packageVars(p *Package) []variable {
	var vars []variable
	for _, f := range p.Files {
		for _, d := range f.AST.Decls {
			g, ok := d.(*ast.GenDecl)
			if f.Test || !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				vs := spec.(*ast.ValueSpec)
				for i, name := range vs.Names {
					if name.Name == "_" { // an assertion on a type: nothing can be kept in it
						continue
					}
					v := variable{name: name, spec: vs, sure: vouched(g.Doc, vs.Doc, vs.Comment) || embedded(g.Doc, vs.Doc)}
					if i < len(vs.Values) {
						v.value = vs.Values[i]
					}
					vars = append(vars, v)
				}
			}
		}
	}
	return vars
}

func embedded(groups ...*ast.CommentGroup) bool {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, c := range g.List {
			if len(c.Text) > 10 && c.Text[:10] == "//go:embed" {
				return true
			}
		}
	}
	return false
}

// makers are calls whose result never changes.
//
//pitwall:readonly
var makers = []string{
	"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer", "template.Must", "math.Inf", "math.NaN",
	"big.NewInt", "netip.MustParsePrefix", "netip.MustParseAddr", "sync.OnceValue", "sync.OnceValues", "binary.LittleEndian",
	"float64", "int64", "math.Log", "math.Sqrt", "math.Exp", "time.Date", "slices.Sorted", "strings.Fields", "strings.Split", "[]byte",
}

// changeable says why a variable could change, from its declaration alone.
func (v variable) changeable() string {
	if v.sure || v.name.Name == "_" {
		return ""
	}
	switch value := v.value.(type) {
	case nil:
		return "has no value: it can only be meant to change"
	case *ast.CallExpr:
		if name := callee(value.Fun); !slices.Contains(makers, name) {
			return "is what " + name + " returned, which may change; a " + readonly + " comment vouches that it does not"
		}
	case *ast.UnaryExpr:
		return "is a pointer: whoever has it can write through it"
	case *ast.CompositeLit:
		if v.name.IsExported() {
			return "is an exported table, which other packages could write to: export a function"
		}
	}
	return ""
}

func callee(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return callee(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		return "[]" + callee(e.Elt)
	case *ast.IndexExpr:
		return callee(e.X)
	}
	return "a call"
}

// writes finds the places in a package where a package variable without a
// voucher is assigned to, counted up, emptied or has its address taken.
func writes(p *Package, vars []variable) []*ast.Ident {
	known := map[string]variable{}
	for _, v := range vars {
		if !v.sure {
			known[v.name.Name] = v
		}
	}
	var found []*ast.Ident
	see := func(e ast.Expr) {
		if id := root(e); id != nil && refers(id, known) {
			found = append(found, id)
		}
	}
	for _, f := range p.Files {
		if f.Test {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					if n.Tok != token.DEFINE {
						see(e)
					}
				}
			case *ast.IncDecStmt:
				see(n.X)
			case *ast.UnaryExpr:
				if _, literal := n.X.(*ast.CompositeLit); n.Op == token.AND && !literal {
					see(n.X)
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
					see(n.Args[0])
				}
			}
			return true
		})
	}
	return found
}

// root is the variable that an expression writes to: x of x.y[i].
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// refers says whether an identifier means one of the package's variables and
// not a local one of the same name. The parser resolves names within a file:
// what it left open, or resolved to the declaration itself, is the package's.
func refers(id *ast.Ident, known map[string]variable) bool {
	v, ok := known[id.Name]
	return ok && (id.Obj == nil || id.Obj.Decl == v.spec)
}
