package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// try runs a command of its own under the root, so that what the root does
// with errors is seen without a real command.
func try(t *testing.T, c *cobra.Command, args ...string) (code Code, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	app := &App{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test"}
	root := newRootCmd(app, c)
	root.SetArgs(args)
	code = app.finish(root.ExecuteContext(t.Context()))
	return code, out.String(), errs.String()
}

func TestErrorsBecomeExitCodes(t *testing.T) {
	cases := []struct {
		name   string
		err    error
		code   Code
		stderr string
	}{
		{"none", nil, Fine, ""},
		{"untyped", errors.New("reading x: gone"), Unmeasured, "pitwall: reading x: gone\n"},
		{"ended", fmt.Errorf("driving: %w", context.Canceled), NotDecided, "pitwall: driving: context canceled\n"},
		{"verdict", &ExitError{Code: Regression}, Regression, ""},
		{"hint", &ExitError{Code: Unmeasured, Err: errors.New("no Ruby"), Hint: "apt-get install ruby"}, Unmeasured, "pitwall: no Ruby\n  apt-get install ruby\n"},
		{"wrapped", fmt.Errorf("lap: %w", &ExitError{Code: Usage, Err: errors.New("bad route")}), Usage, "pitwall: lap: bad route\n"},
		{"hostile", errors.New("got \x1b]0;owned\a"), Unmeasured, "pitwall: got \\x1b]0;owned\\x07\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cmd := &cobra.Command{Use: "do", RunE: func(*cobra.Command, []string) error { return c.err }}
			code, _, stderr := try(t, cmd, "do")
			if code != c.code || stderr != c.stderr {
				t.Errorf("code %d, stderr %q; want %d, %q", code, stderr, c.code, c.stderr)
			}
		})
	}
}

func TestWhatIsRefusedBeforeRunningIsUsage(t *testing.T) {
	for _, args := range [][]string{{"do"}, {"do", "a", "b"}, {"do", "a", "--nope"}, {"do", "a", "--n=x"}, {"od"}, {"--nope"}, {"do", "a", "--color=blue"}} {
		cmd := &cobra.Command{Use: "do", Args: cobra.ExactArgs(1), RunE: func(*cobra.Command, []string) error { return nil }}
		cmd.Flags().Int("n", 0, "a number")
		code, stdout, stderr := try(t, cmd, args...)
		if code != Usage || stdout != "" || !strings.HasPrefix(stderr, "pitwall: ") || strings.Count(stderr, "\n") != 2 {
			t.Errorf("%q: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestPanicIsAFault(t *testing.T) {
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"version"}, nil, panicker{}, &errs)
	if code != int(Fault) || !strings.Contains(errs.String(), "internal fault: boom") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out.String(), errs.String())
	}
}

type panicker struct{}

func (panicker) Write([]byte) (int, error) { panic("boom") }

func TestWorstFollowsThePrecedence(t *testing.T) {
	order := []Code{Fine, NotDecided, Regression, Unmeasured, Usage, Fault}
	for i, a := range order {
		for j, b := range order {
			if got, want := Worst(a, b), order[max(i, j)]; got != want {
				t.Errorf("Worst(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
	if Worst() != Fine || Worst(Code(99), Usage) != Code(99) {
		t.Error("no code is fine; an unknown one is worst")
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":            "plain",
		"GET /naïve?q=日本":  "GET /naïve?q=日本",
		"\x1b[31mred":      `\x1b[31mred`,
		"a\nb\tc\rd":       `a\nb\tc\rd`,
		"\u009b31m":        `\x9b31m`,
		"bad \xff\xfe end": `bad \xff\xfe end`,
		"safe\u202egpj":    `safe\u202egpj`,
		"\u200bzero":       `\u200bzero`,
		"\u00a0x":          `\xa0x`,
		"\U000e0041":       `\U000e0041`,
		"\x7f":             `\x7f`,
		"�":                "�",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := CleanText("a\n\tb\x1b"); got != "a\n\tb\\x1b" {
		t.Errorf("CleanText = %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		for _, r := range got {
			if !printable(r) {
				t.Fatalf("%q still holds %q", got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Fatalf("cleaned twice: %q, then %q", got, again)
		}
	})
}

func TestColors(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	var b bytes.Buffer
	for mode, want := range map[string]string{"always": "\x1b[31mx\x1b[0m", "never": "x", "auto": "x"} {
		if got := (&App{color: mode}).Paint(&b, Red, "x"); got != want {
			t.Errorf("--color=%s: %q, want %q", mode, got, want)
		}
	}
}

func TestProgressInPlainLines(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &Progress{w: &b, now: func() time.Time { return now }}
	p.Update("seeding", 0, 100)
	for range 25 {
		now = now.Add(time.Second)
		p.Update("seeding", float64(now.Unix()), 100)
	}
	p.Update("booting \x1b[2J", 0, 0)
	p.Say("ready after %d s", 25)
	p.Done()
	want := []string{
		"seeding   0 %", "seeding  10 %, 1 min 30 s left", "seeding  20 %, 1 min 20 s left",
		`booting \x1b[2J`, "ready after 25 s", "",
	}
	if diff := cmp.Diff(want, strings.Split(b.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &Progress{w: &b, live: true, now: func() time.Time { return now }}
	p.Update("warming", 0, 0)
	now = now.Add(3 * time.Second)
	p.Update("warming", 0, 0)
	p.Say("steady")
	want := "warming\r\x1b[Kwarming, 3.00 s so far\r\x1b[Ksteady\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
