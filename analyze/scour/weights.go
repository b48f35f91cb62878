// Package scour reads production logs. Its first use is to weigh an app's
// routes by how often they are asked for.
package scour

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"pitwall/core/route"
)

// Coverage says how much of a log was understood.
type Coverage struct {
	Lines     int64 `json:"lines"`
	Matched   int64 `json:"matched"`   // requests that one of the routes would have sent
	Unmatched int64 `json:"unmatched"` // requests for something else
	Ignored   int64 `json:"ignored"`   // lines that say nothing of a request's start
}

// maxLine bounds a line: what is longer is ignored, and counted.
const maxLine = 64 << 10

// Weights counts how often each route was asked for in a log: Rails' lines
// `Started GET "/path"`, with any prefix, or the combined lines of nginx and
// Apache. A request belongs to the route with its method whose path template
// fits most literally; where templates name query parameters, a request has
// to have them. Counts holds every route by name, with 0 where none came.
// The error is the reader's.
func Weights(r io.Reader, routes []route.Route) (counts map[string]int64, report Coverage, err error) {
	counts = make(map[string]int64, len(routes))
	for _, rt := range routes {
		counts[rt.Name] = 0
	}
	m := newMatcher(routes)
	err = eachLine(r, func(line []byte, whole bool) {
		report.Lines++
		method, target, ok := request(line)
		if !ok || !whole {
			report.Ignored++
			return
		}
		name, ok := m.match(method, target)
		if !ok {
			report.Unmatched++
			return
		}
		report.Matched++
		counts[name]++
	})
	if err != nil {
		return nil, report, fmt.Errorf("reading log: line %d: %w", report.Lines+1, err)
	}
	return counts, report, nil
}

// eachLine gives every line to visit, without its end; of a line that is too
// long only the beginning, which is not whole.
func eachLine(r io.Reader, visit func(line []byte, whole bool)) error {
	b := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := b.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 {
			visit(line, whole)
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = b.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
