package history

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pitwall/core/bench"
)

const good = `{"v":1,"time":"2026-03-04T04:06:07Z","revision":"abc","run":"r","benchmark":"a","file":"f","machine":"m","cpu":"c","ruby":"r","values":{"time":[0.1,0.2]}}`

func TestRead(t *testing.T) {
	text := strings.Join([]string{
		good, "", "  " + good + "\r",
		"<<<<<<< HEAD", "=======", ">>>>>>> other", "||||||| base",
		good[:60],
		strings.Replace(good, `"v":1`, `"v":2`, 1),
		strings.Replace(good, `"v":1`, `"v":0`, 1),
		strings.Replace(good, `"a"`, `""`, 1),
		strings.Replace(good, `[0.1,0.2]`, `[]`, 1),
		strings.Replace(good, `[0.1,0.2]`, `[-1]`, 1),
		strings.Replace(good, `[0.1,0.2]`, `[1e999]`, 1),
		strings.Replace(good, `[0.1,0.2]`, `["x"]`, 1),
		strings.Replace(good, `{"time":[0.1,0.2]}`, `{}`, 1),
		strings.Replace(good, `"time":"2026-03-04T04:06:07Z",`, ``, 1),
		strings.Replace(good, `2026-03-04T`, `yesterday`, 1),
		strings.Replace(good, `"abc"`, `"`+strings.Repeat("x", mostName+1)+`"`, 1),
		strings.Repeat("x", longestLine+10),
		`}`, `[1]`, "\x00\xff",
		strings.Replace(good, `"v":1`, `"v":1,"later":{"x":[1]}`, 1),
	}, "\n")
	r, err := Read(strings.NewReader(text))
	if err != nil || len(r.Lines) != 3 || r.Lines[0].At != 1 || r.Lines[1].At != 3 || r.Lines[2].At != 24 || r.Read != 23 || r.Wrong != 20 {
		t.Fatalf("%v, %d lines, read %d, wrong %d, %+v", err, len(r.Lines), r.Read, r.Wrong, r.Bad)
	}
	for at, want := range map[int]string{
		4: "merge conflict", 5: "merge conflict", 6: "merge conflict", 7: "merge conflict", 8: "cut off", 9: "newer", 10: "format 0", 11: "no name", 12: "0 values",
		13: "-1 as a value", 14: "holds a number 1e999", 15: "holds a string", 16: "no values", 17: "no time", 18: "cannot be read", 19: "a name of 1001 bytes", 20: "longer than",
		21: "no JSON from byte 1", 22: "holds a array", 23: "no JSON",
	} {
		why := ""
		for _, b := range r.Bad {
			if b.Line == at {
				why = b.Why
			}
		}
		if !strings.Contains(why, want) {
			t.Errorf("line %d: %q, want %q", at, why, want)
		}
	}
}

func TestReadOfBrokenFile(t *testing.T) {
	broken := errors.New("disk is gone")
	r, err := Read(io.MultiReader(strings.NewReader(good+"\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(r.Lines) != 1 || err.Error() != "line 2: disk is gone" {
		t.Errorf("%v, %+v", err, r)
	}
	if _, err := Read(strings.NewReader(strings.Repeat("x\n", mostLines+1))); err == nil {
		t.Error("no end of lines")
	}
	bad, err := Read(strings.NewReader(strings.Repeat("x\n", mostBad+7)))
	if err != nil || len(bad.Bad) != mostBad || bad.Wrong != mostBad+7 {
		t.Errorf("%v, %d named of %d", err, len(bad.Bad), bad.Wrong)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(good + "\n" + good)
	f.Add("<<<<<<< HEAD\n" + good + "\n=======\n{}\n")
	f.Add(strings.Repeat(strings.Replace(good, "[0.1,0.2]", "[0,1e-300,1e300]", 1)+"\n", 7))
	var wide strings.Builder
	for i, v := range []string{"1e-300", "1e300", "0", "2e-300", "1e300", "1e300", "1", "1e300", "1e-300"} {
		wide.WriteString(strings.Replace(strings.Replace(good, "[0.1,0.2]", "["+v+"]", 1), "07Z", "0"+string(rune('0'+i))+"Z", 1) + "\n")
	}
	f.Add(wide.String())
	f.Add(strings.ReplaceAll(wide.String(), `"time":[`, `"objects":[`))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(strings.NewReader(text))
		if err != nil {
			t.Skip()
		}
		if len(r.Lines)+r.Wrong != r.Read || len(r.Bad) > mostBad {
			t.Fatalf("%d lines and %d wrong of %d", len(r.Lines), r.Wrong, r.Read)
		}
		for _, e := range r.Lines { // what is read can be written and read again
			text, err := e.Line.Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Read(strings.NewReader(string(text)))
			if err != nil || len(again.Lines) != 1 || again.Lines[0].Benchmark != e.Benchmark {
				t.Fatalf("%v, %+v of %s", err, again, text)
			}
		}
		report := Judge(r, Want{})
		for _, s := range report.Series {
			if s.Points == nil || s.Changes == nil || s.Text == "" {
				t.Fatalf("%+v", s)
			}
		}
		if _, err := json.Marshal(report); err != nil {
			t.Fatal(err)
		}
		Judge(r, Want{Benchmark: "a", Metric: bench.Time})
	})
}
