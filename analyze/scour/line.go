package scour

import (
	"bytes"
	"regexp"
	"strings"
)

// started is Rails' line at the start of a request (Rails::Rack::Logger).
// What stands before it ends in ": " or "] " (formatter, tags) or is a
// platform's prefix with "| "; so a parameter that quotes such a line is not
// taken for one.
var started = regexp.MustCompile(`(?:^|[:\]|] +)Started ([A-Z]+) "([^"\s]*)" for `)

// combined is a line of nginx's and Apache's combined or common format, with
// anything behind it.
var combined = regexp.MustCompile(`^\S+ \S+ .*?\[[^\]]*\] "([A-Z]+) (\S+)(?: HTTP/[0-9.]+)?" [0-9]{3} `)

// request is the method and target of a line that records a request.
func request(line []byte) (method, target string, ok bool) {
	var m [][]byte
	switch {
	case bytes.Contains(line, []byte(`Started `)):
		m = started.FindSubmatch(line)
	case bytes.Contains(line, []byte(`] "`)):
		m = combined.FindSubmatch(line)
	}
	if m == nil {
		return "", "", false
	}
	return string(m[1]), origin(string(m[2])), true
}

// origin drops scheme and host of an absolute target.
func origin(target string) string {
	if i := strings.Index(target, "://"); i >= 0 && !strings.HasPrefix(target, "/") {
		rest := target[i+3:]
		if j := strings.IndexByte(rest, '/'); j >= 0 {
			return rest[j:]
		}
		return "/"
	}
	return target
}
