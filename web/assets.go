package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// dist holds the built pages: web/build makes them from ui.
//
//go:embed dist/index.html dist/app.js dist/app.css dist/icon.svg dist/report.js dist/report.css
var dist embed.FS

// built is a file of dist. All of them are named above, so that a missing one
// ends the build of the program.
func built(name string) []byte {
	b, err := dist.ReadFile("dist/" + name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return b
}

// asset is one file of the served pages, compressed once.
type asset struct {
	kind    string
	content []byte
	zipped  []byte
	tag     string
}

func newAsset(kind string, content []byte) asset {
	var b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails on a bad level only
	zip.Write(content)                                      // to memory
	zip.Close()
	sum := sha256.Sum256(content)
	return asset{kind: kind, content: content, zipped: b.Bytes(), tag: fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))}
}

// ServeHTTP answers with the file; a browser that has it already is told so.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.content
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as browsers
// write it: a list of names, each with a weight at most.
func acceptsGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
		if strings.TrimSpace(name) == "gzip" {
			q := strings.TrimSpace(weight)
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
		}
	}
	return false
}
