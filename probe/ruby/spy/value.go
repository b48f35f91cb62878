package spy

import (
	"fmt"
	"strings"

	"pitwall/probe/ruby/layout"
)

// what RBasic.flags says
const (
	typeMask    = 0x1f
	typeString  = 5
	typeClass   = 2
	typeModule  = 3
	typeArray   = 7
	typeImemo   = 0x1a
	notEmbedded = 1 << 13 // of a string; of an array it says the opposite
	imemoShift  = 12
	imemoSvar   = 2
	imemoMethod = 6
)

// maxName is more bytes than any name or path that is worth showing.
const maxName = 4096

// values reads Ruby objects.
type values struct {
	mem reader
	l   *layout.Layout
}

func isObject(v uint64) bool { return v > 0x20 && v&7 == 0 }

// text is a String, made valid UTF-8. Longer than maxName it is cut.
func (v values) text(str uint64) (string, error) {
	if !isObject(str) {
		return "", fmt.Errorf("string %#x is no object", str)
	}
	head, err := v.mem.bytes(str, 40)
	if err != nil {
		return "", err
	}
	flags := word(head, 0)
	if flags&typeMask != typeString {
		return "", fmt.Errorf("object %#x is of type %d, not a string", str, flags&typeMask)
	}
	at, n := str+uint64(v.l.String.Embedded), uint64(0)
	switch {
	case flags&notEmbedded != 0:
		at, n = word(head, v.l.String.Pointer), word(head, v.l.String.Length)
	case v.l.String.EmbeddedLength == layout.None:
		n = flags >> 14 & 0x1f
	default:
		n = word(head, v.l.String.EmbeddedLength)
	}
	if n > 1<<40 {
		return "", fmt.Errorf("string %#x has %d bytes", str, n)
	}
	b, err := v.mem.bytes(at, int(min(n, maxName)))
	return strings.ToValidUTF8(string(b), "\uFFFD"), err
}

// element is the i-th element of an Array; 0 (false) past its end.
func (v values) element(array uint64, i int) (uint64, error) {
	if !isObject(array) {
		return 0, fmt.Errorf("array %#x is no object", array)
	}
	head, err := v.mem.bytes(array, 40)
	if err != nil {
		return 0, err
	}
	flags := word(head, 0)
	if flags&typeMask != typeArray {
		return 0, fmt.Errorf("object %#x is of type %d, not an array", array, flags&typeMask)
	}
	at, n := array+uint64(v.l.Array.Embedded), flags>>15&0x7f
	if flags&notEmbedded == 0 {
		at, n = word(head, v.l.Array.Pointer), word(head, v.l.Array.Length)
	}
	if i < 0 || uint64(i) >= n {
		return 0, nil
	}
	return v.mem.word(at + 8*uint64(i))
}

// path is an iseq's pathobj: a String, or an Array of the path as given and
// the real one. An absolute path is preferred.
func (v values) path(obj uint64) (string, error) {
	if p, err := v.text(obj); err == nil {
		return p, nil
	}
	given, err := v.element(obj, 0)
	if err != nil {
		return "", err
	}
	p, err := v.text(given)
	if err != nil || strings.HasPrefix(p, "/") {
		return p, err
	}
	if full, err := v.element(obj, 1); err == nil && isObject(full) {
		if abs, err := v.text(full); err == nil {
			return abs, nil
		}
	}
	return p, nil
}

// class is "Orders" with "#", or for a singleton class the name of what it is
// of with "."; empty before 3.3, and for classes without a name.
func (v values) class(class uint64) string {
	if v.l.Class.Path == layout.None || !isObject(class) {
		return ""
	}
	flags, err := v.mem.word(class)
	if err != nil {
		return ""
	}
	joint := "#"
	switch flags & typeMask {
	case typeClass:
		if flags>>uint(v.l.Class.SingletonBit)&1 == 1 {
			joint = "."
			if class, err = v.mem.word(class + uint64(v.l.Class.Attached)); err != nil || !v.isModule(class) {
				return ""
			}
		}
	case typeModule:
	default:
		return ""
	}
	str, err := v.mem.word(class + uint64(v.l.Class.Path))
	if err != nil {
		return ""
	}
	name, err := v.text(str)
	if err != nil || name == "" || name[0] == '#' {
		return ""
	}
	return name + joint
}

func (v values) isModule(obj uint64) bool {
	if !isObject(obj) {
		return false
	}
	flags, err := v.mem.word(obj)
	return err == nil && (flags&typeMask == typeClass || flags&typeMask == typeModule)
}
