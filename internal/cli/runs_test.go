package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/store"
)

const hostileName = "shop\x1b[2J\u202e</script>\nx"

// shelfOf makes a store of two laps and a run without a result, and returns
// its directory and the ids, oldest first.
func shelfOf(t *testing.T) (dir string, ids []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "store")
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i, statements := range []float64{51, 2, -1} {
		r := run.Run{
			App: hostileName, Command: "lap", Summary: hostileName, Started: at.Add(time.Duration(i) * time.Hour), Settings: "s",
			Revision: "0123456789abcdef+dirty", Machine: run.Machine{Fingerprint: "m"}, Dropped: []string{hostileName},
		}
		w, err := st.Begin(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if statements > 0 {
			one := stat.Estimate{Point: statements, Low: statements, High: statements, Unit: "1", Asked: 0.95, N: 10, Method: "count"}
			putLap(t, w, lap.Result{Schema: lap.Schema, App: r.App, Routes: []lap.Route{{Name: hostileName, Own: &lap.Own{Requests: 10, Statements: &one}}}})
		}
		if err := w.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.ID())
	}
	return dir, ids
}

func putLap(t *testing.T, w *store.Writer, result lap.Result) {
	t.Helper()
	p, err := w.Part(t.Context(), store.LapPart, "application/json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(p).Encode(result); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// runCLI runs a command of this file's kind under the root.
func runCLI(t *testing.T, args ...string) (code Code, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	app := &App{Stdin: strings.NewReader("y\n"), Stdout: &out, Stderr: &errs, Version: "test"}
	root := newRootCmd(app, newRunsCmd(app), newServeCmd(app), newReportCmd(app))
	root.SetArgs(args)
	code = app.finish(root.ExecuteContext(t.Context()))
	return code, out.String(), errs.String()
}

// safe fails when text would act on a terminal.
func safe(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("a hostile name reached the terminal: %q", text)
	}
}

func TestRunsList(t *testing.T) {
	dir, ids := shelfOf(t)
	code, out, stderr := runCLI(t, "runs", "--store", dir, "-n", "2")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != Fine || len(lines) != 3 || stderr != "" {
		t.Fatalf("code %d, %q, stderr %q", code, out, stderr)
	}
	safe(t, out)
	for _, want := range []string{"0123456789+dirty", "complete", `shop\x1b[2J\u202e</script>\nx`} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%q lacks %q", lines[1], want)
		}
	}
	short := strings.Fields(lines[1])[0]
	if !strings.HasPrefix(ids[2], short) || len(short) < 8 || strings.HasPrefix(ids[1], short) {
		t.Errorf("short id %q of %v", short, ids)
	}
	var list struct {
		Schema int
		Runs   []run.Run
	}
	code, out, _ = runCLI(t, "runs", "--store", dir, "--json", "--app", hostileName)
	if err := json.Unmarshal([]byte(out), &list); code != Fine || err != nil || list.Schema != 1 || len(list.Runs) != 3 || list.Runs[0].ID != ids[2] {
		t.Errorf("code %d, %v, %+v", code, err, list)
	}
	if code, out, _ := runCLI(t, "runs", "--store", dir, "--app", "none", "--json"); code != Fine || !strings.Contains(out, `"runs": []`) {
		t.Errorf("code %d, %q", code, out)
	}
}

func TestRunsWithoutAStore(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state"))
	code, out, stderr := runCLI(t, "runs", "--json")
	if code != Fine || !strings.Contains(out, `"runs": []`) || !strings.Contains(stderr, "No runs in") {
		t.Errorf("code %d, %q, stderr %q", code, out, stderr)
	}
	for _, args := range [][]string{{"runs", "show", "last"}, {"report", "last"}, {"serve"}, {"runs", "--store", "nowhere"}} {
		if code, _, stderr := runCLI(t, args...); code != Unmeasured || !strings.Contains(stderr, "no runs are stored in") {
			t.Errorf("%q: code %d, stderr %q", args, code, stderr)
		}
	}
	if _, err := os.Stat("nowhere"); err == nil {
		t.Error("looking made a store")
	}
	if _, err := os.Stat(os.Getenv("XDG_STATE_HOME")); err == nil {
		t.Error("looking made a store in the home")
	}
}

func TestRunsBesideTheSpec(t *testing.T) {
	dir, ids := shelfOf(t)
	app := t.TempDir()
	t.Chdir(app)
	t.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state"))
	if err := os.WriteFile("pitwall.yml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, ".pitwall"); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := runCLI(t, "runs", "show", "last"); code != Fine || !strings.Contains(out, ids[2]) {
		t.Errorf("code %d, %q, stderr %q", code, out, stderr)
	}
}

func TestRunsShow(t *testing.T) {
	dir, ids := shelfOf(t)
	code, out, _ := runCLI(t, "runs", "show", ids[0], "--store", dir)
	safe(t, out)
	for _, want := range []string{ids[0], "status", "complete", "part", "lap.json", "lost", "0123456789abcdef+dirty"} {
		if code != Fine || !strings.Contains(out, want) {
			t.Errorf("code %d, %q lacks %q", code, out, want)
		}
	}
	var got struct{ Run run.Run }
	_, out, _ = runCLI(t, "runs", "show", "last", "--store", dir, "--json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Run.ID != ids[2] || got.Run.App != hostileName {
		t.Errorf("%v, %+v", err, got)
	}
	for name, want := range map[string]string{"ffff": `no run "ffff"`, ids[0][:4]: "several runs"} {
		if code, _, stderr := runCLI(t, "runs", "show", name, "--store", dir); code != Usage || !strings.Contains(stderr, want) || !strings.Contains(stderr, "pitwall runs") {
			t.Errorf("%s: code %d, stderr %q", name, code, stderr)
		}
	}
}

func TestRunsLabel(t *testing.T) {
	dir, ids := shelfOf(t)
	if code, out, stderr := runCLI(t, "runs", "label", ids[0], "b=2", "a=x=y", "--store", dir); code != Fine || out != ids[0]+" a=x=y b=2\n" {
		t.Errorf("code %d, %q, stderr %q", code, out, stderr)
	}
	if code, out, _ := runCLI(t, "runs", "label", ids[0], "b=", "--store", dir); code != Fine || out != ids[0]+" a=x=y\n" {
		t.Errorf("code %d, %q", code, out)
	}
	for _, label := range []string{"x", "=x"} {
		if code, _, _ := runCLI(t, "runs", "label", ids[0], label, "--store", dir); code != Usage {
			t.Errorf("%q: code %d", label, code)
		}
	}
}

func TestRunsRm(t *testing.T) {
	dir, ids := shelfOf(t)
	if code, _, stderr := runCLI(t, "runs", "rm", ids[0], "--store", dir); code != Usage || !strings.Contains(stderr, "--yes") {
		t.Errorf("without a terminal: code %d, stderr %q", code, stderr)
	}
	if code, _, _ := runCLI(t, "runs", "rm", ids[0], "ffff", "--yes", "--store", dir); code != Usage {
		t.Errorf("one of two is unknown: code %d", code)
	}
	if code, out, stderr := runCLI(t, "runs", "rm", ids[0], "last", ids[0], "--yes", "--store", dir); code != Fine || !strings.HasPrefix(out, "deleted "+ids[0]) {
		t.Errorf("code %d, %q, stderr %q", code, out, stderr)
	}
	var list struct{ Runs []run.Run }
	_, out, _ := runCLI(t, "runs", "--json", "--store", dir)
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Runs) != 1 || list.Runs[0].ID != ids[1] {
		t.Errorf("left: %+v, %v", list, err)
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " YES \n": true, "yes": true, "\n": false, "": false, "n\n": false, "yes!\n": false} {
		if got := confirm(strings.NewReader(answer), io.Discard, "Delete?"); got != want {
			t.Errorf("%q: %v", answer, got)
		}
	}
}

func TestRunsCompare(t *testing.T) {
	dir, ids := shelfOf(t)
	for _, c := range []struct {
		old, new string
		code     Code
		want     string
	}{
		{ids[0], ids[1], Fine, "better"},
		{ids[1], ids[0], Regression, "worse"},
		{ids[0], ids[2], Unmeasured, ""},
	} {
		code, out, stderr := runCLI(t, "runs", "compare", c.old, c.new, "--store", dir)
		safe(t, out+stderr)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: code %d, %q, stderr %q", c.want, code, out, stderr)
		}
	}
	var got struct {
		Schema     int
		Comparison lap.Comparison
	}
	_, out, _ := runCLI(t, "runs", "compare", ids[0], ids[1], "--store", dir, "--json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Schema != 1 || len(got.Comparison.Routes) != 1 {
		t.Errorf("%v, %s", err, out)
	}
}

func TestComparedCodes(t *testing.T) {
	of := func(verdicts ...stat.Verdict) lap.Comparison {
		c := lap.Comparison{}
		for _, v := range verdicts {
			c.Routes = append(c.Routes, lap.RouteComparison{Verdict: v})
		}
		return c
	}
	for _, c := range []struct {
		of   lap.Comparison
		want Code
	}{
		{of(stat.Better, stat.Worse), Regression}, {of(stat.Same, stat.Undecided), Fine}, {of(stat.Undecided), NotDecided}, {of(), NotDecided},
		{lap.Comparison{Refused: []string{"app differs"}}, Unmeasured},
	} {
		got := Fine
		var exit *ExitError
		if errors.As(compared(c.of), &exit) {
			got = exit.Code
		}
		if got != c.want {
			t.Errorf("%+v: %d, want %d", c.of, got, c.want)
		}
	}
}

func TestReportFile(t *testing.T) {
	dir, ids := shelfOf(t)
	t.Chdir(t.TempDir())
	code, out, stderr := runCLI(t, "report", ids[0], "--store", dir, "-o", "x.html")
	path := strings.TrimSpace(out)
	text, err := os.ReadFile(path)
	if code != Fine || err != nil || filepath.Base(path) != "x.html" || !strings.HasPrefix(string(text), "<!doctype html>") {
		t.Fatalf("code %d, %q, stderr %q, %v", code, out, stderr, err)
	}
	if _, stdout, _ := runCLI(t, "report", ids[0], "--store", dir, "-o", "-"); stdout != string(text) {
		t.Error("stdout and the file differ")
	}
	var result lap.Result
	_, stdout, _ := runCLI(t, "report", ids[0], "--store", dir, "--json")
	if err := json.Unmarshal([]byte(stdout), &result); err != nil || result.Run.ID != ids[0] || len(result.Run.Parts) != 1 {
		t.Errorf("%v, %+v", err, result.Run)
	}
	if code, _, stderr := runCLI(t, "report", ids[2], "--store", dir); code != Unmeasured || !strings.Contains(stderr, "no result of a lap") {
		t.Errorf("a run without a result: code %d, stderr %q", code, stderr)
	}
	if code, _, stderr := runCLI(t, "report", ids[0], "--store", dir, "-o", "nowhere/x.html"); code != Unmeasured || !strings.Contains(stderr, "nowhere") {
		t.Errorf("no such directory: code %d, stderr %q", code, stderr)
	}
	left, err := os.ReadDir(".")
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestReplaceFileIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := replaceFile(target, func(w io.Writer) error { io.WriteString(w, "half"); return broken }); err != broken {
		t.Error(err)
	}
	if err := replaceFile(link, func(w io.Writer) error { _, err := io.WriteString(w, "report"); return err }); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(target); string(text) != "precious" {
		t.Errorf("the file behind a link: %q", text)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestServe(t *testing.T) {
	dir, _ := shelfOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out := io.Pipe()
	app := &App{Stdin: strings.NewReader(""), Stdout: out, Stderr: io.Discard}
	root := newRootCmd(app, newServeCmd(app))
	root.SetArgs([]string{"serve", "--store", dir, "--listen", "127.0.0.1:0"})
	ended := make(chan Code, 1)
	go func() { ended <- app.finish(root.ExecuteContext(ctx)) }()
	line := make([]byte, 100)
	n, err := in.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(string(line[:n]))
	answer, err := http.Get(url + "api/runs")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != 200 || strings.Count(string(body), `"id"`) != 3 {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	if code, _, stderr := runCLI(t, "serve", "--store", dir, "--listen", strings.Trim(strings.TrimPrefix(url, "http://"), "/")); code != Unmeasured || !strings.Contains(stderr, "--listen 127.0.0.1:0") {
		t.Errorf("port taken: code %d, stderr %q", code, stderr)
	}
	cancel()
	if code := <-ended; code != Fine {
		t.Errorf("Ctrl-C ends it with code %d", code)
	}
	for _, listen := range []string{"0.0.0.0:7747", ":7747", "nonsense", "[::]:0"} {
		if code, _, stderr := runCLI(t, "serve", "--store", dir, "--listen", listen); code != Usage || !strings.Contains(stderr, "\n  ") {
			t.Errorf("%s: code %d, stderr %q", listen, code, stderr)
		}
	}
}
