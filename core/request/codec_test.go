package request

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() *Log {
	wait := int64(5)
	return &Log{
		Fingerprints: []string{"SELECT ?", `SELECT "a" < ?`},
		Requests: []Request{
			{PID: 1, TID: 2, ID: "x", Route: "r", Action: "a#b", Method: "GET", Status: 200, Start: 3, End: 9, Queue: &wait, CPU: -1, GC: 4, GCCount: 1,
				Objects: 100, InFlight: 2, View: -1, Error: "E", Statements: []Statement{{Fingerprint: 1, Line: "a.rb:1", Count: 2, Cached: 1, Time: 7, Rows: -1}}},
			{Statements: []Statement{}},
		},
		Plans:    []Plan{{Fingerprint: 1, Nodes: []Node{{Type: "Seq Scan", Relation: "a", Columns: []string{"b"}, Rows: 1.5, TableRows: -1, Cost: 2}}}, {Error: "E", Nodes: []Node{}}},
		Outgoing: []Outgoing{{PID: 1, Host: "h", Port: 80, Refused: true}},
		Lost:     3, Skewed: 4,
	}
}

func stored(t *testing.T, l *Log) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, want := range []*Log{sample(), {Fingerprints: []string{}, Requests: []Request{}, Plans: []Plan{}, Outgoing: []Outgoing{}}} {
		got, err := Read(bytes.NewReader(stored(t, want)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// Wherever the stream is cut, what came before is read and the cut is told.
func TestTruncated(t *testing.T) {
	whole := stored(t, sample())
	for n := range len(whole) - 1 {
		l, err := Read(bytes.NewReader(whole[:n]))
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
		if lines := bytes.Count(whole[:n], []byte("\n")); lines > 3 && len(l.Requests) == 0 {
			t.Fatalf("%d lines: no request", lines)
		}
	}
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		`{"format":2}` + "\n":  "reading request log: line 1: format 2 is newer than this Pitwall knows (1)",
		`{"end":{}}` + "\n":    "reading request log: line 1: not a request log",
		"{\"format\":1}\n{}\n": "reading request log: line 2: unknown kind of line",
		"{\"format\":1}\n{\"request\":{\"sql\":[{\"fp\":0}]}}\n":        "reading request log: line 2: fingerprint 0 of 0",
		"{\"format\":1}\n{\"plan\":{\"fp\":-1}}\n":                      "reading request log: line 2: fingerprint -1 of 0",
		"{\"format\":1}\nx\n{\"end\":{}}\n":                             "reading request log: line 2: invalid character 'x' looking for beginning of value",
		"{\"format\":1}\n" + strings.Repeat(" ", maxLine+1) + "\n":      "reading request log: line 2: bufio.Scanner: token too long",
		"{\"format\":1}\n{\"request\":{\"pid\":\"x\"}}\n{\"end\":{}}\n": "reading request log: line 2: json: cannot unmarshal string into Go struct field Request.request.pid of type int",
	} {
		if _, err := Read(strings.NewReader(in)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", in, err, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	if err := Write(full{}, sample()); err == nil || err.Error() != "writing request log: disk full" {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(stored(t, l)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(l, again); d != "" {
			t.Error(d)
		}
	})
}

// Rails' own count leaves out transactions and what its cache answered.
func TestSentCountsLikeRails(t *testing.T) {
	prints := []string{"BEGIN", "SELECT * FROM users", "COMMIT", "INSERT INTO users VALUES (?)", "ROLLBACK TO SAVEPOINT active_record_1", "START TRANSACTION"}
	r := Request{Statements: []Statement{{Fingerprint: 0, Count: 1}, {Fingerprint: 1, Count: 5, Cached: 3}, {Fingerprint: 3, Count: 1},
		{Fingerprint: 2, Count: 1}, {Fingerprint: 4, Count: 1}, {Fingerprint: 5, Count: 1}, {Fingerprint: 99, Count: 1}}}
	if got := r.Sent(prints); got != 4 {
		t.Errorf("%d statements, want 2 selects, an insert and one of unknown text", got)
	}
}
