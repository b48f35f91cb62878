package spec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// maxDepth bounds nesting, also through aliases; a spec needs six levels.
const maxDepth = 32

// maxNodes bounds what aliases can multiply.
const maxNodes = 100_000

// decoder fills a Spec from a syntax tree. Unlike a general decoder it goes
// on after an error and remembers where everything stands. A field without
// "omitempty" is required.
type decoder struct {
	problems []Problem
	at       positions
	texts    map[string]int // the line at which a text begins
	anchors  map[string]ast.Node
	depth    int
	nodes    int
}

func (d *decoder) problem(path, format string, args ...any) {
	d.problems = append(d.problems, Problem{path, fmt.Sprintf(format, args...)})
}

// anchors are the named nodes under root.
func anchors(root ast.Node) map[string]ast.Node {
	found := map[string]ast.Node{}
	for _, n := range ast.Filter(ast.AnchorType, root) {
		a := n.(*ast.AnchorNode)
		found[a.Name.GetToken().Value] = a.Value
	}
	return found
}

// plain follows anchors, aliases and the tag !!str; nil, with a problem
// noted, when there is nothing to follow to.
func (d *decoder) plain(n ast.Node, path string) ast.Node {
	for range maxDepth {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.TagNode:
			if t.GetToken().Value != "!!str" {
				d.problem(path, "the tag %s means nothing here", t.GetToken().Value)
				return nil
			}
			n = t.Value
		case *ast.AliasNode:
			name := t.Value.GetToken().Value
			if n = d.anchors[name]; n == nil {
				d.problem(path, "no anchor &%s", name)
				return nil
			}
		default:
			return n
		}
	}
	d.problem(path, "too many aliases on the way to a value")
	return nil
}

func (d *decoder) value(n ast.Node, v reflect.Value, path string) {
	if d.nodes++; d.nodes > maxNodes || d.depth > maxDepth {
		if d.nodes <= maxNodes+1 {
			d.problem(path, "too deep, or too many aliases")
		}
		return
	}
	d.depth++
	defer func() { d.depth-- }()
	if n = d.plain(n, path); n == nil {
		return
	}
	if _, null := n.(*ast.NullNode); null && v.Kind() != reflect.Interface {
		d.problem(path, "has no value")
		return
	}
	switch v.Interface().(type) {
	case Duration:
		d.duration(n, v, path)
		return
	case Port:
		d.port(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.mapping(n, path, func(key string, at ast.Node, value ast.Node) { d.field(v, path, key, value) })
		d.required(v, path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Interface:
		d.anything(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// mapping gives every key of n to each; keys of a merged mapping ("<<") come
// first, so that the mapping's own win.
func (d *decoder) mapping(n ast.Node, path string, each func(key string, at, value ast.Node)) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.problem(path, "wants keys and values, not %s", nodeName(n))
		return
	}
	for _, pair := range m.Values {
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			d.merge(pair.Value, path, each)
		}
	}
	for _, pair := range m.Values {
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			continue
		}
		key := pair.Key.GetToken().Value
		d.at[join(path, key)] = pair.Key.GetToken()
		each(key, pair.Key, pair.Value)
	}
}

func (d *decoder) merge(n ast.Node, path string, each func(key string, at, value ast.Node)) {
	if d.depth++; d.depth > maxDepth {
		d.problem(path, "too many merges")
		d.depth--
		return
	}
	if n = d.plain(n, path); n != nil {
		d.mapping(n, path, each)
	}
	d.depth--
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field decodes one key of a struct.
func (d *decoder) field(v reflect.Value, path, key string, n ast.Node) {
	var names []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		if name == key {
			d.value(n, v.Field(i), join(path, key))
			return
		}
		names = append(names, name)
	}
	if near := nearest(key, names); near != "" {
		d.problem(join(path, key), "unknown key; did you mean %s?", near)
		return
	}
	d.problem(join(path, key), "unknown key; there are %s", strings.Join(names, ", "))
}

func (d *decoder) required(v reflect.Value, path string) {
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name != "-" && options != "omitempty" && d.at[join(path, name)] == nil {
			d.problem(path, "%s is missing", name)
		}
	}
}

func (d *decoder) table(n ast.Node, v reflect.Value, path string) {
	v.Set(reflect.MakeMap(v.Type()))
	d.mapping(n, path, func(key string, at, value ast.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(value, item, join(path, key))
		v.SetMapIndex(reflect.ValueOf(key), item)
	})
}

// anything decodes what may be of any kind, as JSON would.
func (d *decoder) anything(n ast.Node, v reflect.Value, path string) {
	into := func(kind any) {
		value := reflect.New(reflect.TypeOf(kind)).Elem()
		d.nodes-- // counted already
		d.value(n, value, path)
		v.Set(value)
	}
	switch n.(type) {
	case *ast.NullNode:
	case *ast.MappingNode:
		into(map[string]any{})
	case *ast.SequenceNode:
		into([]any{})
	case *ast.BoolNode:
		into(false)
	case *ast.IntegerNode:
		into(int64(0))
	case *ast.FloatNode:
		into(0.0)
	default:
		into("")
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(path, "wants a list, not %s", nodeName(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, item := range s.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.at[at] = firstToken(item)
		d.value(item, v.Index(i), at)
	}
}

// scalar decodes text, numbers and booleans. Numbers and booleans are text
// too, as they are written: "RAILS_MAX_THREADS: 5".
func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	text, ok := scalarText(n)
	if !ok {
		hint := ""
		if v.Kind() == reflect.String && n.GetToken().Value == "{" {
			hint = `; a value that starts with "{" needs quotes`
		}
		d.problem(path, "wants %s, not %s%s", wanted(v.Kind()), nodeName(n), hint)
		return
	}
	bad := false
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		d.texts[path] = textLine(n)
	case reflect.Bool:
		b, isBool := n.(*ast.BoolNode)
		if bad = !isBool; !bad {
			v.SetBool(b.Value)
		}
	case reflect.Int, reflect.Int64:
		i, isInt := integer(n)
		if bad = !isInt || v.OverflowInt(i); !bad {
			v.SetInt(i)
		}
	case reflect.Uint64:
		i, isInt := n.(*ast.IntegerNode)
		if bad = !isInt; !bad {
			u, err := strconv.ParseUint(text, 0, 64)
			bad = err != nil || i == nil
			v.SetUint(u)
		}
	case reflect.Float64:
		f, isFloat := number(n)
		if bad = !isFloat; !bad {
			v.SetFloat(f)
		}
	}
	if bad {
		d.problem(path, "wants %s, not %q", wanted(v.Kind()), text)
	}
}

func (d *decoder) duration(n ast.Node, v reflect.Value, path string) {
	text, _ := scalarText(n)
	t, err := time.ParseDuration(text)
	if err != nil || t <= 0 {
		d.problem(path, `wants a time such as "90s" or "2m", not %s`, quoted(n))
		return
	}
	v.SetInt(int64(t))
}

func (d *decoder) port(n ast.Node, v reflect.Value, path string) {
	if text, _ := scalarText(n); text == "auto" {
		v.SetInt(int64(Auto))
		return
	}
	i, ok := integer(n)
	if !ok || i < 1 || i > math.MaxUint16 {
		d.problem(path, "wants a port from 1 to 65535, or auto, not %s", quoted(n))
		return
	}
	v.SetInt(i)
}
