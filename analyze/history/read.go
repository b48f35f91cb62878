package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"pitwall/core/bench"
)

// Bounds of a record that is read.
const (
	longestLine = 1 << 20
	mostLines   = 200_000
	mostBad     = 100    // that are named; all are counted
	mostValues  = 10_000 // of a metric in a line
	mostName    = 1000   // bytes of a name, a path, a revision
	largest     = 1e18   // value: more is no figure of a benchmark
)

// Record is a history file that was read.
type Record struct {
	Lines []Entry
	Bad   []Bad // the first of them
	Read  int   // lines, bad ones included and empty ones not
	Wrong int   // lines that could not be used
}

// Entry is a line with its place in the file.
type Entry struct {
	bench.Line
	At int // from 1
}

// Join puts the records of several files together. The names are those of the
// files, and are given to the lines that could not be used.
func Join(names []string, records []Record) Record {
	all := Record{Lines: []Entry{}, Bad: []Bad{}}
	for i, r := range records {
		all.Lines = append(all.Lines, r.Lines...)
		all.Read += r.Read
		all.Wrong += r.Wrong
		for _, b := range r.Bad {
			b.File = names[i]
			all.Bad = append(all.Bad, b)
		}
	}
	return all
}

// Read reads a history file. A line that cannot be used is counted and named,
// and does not stop it; an error is one of reading, or a file with more lines
// than any history has.
func Read(r io.Reader) (Record, error) {
	record := Record{Lines: []Entry{}, Bad: []Bad{}}
	in := bufio.NewReaderSize(r, 64<<10)
	for at := 1; ; at++ {
		text, long, err := line(in)
		if err != nil && err != io.EOF {
			return record, fmt.Errorf("line %d: %w", at, err)
		}
		text = bytes.TrimSpace(text)
		if len(text) > 0 || long {
			if record.Read++; record.Read > mostLines {
				return record, fmt.Errorf("line %d: more than %d lines", at, mostLines)
			}
			record.take(at, text, long)
		}
		if err == io.EOF {
			return record, nil
		}
	}
}

// take adds one line.
func (r *Record) take(at int, text []byte, long bool) {
	l, err := parse(text)
	if long {
		err = fmt.Errorf("longer than %d bytes", longestLine)
	}
	if err != nil {
		r.Wrong++
		if len(r.Bad) < mostBad {
			r.Bad = append(r.Bad, Bad{Line: at, Why: err.Error()})
		}
		return
	}
	r.Lines = append(r.Lines, Entry{l, at})
}

// line reads up to a line end; of one that is too long, only its beginning.
func line(in *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if room := longestLine - len(text); len(part) > room {
			part, long = part[:room], true
		}
		text = append(text, part...)
		if err != bufio.ErrBufferFull {
			return text, long, err
		}
	}
}

// parse reads one line.
func parse(text []byte) (bench.Line, error) {
	var l bench.Line
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return l, errors.New("the mark of a merge conflict: keep the lines of both sides and delete the marks")
		}
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, plain(err)
	}
	switch {
	case l.Format > bench.LineFormat:
		return l, fmt.Errorf("format %d, newer than the %d that this pitwall reads", l.Format, bench.LineFormat)
	case l.Format != bench.LineFormat:
		return l, fmt.Errorf("format %d, not %d", l.Format, bench.LineFormat)
	case l.Benchmark == "":
		return l, errors.New("no name of a benchmark")
	case l.Time.IsZero():
		return l, errors.New("no time")
	case len(l.Values) == 0:
		return l, errors.New("no values")
	}
	for _, name := range []string{l.Benchmark, l.File, l.Revision, l.Run, l.Machine, l.CPU, l.Ruby} {
		if len(name) > mostName {
			return l, fmt.Errorf("a name of %d bytes", len(name))
		}
	}
	for metric, values := range l.Values {
		if len(values) == 0 || len(values) > mostValues {
			return l, fmt.Errorf("%d values of %.40q", len(values), metric)
		}
		for _, v := range values {
			if v < 0 || v > largest {
				return l, fmt.Errorf("%v as a value of %.40q", v, metric)
			}
		}
	}
	return l, nil
}

// plain says what is wrong with a line in words of ours.
func plain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return errors.New("cut off in the middle, by a crash while it was written")
	case errors.As(err, &kind):
		return fmt.Errorf("%.40q holds a %s", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON from byte %d on", syntax.Offset)
	}
	return errors.New("a value that cannot be read")
}
