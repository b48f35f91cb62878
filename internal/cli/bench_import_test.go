package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// foreign is a file that another tool wrote.
func foreign(name string) string {
	return filepath.Join("..", "..", "analyze", "interchange", "testdata", name)
}

// importing runs "pitwall bench import" and returns what it prints and its
// exit code.
func importing(t *testing.T, args ...string) (string, Code) {
	t.Helper()
	var out bytes.Buffer
	a := &App{Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard}
	c := a.benchImportCmd()
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(args)
	err := c.Execute()
	var exit *ExitError
	if errors.As(typed(err), &exit) {
		return out.String() + "error: " + exit.Error(), exit.Code
	}
	return out.String(), Fine
}

func TestBenchImport(t *testing.T) {
	text := filepath.Join(t.TempDir(), "x.txt")
	worse := filepath.Join(t.TempDir(), "y.txt")
	for path, n := range map[string]string{text: "3", worse: "4"} {
		if err := os.WriteFile(path, []byte("Unit allocs/op assume=exact\nBenchmarkA\x1b[31m 1 "+n+" allocs/op\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		code Code
		want []string
	}{
		{[]string{foreign("ips-slow.save")}, Fine, []string{"benchmark-ips says: 1.00x slower (its error is rounded", "undecided: 1 process against 1 process"}},
		{[]string{foreign("ips.json")}, Fine, []string{"only a mean", "Note: json! writes a mean"}},
		{[]string{foreign("hyperfine-old.json")}, Fine, []string{`hyperfine says: "ruby -e 1" ran 1.10 ± 0.27 times faster`, "12 processes in one go"}},
		{[]string{"--old", foreign("hyperfine-old.json"), "--new", foreign("hyperfine-new.json")}, NotDecided, []string{"undecided: 12 processes in one go against 12"}},
		{[]string{"--old", foreign("go-old.txt"), "--new", foreign("go-new.txt")}, NotDecided, []string{"benchstat says: ~ (p=0.886 n=4)"}},
		{[]string{"--old", text, "--new", worse}, Regression, []string{`A\x1b[31m, allocations`, "worse: 4 each time, was 3 each time"}},
		{[]string{"--old", worse, "--new", text}, Fine, []string{"better:"}},
		{[]string{"--old", foreign("hyperfine-old-1.json"), "--old", foreign("hyperfine-old-2.json"), "--new", foreign("hyperfine-new-1.json"), "--new", foreign("hyperfine-new-2.json")}, NotDecided, []string{"nothing says that the sides took turns"}},
		{[]string{"--in-turn", "--old", foreign("hyperfine-old-1.json"), "--old", foreign("hyperfine-old-2.json"), "--new", foreign("hyperfine-new-1.json"), "--new", foreign("hyperfine-new-2.json")}, NotDecided, []string{"2 against 2 values that took turns, and a verdict takes 6"}},
		{[]string{"--in-turn", "--old", text, "--old", text, "--new", text}, Usage, []string{"as many files"}},
		{nil, Usage, []string{"no file to read"}},
		{[]string{"--old", text}, Usage, []string{"no file to read"}},
		{[]string{text, "--old", text}, Usage, []string{"is neither --old nor --new"}},
		{[]string{text, "--margin", "2"}, Usage, []string{"--margin is a ratio"}},
		{[]string{"--old", text, "--new", foreign("ips.json")}, Usage, []string{"they do not compare"}},
		{[]string{"--old", foreign("ips-old.save"), "--new", foreign("ips-slow.save")}, Unmeasured, []string{"no benchmark in common"}},
		{[]string{"missing.json"}, Unmeasured, []string{"missing.json"}},

		{[]string{foreign("../ips.go")}, Unmeasured, []string{"neither benchmark-ips"}},
	} {
		got, code := importing(t, c.args...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q prints no %q:\n%s", c.args, want, got)
			}
		}
		if code != c.code {
			t.Errorf("%q exits with %d (%s), want %d:\n%s", c.args, code, code, c.code, got)
		}
	}
}

func TestBenchImportJSON(t *testing.T) {
	got, code := importing(t, foreign("hyperfine-old.json"), "--json")
	var value struct {
		Schema     int
		Old        any
		New        struct{ Source string }
		Judgements []struct {
			Comparison struct{ Verdict string }
		}
		Notes []string
	}
	if err := json.Unmarshal([]byte(got), &value); err != nil || code != Fine {
		t.Fatalf("%v %d\n%s", err, code, got)
	}
	if value.Schema != importSchema || value.Old != nil || value.New.Source != "hyperfine" || len(value.Judgements) != 2 || value.Judgements[0].Comparison.Verdict != "undecided" || value.Notes == nil {
		t.Errorf("%+v", value)
	}
}
