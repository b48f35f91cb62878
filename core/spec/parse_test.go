package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/route"
)

// minimal is the least that a file holds; tests add to it.
const minimal = `app: shop
processes:
  - name: web
    command: puma
    port: auto
routes:
  - name: home
    path: /
`

func TestParse(t *testing.T) {
	s, err := Parse("pitwall.yml", []byte(minimal+`
services:
  - name: db
    command: &c pg -D '{run_dir}/a b'
    port: 5432
    env: &env {A: 1, B: true, C: 1.10, D: 0x10, E: "x"}
    ready: {tcp: "127.0.0.1:{port:db}", timeout: 1m30s}
    stop: {signal: INT}
  - name: other
    command: *c
    env:
      <<: *env
      B: mine
lap: {sampler_hz: 0, agent: false, seed: 18446744073709551615, share: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	hz, off := 0.0, false
	want := &Spec{
		App: "shop",
		Services: []Unit{
			{
				Name: "db", Command: "pg -D '{run_dir}/a b'", Port: 5432,
				Env:   map[string]string{"A": "1", "B": "true", "C": "1.10", "D": "0x10", "E": "x"},
				Ready: Ready{TCP: "127.0.0.1:{port:db}", Timeout: Duration(90 * time.Second)},
				Stop:  Stop{Signal: "INT"},
			},
			{
				Name: "other", Command: "pg -D '{run_dir}/a b'",
				Env: map[string]string{"A": "1", "B": "mine", "C": "1.10", "D": "0x10", "E": "x"},
			},
		},
		Processes: []Unit{{Name: "web", Command: "puma", Port: Auto}},
		Routes:    []route.Route{{Name: "home", Path: "/"}},
		Lap:       Lap{Sampler: &hz, Agent: &off, Seed: 18446744073709551615, Share: 1},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsShowLineColumnAndExcerpt(t *testing.T) {
	_, err := Parse("pitwall.yml", []byte(`app: shop
processes:
  - name: web
    comand: puma
    port: 99999
routes:
  - name: home
    path: /{id}
`))
	want := `pitwall.yml:3:5: processes[0]: command is missing
    2 | processes:
    3 |   - name: web
      |     ^
pitwall.yml:4:5: processes[0].comand: unknown key; did you mean command?
    3 |   - name: web
    4 |     comand: puma
      |     ^
pitwall.yml:5:5: processes[0].port: wants a port from 1 to 65535, or auto, not "99999"
    4 |     comand: puma
    5 |     port: 99999
      |     ^
pitwall.yml:8:5: routes[0].path: {id} has no entry under params:
    7 |   - name: home
    8 |     path: /{id}
      |     ^`
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Join(strings.Split(err.Error(), "\n"), "\n")
	got = strings.Replace(got, `pitwall.yml:2:1: processes: web has neither an address nor a port: where does it answer?
    1 | app: shop
    2 | processes:
      | ^
`, "", 1) // follows from the bad port
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNotASpec(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "reading x: it is empty",
		" \n\n":               "reading x: it is empty",
		"# only\n":            "reading x: it holds nothing but comments",
		"\x7fELF\x00\x01":     "reading x: it is not text in UTF-8",
		"a: \xff\xfe":         "reading x: it is not text in UTF-8",
		"- a\n":               `x:1:1: it starts with "app: NAME", not with a list`,
		"hello\n":             `x:1:1: it starts with "app: NAME", not with "hello"`,
		minimal + "---\na: 1": "x:10:1: a second document: one file describes one app",
		"app: [1\n":           "x:1:6: sequence end token ']' not found",
		"app: a\napp: b\n":    `x:2:1: mapping key "app" already defined at [1:1]`,
		"app: {run_dir}/x\n":  `x:1:15: value is not allowed in this context; a value that starts with "{" needs quotes`,
	} {
		_, err := Parse("x", []byte(in))
		if first, _, _ := strings.Cut(errText(err), "\n"); first != want {
			t.Errorf("%q: %q, want %q", in, first, want)
		}
	}
	if _, err := Parse("x", make([]byte, maxFile+1)); err == nil {
		t.Error("a file of over 1 MiB is taken")
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); errText(err) != "reading "+dir+": it is not a file but a directory" {
		t.Errorf("directory: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("missing: %v", err)
	}
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil || s.Dir != dir || s.Path("a/../b") != filepath.Join(dir, "b") || s.Path("/x") != "/x" {
		t.Errorf("%+v, %v", s, err)
	}
	if address, err := s.WebAddress(Vars{Ports: map[string]int{"web": 81}}); err != nil || address != "http://127.0.0.1:81" {
		t.Errorf("address %q, %v", address, err)
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

// A bomb of aliases must neither hang nor eat memory.
func TestAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("app: x\nallow: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		prev := "*a" + string(rune('a'+i-1))
		if i == 1 {
			prev = "*a0"
		}
		b.WriteString("k" + string(rune('a'+i)) + ": &a" + string(rune('a'+i)) + " [" + strings.Repeat(prev+", ", 9) + prev + "]\n")
	}
	b.WriteString("disposable: *al\n")
	if _, err := Parse("x", []byte(b.String())); err == nil {
		t.Error("taken")
	}
	for _, loop := range []string{"app: &a *a\n", "lap: &a {<<: *a}\n", "allow: &a [*a]\n", "lap: &a\n  <<: *b\ntraffic: &b\n  <<: *a\n"} {
		if _, err := Parse("x", []byte(loop)); err == nil {
			t.Errorf("%q is taken", loop)
		}
	}
}

func TestDefaults(t *testing.T) {
	var (
		stop  Stop
		ready Ready
		lap   Lap
		task  Task
	)
	number, err := stop.Number()
	got := []any{stop.Name(), stop.Limit(), number, err, ready.Limit(), lap.Length(), lap.Load(), task.Limit(), Port(0).String(), Auto.String(), Port(80).String(), Duration(90 * time.Second).String()}
	want := []any{"TERM", 10 * time.Second, 15, nil, time.Minute, 150 * time.Second, 0.5, 15 * time.Minute, "", "auto", "80", "1m30s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("app: &a {<<: *a, b: [*a, !!str 1]}\n? x\n: - y\n"))
	f.Add([]byte("a: |\n  x\nb: >-\n y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("x", data)
		if (s == nil) == (err == nil) {
			t.Fatalf("spec %v, error %v", s, err)
		}
		if err != nil {
			_ = err.Error()
			return
		}
		if problems := Check(s); len(problems) > 0 {
			t.Fatalf("parsed, but: %v", problems)
		}
	})
}
