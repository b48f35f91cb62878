package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/probe/exec"
)

func TestNet(t *testing.T) {
	for _, c := range []struct {
		values, reading []float64
		want            float64
	}{
		{nil, nil, -1},
		{nil, []float64{1}, -1},
		{[]float64{5}, nil, 5},
		{[]float64{7, 5, 6, 100}, []float64{1, 1, 9}, 5}, // the lower median of four is the second
		{[]float64{3, 3}, []float64{3}, 0},
	} {
		if got, err := net(c.values, c.reading); got != c.want || err != nil {
			t.Errorf("%v less %v: %v, %v; want %v", c.values, c.reading, got, err, c.want)
		}
	}
	if _, err := net([]float64{1}, []float64{2}); err == nil {
		t.Error("less than nothing is no error")
	}
}

func TestDigest(t *testing.T) {
	if digest(nil) != "" {
		t.Error("a digest of nothing")
	}
	seen := map[string]string{}
	for _, results := range [][]string{{"a"}, {"a", "a"}, {"", "aa"}, {"aa", ""}, {"aa"}, {""}} {
		d := digest(results)
		if other, ok := seen[d]; ok || !strings.HasPrefix(d, fmt.Sprintf("%d results ", len(results))) || len(d) != len("1 results ")+64 {
			t.Errorf("%q is %q, as %q", results, d, other)
		}
		seen[d] = fmt.Sprintf("%q", results)
	}
}

func TestText(t *testing.T) {
	got := text(exec.Output{Tail: []byte(strings.Repeat("é", keeps) + "\xffend\n\n")})
	if len(got) > keeps+8 || !strings.HasSuffix(got, "é\uFFFDend") || !strings.HasPrefix(got, "é") && !strings.HasPrefix(got, "\uFFFD") {
		t.Errorf("%d bytes: %.10q...%q", len(got), got, got[len(got)-10:])
	}
	if got := text(exec.Output{}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestFaults(t *testing.T) {
	for line, want := range map[string]string{
		`{"error":{"kind":"refused","what":"the body sleeps","where":"a.yml:3","hint":"allow"}}`:                            "a.yml:3: the body sleeps",
		`{"error":{"kind":"raised","stage":"setup","class":"RuntimeError","message":"x","where":"a.yml:3","backtrace":[]}}`: "a.yml:3: setup raised RuntimeError: x",
		`{"error":{"kind":"raised","class":"RuntimeError","message":"x"}}`:                                                  "body raised RuntimeError: x",
		`{"error":{"kind":"syntax","where":"a.yml:3","message":"syntax error"}}`:                                            "a.yml:3: syntax error",
		`{"error":{"kind":"?","message":"odd"}}`:                                                                            "unexpected answer of the worker: odd",
		`{"ok":[]}`:                                                                                                         "unexpected answer of the worker: json: cannot unmarshal array",
		`{`:                                                                                                                 "unexpected answer of the worker: unexpected end of JSON input",
		`{"ok":1}x`:                                                                                                         "unexpected answer of the worker: invalid character",
	} {
		if err := decode(answer{line: []byte(line)}, "body", &Batch{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	var b Batch
	if err := decode(answer{line: []byte(`{"ok":{"calls":3,"wall_ns":7,"cpu_ns":-1}}`)}, "body", &b); err != nil || b.Calls != 3 || b.Wall != 7 || b.CPU != -1 {
		t.Errorf("%+v, %v", b, err)
	}
}

// A user's Ruby that writes to our descriptor is told from one that answers,
// and a line without an end does not fill memory.
func TestReadIsBounded(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan answer, 1)
	go read(r, answers)
	go func() {
		_, _ = w.WriteString("{}\n")
		part := strings.Repeat("x", 1<<20)
		for range longest>>20 + 3 {
			_, _ = w.WriteString(part)
		}
		w.Close()
	}()
	var odd *ProtocolError
	if first := <-answers; string(first.line) != "{}\n" {
		t.Errorf("%q", first.line)
	}
	if second := <-answers; !errors.As(second.err, &odd) {
		t.Errorf("%v", second.err)
	}
	if _, open := <-answers; open {
		t.Error("there is more")
	}
}

// The worker must not need what it lacks: each file that one requires is
// embedded, and none requires a library that is a gem.
func TestSourcesRequireNoGem(t *testing.T) {
	files, err := fs.Glob(sources, "rb/*.rb")
	if err != nil || len(files) < 9 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, _ := fs.ReadFile(sources, f)
		if strings.HasPrefix(filepath.Base(f), "rack") || strings.HasPrefix(filepath.Base(f), "job") || strings.HasPrefix(filepath.Base(f), "app") {
			continue // they run after the app's own bundle
		}
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "require") && !strings.HasPrefix(line, "require File.") && line != `require "ffi"` && line != `require "socket"` && !strings.HasPrefix(line, `require "jruby"`) { // parts of JRuby
				t.Errorf("%s:%d: %s", f, i+1, line)
			}
		}
	}
}

func TestStartOfWhatIsNoRuby(t *testing.T) {
	var died *DiedError
	_, err := Start(t.Context(), Options{Ruby: []string{"/bin/sh", "-c", "echo oops >&2; exit 4"}, Dir: t.TempDir()})
	if !errors.As(err, &died) || died.How != "exited with 4" || died.Tail != "oops" || died.Stage != "its start" {
		t.Errorf("%v", err)
	}
	var odd *ProtocolError
	if _, err := Start(t.Context(), Options{Ruby: []string{"/bin/sh", "-c", "echo hello >&4; sleep 60"}, Dir: t.TempDir()}); !errors.As(err, &odd) {
		t.Errorf("%v", err)
	}
	var hung *HungError
	if _, err := Start(t.Context(), Options{Ruby: []string{"/bin/sh", "-c", "sleep 60"}, Dir: t.TempDir(), Limit: 50 * time.Millisecond}); !errors.As(err, &hung) {
		t.Errorf("%v", err)
	}
}

// The number of a worker that died is its own until Kill, which signals it and
// its group: reaped at once, it could be another's by then.
func TestADeadWorkerIsNotReapedBeforeKill(t *testing.T) {
	w, err := Start(t.Context(), Options{Ruby: []string{"/bin/sh", "-c", `echo '{"ok":{}}' >&4; echo oops >&2; exit 4`}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	<-w.ended
	if err := syscall.Kill(w.process, 0); err != nil {
		t.Errorf("before Kill: %v", err)
	}
	end, err := w.Close(t.Context())
	var died *DiedError
	if !errors.As(err, &died) || died.How != "exited with 4" || end.Stderr != "oops" {
		t.Errorf("%v, %+v", err, end)
	}
	if err := syscall.Kill(w.process, 0); err != syscall.ESRCH {
		t.Errorf("after Kill: %v", err)
	}
	w.Kill()
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"ok":{"calls":3,"wall_ns":7,"cpu_ns":-1}}`))
	f.Add([]byte(`{"error":{"kind":"raised","backtrace":["a"]}}`))
	f.Add([]byte(`{"ok":{"objects":[1,2.5],"reading":{"objects":[null]},"results":["YQ=="]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var b Batch
		var c counted
		var l listing
		for _, into := range []any{&b, &c, &l, nil} {
			if err := decode(answer{line: line}, "body", into); err != nil && err.Error() == "" {
				t.Error("an error that says nothing")
			}
		}
	})
}
