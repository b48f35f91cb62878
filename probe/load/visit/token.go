// Package visit holds what a visitor of a site carries from page to page: its
// cookies, and the tokens that its forms need.
package visit

import (
	"bytes"
	"html"
)

// Token is a form's defence against forged requests, as Rails writes it.
type Token struct {
	Param string // name of the form field
	Value string // empty: no token
}

// maxTags bounds how far a page is searched.
const maxTags = 20_000

// ScanToken finds the token in a page: <meta name="csrf-token">, which is
// good for every form, else the hidden field authenticity_token of the form
// whose action is given, else that of the first form.
func ScanToken(page []byte, action string) (Token, bool) {
	found := Token{Param: "authenticity_token"}
	var first, matching, meta string
	inForm := ""
	for range maxTags {
		tag, rest, ok := nextTag(page)
		if !ok {
			break
		}
		page = afterScript(tag, rest)
		switch {
		case tag.is("meta") && tag.attr("name") == "csrf-param":
			if name := tag.attr("content"); name != "" {
				found.Param = name
			}
		case tag.is("meta") && tag.attr("name") == "csrf-token":
			meta = tag.attr("content")
		case tag.is("form"):
			inForm = tag.attr("action")
		case tag.is("/form"):
			inForm = ""
		case tag.is("input") && tag.attr("name") == "authenticity_token":
			value := tag.attr("value")
			if first == "" {
				first = value
			}
			if inForm == action && matching == "" {
				matching = value
			}
		}
	}
	for _, value := range []string{meta, matching, first} {
		if value != "" {
			found.Value = value
			return found, true
		}
	}
	return Token{}, false
}

// afterScript leaves out the text of a script or style element, where < does
// not begin a tag.
func afterScript(t tag, rest []byte) []byte {
	for _, name := range []string{"script", "style"} {
		if !t.is(name) {
			continue
		}
		if i := bytes.Index(rest, []byte("</"+name)); i >= 0 {
			return rest[i:]
		}
	}
	return rest
}

// tag is what stands between < and >.
type tag []byte

// nextTag finds the next tag that is no comment. A > inside a quoted
// attribute does not end it.
func nextTag(page []byte) (t tag, rest []byte, ok bool) {
	for {
		i := bytes.IndexByte(page, '<')
		if i < 0 {
			return nil, nil, false
		}
		page = page[i+1:]
		if !bytes.HasPrefix(page, []byte("!--")) {
			break
		}
		if i = bytes.Index(page, []byte("-->")); i < 0 {
			return nil, nil, false
		}
		page = page[i:]
	}
	quote := byte(0)
	for i, c := range page {
		switch {
		case quote == 0 && c == '>':
			return tag(page[:i]), page[i+1:], true
		case quote == 0 && (c == '"' || c == '\'') && i > 0 && page[i-1] == '=':
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return nil, nil, false
}

// is compares the element's name, without regard to case.
func (t tag) is(name string) bool {
	if len(t) < len(name) || !bytes.EqualFold(t[:len(name)], []byte(name)) {
		return false
	}
	return len(t) == len(name) || bytes.IndexByte([]byte(" \t\r\n\f/"), t[len(name)]) >= 0
}

// attr is the value of an attribute with its entities resolved, empty when
// there is none.
func (t tag) attr(name string) string {
	rest := []byte(t)
	if i := bytes.IndexAny(rest, " \t\r\n\f"); i >= 0 {
		rest = rest[i:]
	} else {
		return ""
	}
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n\f/")
		if len(rest) == 0 {
			return ""
		}
		var key, value []byte
		key, value, rest = nextAttr(rest)
		if bytes.EqualFold(key, []byte(name)) {
			return html.UnescapeString(string(value))
		}
	}
}

// nextAttr takes one attribute off; b is not empty and begins with no space.
func nextAttr(b []byte) (key, value, rest []byte) {
	i := bytes.IndexAny(b[1:], "= \t\r\n\f/")
	if i < 0 {
		return b, nil, nil
	}
	key, b = b[:i+1], bytes.TrimLeft(b[i+1:], " \t\r\n\f")
	if len(b) == 0 || b[0] != '=' {
		return key, nil, b
	}
	b = bytes.TrimLeft(b[1:], " \t\r\n\f")
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		if i = bytes.IndexByte(b[1:], b[0]); i >= 0 {
			return key, b[1 : 1+i], b[2+i:]
		}
		return key, b[1:], nil
	}
	if i = bytes.IndexAny(b, " \t\r\n\f"); i < 0 {
		return key, b, nil
	}
	return key, b[:i], b[i:]
}
