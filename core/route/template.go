package route

import (
	"fmt"
	"net/url"
	"strings"
)

// Template is text with parameters in it: "/orders/{id}". A brace that does
// not enclose a name of letters, digits and underscores stands for itself, so
// that JSON needs no escaping.
type Template struct {
	parts []part
}

// part is literal text, or the name of a parameter.
type part struct {
	text string
	name bool
}

// Parse splits a template. Every text is one; what its parameters are is for
// Names to say.
func Parse(text string) Template {
	var t Template
	for text != "" {
		from, to := placeholder(text)
		if from < 0 {
			t.parts = append(t.parts, part{text: text})
			break
		}
		if from > 0 {
			t.parts = append(t.parts, part{text: text[:from]})
		}
		t.parts = append(t.parts, part{text: text[from+1 : to-1], name: true})
		text = text[to:]
	}
	return t
}

// Literal is a template that stands for exactly text.
func Literal(text string) Template { return Template{parts: []part{{text: text}}} }

// placeholder finds the first "{name}", -1 when there is none.
func placeholder(text string) (from, to int) {
	for i := 0; i < len(text); i++ {
		if text[i] != '{' {
			continue
		}
		end := i + 1
		for end < len(text) && nameByte(text[end], end == i+1) {
			end++
		}
		if end > i+1 && end < len(text) && text[end] == '}' {
			return i, end + 1
		}
	}
	return -1, -1
}

// nameByte says whether c may stand in a parameter's name.
func nameByte(c byte, first bool) bool {
	switch {
	case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return true
	}
	return !first && '0' <= c && c <= '9'
}

// Names are the template's parameters, as often as they appear.
func (t Template) Names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name {
			names = append(names, p.text)
		}
	}
	return names
}

// Escape writes a parameter's value as the place it goes to needs.
type Escape func(dst []byte, value string) []byte

// Append writes the template with its values to dst; a missing value is
// empty.
func (t Template) Append(dst []byte, values map[string]string, escape Escape) []byte {
	for _, p := range t.parts {
		if p.name {
			dst = escape(dst, values[p.text])
		} else {
			dst = append(dst, p.text...)
		}
	}
	return dst
}

// Escaped returns the template with the text between its parameters escaped.
func (t Template) Escaped(escape Escape) Template {
	e := Template{parts: make([]part, len(t.parts))}
	for i, p := range t.parts {
		if !p.name {
			p.text = string(escape(nil, p.text))
		}
		e.parts[i] = p
	}
	return e
}

// Raw writes a value as it is.
func Raw(dst []byte, value string) []byte { return append(dst, value...) }

// InURL escapes a value for a path segment or a query; both read %20 and %2F
// alike.
func InURL(dst []byte, value string) []byte {
	return append(dst, strings.ReplaceAll(url.QueryEscape(value), "+", "%20")...)
}

// InJSON escapes a value for the inside of a JSON string; a number stays as
// it is, so that it can stand outside of one too.
func InJSON(dst []byte, value string) []byte {
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return dst
}
