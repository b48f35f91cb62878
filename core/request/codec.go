package request

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the version of the stored form that Write produces.
const Format = 1

// ErrTruncated is returned by Read, with all that could be read, when the
// stream ends before its last line.
var ErrTruncated = errors.New("the request log ends early")

// entry is one line of the stored form: exactly one field is set. The first
// line has Format, the last one End.
type entry struct {
	Format      int       `json:"format,omitempty"`
	Fingerprint *string   `json:"fingerprint,omitempty"`
	Request     *Request  `json:"request,omitempty"`
	Plan        *Plan     `json:"plan,omitempty"`
	Outgoing    *Outgoing `json:"outgoing,omitempty"`
	End         *end      `json:"end,omitempty"`
}

type end struct {
	Lost   int64 `json:"lost"`
	Skewed int64 `json:"skewed"`
}

// Write stores a log as lines of JSON: the format, each fingerprint, each
// request, each plan, each outgoing connection, and a last line with the
// counts.
func Write(w io.Writer, l *Log) error {
	out := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	put := func(x entry) error { return e.Encode(x) }
	err := put(entry{Format: Format})
	for i := 0; i < len(l.Fingerprints) && err == nil; i++ {
		err = put(entry{Fingerprint: &l.Fingerprints[i]})
	}
	for i := 0; i < len(l.Requests) && err == nil; i++ {
		err = put(entry{Request: &l.Requests[i]})
	}
	for i := 0; i < len(l.Plans) && err == nil; i++ {
		err = put(entry{Plan: &l.Plans[i]})
	}
	for i := 0; i < len(l.Outgoing) && err == nil; i++ {
		err = put(entry{Outgoing: &l.Outgoing[i]})
	}
	if err == nil {
		err = put(entry{End: &end{Lost: l.Lost, Skewed: l.Skewed}})
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing request log: %w", err)
	}
	return nil
}

const maxLine = 4 << 20

// Read reads what Write wrote. Slices of the log are never nil. A newer format
// and a line that makes no sense are errors; for a stream that ends early, see
// ErrTruncated.
func Read(r io.Reader) (*Log, error) {
	l := &Log{Fingerprints: []string{}, Requests: []Request{}, Plans: []Plan{}, Outgoing: []Outgoing{}}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	n, ended := 0, false
	for in.Scan() && !ended {
		n++
		var x entry
		err := json.Unmarshal(in.Bytes(), &x)
		if err != nil && !in.Scan() && in.Err() == nil && errors.As(err, new(*json.SyntaxError)) {
			break // the last line, cut off
		}
		if err == nil {
			ended, err = l.add(x, n == 1)
		}
		if err != nil {
			return l, fmt.Errorf("reading request log: line %d: %w", n, err)
		}
	}
	if err := in.Err(); err != nil {
		return l, fmt.Errorf("reading request log: line %d: %w", n+1, err)
	}
	if !ended {
		return l, fmt.Errorf("reading request log: line %d: %w", n, ErrTruncated)
	}
	return l, nil
}

// add takes one line; ended says that it was the last one.
func (l *Log) add(x entry, first bool) (ended bool, err error) {
	if first != (x.Format != 0) {
		return false, errors.New("not a request log")
	}
	switch {
	case x.Format > Format:
		return false, fmt.Errorf("format %d is newer than this Pitwall knows (%d)", x.Format, Format)
	case x.Fingerprint != nil:
		l.Fingerprints = append(l.Fingerprints, *x.Fingerprint)
	case x.Request != nil:
		if err := l.check(x.Request); err != nil {
			return false, err
		}
		l.Requests = append(l.Requests, *x.Request)
	case x.Plan != nil:
		if err := l.refers(x.Plan.Fingerprint); err != nil {
			return false, err
		}
		if x.Plan.Nodes == nil {
			x.Plan.Nodes = []Node{}
		}
		l.Plans = append(l.Plans, *x.Plan)
	case x.Outgoing != nil:
		l.Outgoing = append(l.Outgoing, *x.Outgoing)
	case x.End != nil:
		l.Lost, l.Skewed = x.End.Lost, x.End.Skewed
		return true, nil
	case x.Format == 0:
		return false, errors.New("unknown kind of line")
	}
	return false, nil
}

// check refuses a request that refers to a fingerprint that there is not, so
// that readers may index without asking.
func (l *Log) check(r *Request) error {
	if r.Statements == nil {
		r.Statements = []Statement{}
	}
	for _, s := range r.Statements {
		if err := l.refers(s.Fingerprint); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) refers(fp int) error {
	if fp < 0 || fp >= len(l.Fingerprints) {
		return fmt.Errorf("fingerprint %d of %d", fp, len(l.Fingerprints))
	}
	return nil
}
