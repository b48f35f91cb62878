// Package answer tells whether two versions of an app give the same answer to
// the same request, once what changes by itself (tokens, nonces, ids, times)
// is taken out. A benchmark compares nothing else: a version that answers
// less is always faster.
package answer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MaxBody is how much of a body is compared by its text, in bytes. What is
// longer is compared by length and digest.
const MaxBody = 4 << 20

// Answer is an answer as it came.
type Answer struct {
	Status   int
	Type     string // Content-Type; empty when none was named
	Location string // of a redirect
	Body     []byte // the first MaxBody bytes
	Bytes    int64  // length of the whole body
	Digest   string // of the whole body; needed only when it is longer than Body
}

// whole says whether all of the body is here.
func (a Answer) whole() bool { return a.Bytes <= int64(len(a.Body)) && len(a.Body) <= MaxBody }

// Normal is an answer without what changes by itself.
type Normal struct {
	Status   int
	Type     string
	Location string
	Replaced map[string]int // rule -> what it took out; never nil
	lines    []line
	structed bool // the body is JSON: lines have paths
}

// line is a line of a body; in JSON also its place.
type line struct {
	text   string
	parent int32 // line that opened the object or list around it; -1 outside of all
	key    string
}

// Normalise applies the rules. A body that is not whole becomes one line that
// names its length and digest.
func Normalise(a Answer, r Rules) Normal {
	n := Normal{Status: a.Status, Type: mediaType(a.Type), Replaced: map[string]int{}}
	n.Location = string(r.apply([]byte(a.Location), n.Replaced))
	switch {
	case !a.whole():
		n.lines = []line{{text: describeLong(a), parent: -1}}
	case isJSON(n.Type) && n.readJSON(a.Body, r):
	default:
		for text := range bytes.Lines(r.apply(a.Body, n.Replaced)) {
			n.lines = append(n.lines, line{text: string(text), parent: -1})
		}
	}
	return n
}

// readJSON lays the body out a value a line; false when it is no JSON.
func (n *Normal) readJSON(body []byte, r Rules) bool {
	lines, ok := layOut(body)
	if !ok {
		return false
	}
	for i := range lines {
		lines[i].text = string(r.apply([]byte(lines[i].text), n.Replaced))
	}
	n.lines, n.structed = lines, true
	return true
}

// Digest names the answer: answers that match have the same one.
func (n Normal) Digest() string {
	h := sha256.New()
	for _, s := range []string{word(n.Status), n.Type, n.Location} {
		h.Write([]byte(s + "\x00"))
	}
	for _, l := range n.lines {
		h.Write([]byte(l.text))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// mediaType is the type in lower case with single spaces: "text/html;
// charset=utf-8".
func mediaType(s string) string {
	parts := strings.Split(strings.ToLower(s), ";")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.TrimSpace(p), `"`, "")
	}
	return strings.TrimSuffix(strings.Join(parts, "; "), "; ")
}

func isJSON(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json")
}
