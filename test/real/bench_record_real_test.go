package real

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/store"
)

// Two commits on record, and the second is worse: the history names both, and
// fails a build. Changes that are no commit's are not measured for it.
func TestRealBenchRecord(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.change(`"100"`, `"105"`)
	refused := s.bench("--record")
	s.expect(refused, 3, "the tree has changes that are not committed", "commit first")
	if strings.Contains(refused.said(), "measuring") {
		t.Error("it measured what it does not record")
	}
	s.change(`"105"`, `"100"`)
	before := s.git("rev-parse", "HEAD")
	s.expect(s.bench("--record"), 0, "recorded 1 benchmarks in", "benchmarks/history.ndjson: commit it")
	s.commit("the record")
	s.expect(s.bench("--record", "--seed", "7"), 0, "recorded 1 benchmarks in") // once more for one commit
	again := s.git("rev-parse", "HEAD")
	s.change(`"100"`, `"105"`)
	after := s.commit("more objects")
	s.expect(s.bench("--record"), 0, "recorded 1 benchmarks in")
	s.oneTree()

	history := s.start("bench", "history", "--metric", "objects", "--fail-on-worse")
	s.expect(history, 1, "sweep", "worse", "100 to 105", again[:10]+".."+after[:10])
	var revisions []string
	for _, line := range s.lines("benchmarks/history.ndjson") {
		var l bench.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		revisions = append(revisions, l.Revision)
	}
	if want := strings.Join([]string{before, again, after}, " "); strings.Join(revisions, " ") != want {
		t.Errorf("on record: %q, want %q", revisions, want)
	}
}

func (s *site) lines(name string) []string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.app, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// What a run writes beside its verdict can be read by those it is for.
func TestRealBenchWrites(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	p := s.bench("--against", "SHED_OBJECTS=50", "--gate", "objects", "--json", "-o", s.inTMP("r.html"),
		"--junit", s.inTMP("r.xml"), "--markdown", s.inTMP("r.md"), "--go-format", s.inTMP("r.txt"))
	s.oneTree()
	s.expect(p, 0)
	r := p.benchResult(t)
	if c := comparison(t, r, 1, bench.Objects); c.Verdict != stat.Better || c.Old.Point != 100 || c.New.Point != 50 {
		t.Errorf("objects: %+v", c)
	}
	var suites struct {
		Suite []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Case     []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(s.written("r.xml"), &suites); err != nil || len(suites.Suite) != 1 || suites.Suite[0].Tests != 1 || suites.Suite[0].Failures != 0 || !strings.Contains(suites.Suite[0].Case[0].Name, "sweep") {
		t.Errorf("JUnit: %+v, %v", suites, err)
	}
	if text := string(s.written("r.md")); !strings.Contains(text, "| objects | 100 | 50 | -50 % | **better** |") {
		t.Errorf("Markdown:\n%s", text)
	}
	// The format of Go's benchmarks (go.dev/design/14313-benchmark-format). On a
	// machine that disturbs every round there are no times in it.
	if text := s.written("r.txt"); !regexp.MustCompile(`(?m)^BenchmarkSweep-1 \d+ (.* )?50 allocs/op`).Match(text) {
		t.Errorf("Go's format:\n%s", text)
	}
	s.expect(s.start("bench", "import", s.inTMP("r.txt")), 0, "Sweep-1, SHED_OBJECTS=50", "allocations")
	s.isReport("r.html", "sweep")

	s.expect(s.start("runs", "--store", ".pitwall"), 0, "shed", "complete", "1 better")
	s.expect(s.start("report", r.Run.ID, "--store", ".pitwall", "-o", s.inTMP("again.html")), 0)
	s.isReport("again.html", "sweep")
	s.expect(s.bench("--junit", s.inTMP("no/such/r.xml")), 3, "no/such/r.xml")
}

func (s *site) written(name string) []byte {
	s.t.Helper()
	text, err := os.ReadFile(s.inTMP(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// isReport sees that a file is a report of benchmarks that names one.
func (s *site) isReport(name, benchmark string) {
	s.t.Helper()
	if text := string(s.written(name)); !strings.HasPrefix(text, "<!doctype html>") || !strings.Contains(text, `id="bench"`) || !strings.Contains(text, `"name":"`+benchmark+`"`) {
		s.t.Errorf("%s is no report of %s: %.300s", name, benchmark, text)
	}
}

// A stored run judges what is counted, and is called weaker evidence. One of
// another machine is refused, unless it is forced.
func TestRealBenchAgainstAStoredRun(t *testing.T) {
	t.Parallel()
	s := newShed(t)
	s.expect(s.bench("--against", "last"), 2, `"last" is neither`, "no run of benchmarks is stored")
	s.expect(s.bench("--gate", "objects"), 0)
	s.change(`"100"`, `"105"`)
	p := s.bench("--against", "last", "--gate", "objects")
	s.oneTree()
	s.expect(p, 1, "this tree against run ", "weaker evidence", "worse  100 objects to 105")

	elsewhere := s.elsewhere()
	s.expect(s.bench("--against", elsewhere), 3, "run "+elsewhere+" was made on another machine (An Abacus, 7 processors)", "--force")
	s.expect(s.bench("--against", elsewhere, "--force", "--gate", "objects"), 1, "100 objects to 105")
	s.nothingLeft()
}

// elsewhere stores the oldest run once more, as one of another machine.
func (s *site) elsewhere() string {
	s.t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(s.app, store.DirName))
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	runs := s.stored()
	r, err := st.Bench(ctx, runs[len(runs)-1])
	if err != nil {
		s.t.Fatal(err)
	}
	r.Run.ID, r.Run.Parts = "", nil
	r.Run.Machine.Fingerprint, r.Run.Machine.CPU, r.Run.Machine.Cores = strings.Repeat("ab", 32), "An Abacus", 7
	w, err := st.Begin(ctx, r.Run)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Close()
	part, err := w.Part(ctx, store.BenchPart, "application/json")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.NewEncoder(part).Encode(r); err != nil {
		s.t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		s.t.Fatal(err)
	}
	now := w.Run()
	now.Status = run.Complete
	if err := w.Finish(ctx, now); err != nil {
		s.t.Fatal(err)
	}
	return now.ID
}
