package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected words are what "printf '<%s>' WORDS" shows in dash 0.5.12.
func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"puma -C config/puma.rb":     {"puma", "-C", "config/puma.rb"},
		"  a \t b\n":                 {"a", "b"},
		`a 'b c' "d e" f\ g`:         {"a", "b c", "d e", "f g"},
		`a ''`:                       {"a", ""},
		`a"b"'c'd`:                   {"abcd"},
		`a "\$x \" \\ \n"`:           {"a", `$x " \ \n`},
		`a '$x|y' "a|b;c"`:           {"a", "$x|y", "a|b;c"},
		"a \\\n b":                   {"a", "b"},
		"a \\\nb":                    {"a", "b"},
		"a b=c":                      {"a", "b=c"},
		"./a=b":                      {"./a=b"},
		"ruby -e 'puts [1].map { }'": {"ruby", "-e", "puts [1].map { }"},
		"postgres -D {run_dir}/pg":   {"postgres", "-D", "{run_dir}/pg"},
	} {
		got, err := Words(in)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Words(%q): %v %s", in, err, diff)
		}
	}
}

func TestWordsRefusesWhatNeedsAShell(t *testing.T) {
	for in, want := range map[string]string{
		"":              "the command is empty",
		" \n":           "the command is empty",
		"a | b":         `"|" needs a shell`,
		"a && b":        `"&" needs a shell`,
		"a > b":         `">" needs a shell`,
		"a $PORT":       `"$" needs a shell`,
		`a "$PORT"`:     `"$" needs a shell`,
		"a `b`":         "\"`\" needs a shell",
		"RAILS_ENV=x a": `"RAILS_ENV=x" is not a command: put RAILS_ENV under "env"`,
		"a 'b":          "a ' is not closed",
		`a "b`:          `a " is not closed`,
		`a b\`:          "a backslash ends the command",
	} {
		_, err := Words(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Words(%q) = %v, want %q", in, err, want)
		}
	}
}

func TestExpand(t *testing.T) {
	vars := Vars{RunDir: "/run/x", Ports: map[string]int{"web": 3000, "slow-api": 4000}}
	for in, want := range map[string]string{
		"plain":                         "plain",
		"{run_dir}/pg":                  "/run/x/pg",
		"http://127.0.0.1:{port:web}/a": "http://127.0.0.1:3000/a",
		"{port:web},{port:slow-api}":    "3000,4000",
		"{{run_dir}}":                   "{run_dir}",
		"${HOME} ${run_dir}":            "${HOME} ${run_dir}",
		"[1].map { |x| x }":             "[1].map { |x| x }",
		`{"a": {run_dir}}`:              `{"a": /run/x}`,
		"{}{":                           "{}{",
	} {
		if got, err := Expand(in, vars); err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"{run_dri}":   "{run_dri} stands for nothing here: there are {run_dir} and {port:NAME}",
		"{port}":      "{port} stands for nothing here",
		"{port:wbe}":  `{port:wbe}: no service or process "wbe" has a port`,
		"{run_dir:x}": "{run_dir:x} stands for nothing",
	} {
		if _, err := Expand(in, vars); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Expand(%q) = %v, want %q", in, err, want)
		}
	}
	if _, err := Expand("{run_dir}", Vars{}); err == nil {
		t.Error("an unknown run_dir expands to nothing")
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`a 'b c' "d\"" e\ f`)
	f.Fuzz(func(t *testing.T, s string) {
		words, err := Words(s)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := Words(strings.Join(quoted, " "))
		if diff := cmp.Diff(words, again); err != nil || diff != "" {
			t.Fatalf("%q: quoted words read back: %v %s", s, err, diff)
		}
	})
}
