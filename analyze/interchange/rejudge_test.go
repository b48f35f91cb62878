package interchange

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"pitwall/core/stat"
)

var usual = Options{Margin: .02}

// The claims are those that the tools printed when they wrote the files.
func TestClaimsAreThoseOfTheTools(t *testing.T) {
	for _, c := range []struct {
		what string
		got  []Judgement
		want string
	}{
		// two: 14.2 i/s - 1.00x slower
		{"benchmark-ips, one body twice", Within(load(t, "ips-slow.save"), usual), "1.00x slower (its error is rounded to ±0 and ±0 i/s)"},
		// parse, symbols: 60436.9 i/s - same-ish: difference falls within error
		{"benchmark-ips", Within(load(t, "ips-new.save"), usual), "same-ish: difference falls within error"},
		{"benchmark-ips, json!", Within(load(t, "ips.json"), usual), "same-ish: difference falls within error"},
		// 'ruby -e 1' ran 1.10 ± 0.27 times faster than 'ruby -e 2'
		{"hyperfine", Within(load(t, "hyperfine-old.json"), usual), `"ruby -e 1" ran 1.10 ± 0.27 times faster`},
		// 'ruby -e 2' ran 1.02 ± 0.11 times faster than 'ruby -e 1'
		{"hyperfine", Within(load(t, "hyperfine-new.json"), usual), `"ruby -e 2" ran 1.02 ± 0.11 times faster`},
		// fib 517.5 16.9 13.5 559.7 11.3 11.5 0.637 0.925
		{"yjit-bench", Within(load(t, "yjit-runs.json"), usual), "517.5 ms and 559.7 ms, ratio 0.925"},
		// Join-2 144.8n ± ∞ 138.0n ± ∞ ~ (p=0.886 n=4)
		{"benchstat", compared(t, "go-old.txt", "go-new.txt"), "~ (p=0.886 n=4)"},
	} {
		if len(c.got) == 0 || c.got[0].Claim != c.want {
			t.Errorf("%s: %+v, want %q", c.what, c.got, c.want)
		}
	}
	if got := compared(t, "go-old.txt", "go-new.txt")[3].Claim; got != "~ (p=0.686 n=4)" {
		t.Errorf("Itoa: %s", got)
	}
	if got := compared(t, "derailed-old.bench.txt", "derailed-new.bench.txt")[0].Claim; !strings.Contains(got, "x (medians ") {
		t.Errorf("derailed: %s", got)
	}
}

func compared(t *testing.T, old, new string) []Judgement {
	t.Helper()
	found, _ := Compare(load(t, old), load(t, new), usual)
	return found
}

// However many samples one sitting has, and however far apart: no verdict.
func TestOneSittingDecidesNothing(t *testing.T) {
	for _, pair := range [][2]string{
		{"ips-old.save", "ips-new.save"}, {"hyperfine-old.json", "hyperfine-new.json"}, {"go-old.txt", "go-new.txt"}, {"yjit-one.json", "yjit-one.json"}, {"ips.json", "ips.json"},
	} {
		for _, j := range compared(t, pair[0], pair[1]) {
			if j.Comparison.Verdict != stat.Undecided || j.Comparison.Why == "" || j.Weak != "" {
				t.Errorf("%s: %+v", pair[0], j)
			}
		}
	}
	far := []*File{side(1, 1, 100, 1), side(1, 1, 100, 2)}
	j, _ := Compare(far[0], far[1], usual)
	if c := j[0].Comparison; c.Verdict != stat.Undecided || c.Ratio.Reached == 0 || c.Ratio.Low < 1.9 || c.Ratio.High > 2.1 {
		t.Errorf("twice as slow in one process: %+v", c)
	}
}

// side has sittings of processes of samples around a time.
func side(sittings, processes, samples int, at float64) *File {
	r := rand.New(rand.NewPCG(1, uint64(1000*at)))
	b := Benchmark{Name: "a", Metric: "time", Unit: "s", Better: Lower}
	for range sittings {
		var s [][]float64
		for range processes {
			var p []float64
			for range samples {
				p = append(p, at*(1+.01*r.NormFloat64()))
			}
			s = append(s, p)
		}
		b.Sittings = append(b.Sittings, s)
	}
	return &File{Source: Go, Files: []string{"x"}, Benchmarks: []Benchmark{b}}
}

func TestSittingsInTurnDecide(t *testing.T) {
	inTurn := Options{Margin: .02, InTurn: true}
	for _, c := range []struct {
		factor float64
		higher bool
		want   stat.Verdict
	}{{1.2, false, stat.Worse}, {.8, false, stat.Better}, {1.2, true, stat.Better}, {1.0001, false, stat.Same}} {
		old, new := side(6, 1, 40, 1), side(6, 1, 40, c.factor)
		if c.higher {
			new.Benchmarks[0].Better, old.Benchmarks[0].Better = Higher, Higher
		}
		j, _ := Compare(old, new, inTurn)
		if j[0].Comparison.Verdict != c.want || j[0].Weak != fixedOrder || j[0].Comparison.Ratio.N != 6 {
			t.Errorf("%v: %+v", c, j[0])
		}
		if j, _ := Compare(old, new, usual); j[0].Comparison.Verdict != stat.Undecided || j[0].Comparison.Why != drift {
			t.Errorf("%v, one side after the other: %+v", c, j[0])
		}
	}
	// 20 processes of 2 sittings are 2 values, unless the processes took turns.
	old, new := side(2, 10, 5, 1), side(2, 10, 5, 1.2)
	if j, _ := Compare(old, new, inTurn); j[0].Comparison.Ratio.N != 2 || j[0].Comparison.Verdict != stat.Undecided {
		t.Errorf("%+v", j[0])
	}
	old, new = side(1, 10, 5, 1), side(1, 10, 5, 1.2)
	old.Benchmarks[0].InTurn, new.Benchmarks[0].InTurn = true, true
	if j, _ := Compare(old, new, usual); j[0].Comparison.Verdict != stat.Worse || j[0].Comparison.Ratio.N != 10 || j[0].Weak != fixedOrder {
		t.Errorf("%+v", j[0])
	}
	if j, _ := Compare(side(6, 1, 9, 1), side(7, 1, 9, 1.2), inTurn); j[0].Comparison.Verdict != stat.Worse || j[0].Weak != unpaired {
		t.Errorf("%+v", j[0])
	}
}

// Pairs take a common drift out: 3 % found though the machine slows down by
// half on the way.
func TestPairsOfSittingsTakeDriftOut(t *testing.T) {
	old, new := side(6, 1, 40, 1), side(6, 1, 40, 1.03)
	for _, f := range []*File{old, new} {
		for i, sitting := range f.Benchmarks[0].Sittings {
			for j := range sitting[0] {
				sitting[0][j] *= 1 + .1*float64(i)
			}
		}
	}
	if j, _ := Compare(old, new, Options{Margin: .02, InTurn: true}); j[0].Comparison.Verdict != stat.Worse {
		t.Errorf("%+v", j[0])
	}
}

// An export of ours holds its versions, which took turns.
func TestOurOwnExportIsJudged(t *testing.T) {
	f, err := Read("x", strings.NewReader(written(t, WriteGo, sample())))
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]stat.Verdict{}
	for _, j := range Within(f, usual) {
		verdicts[j.New+" "+j.Comparison.Metric] = j.Comparison.Verdict
	}
	if verdicts["this tree time"] != stat.Worse || verdicts["main (control) bytes"] != stat.Same || verdicts["main (control) time"] == stat.Worse {
		t.Errorf("%v", verdicts)
	}
}

func TestFilesOfSeveralSittings(t *testing.T) {
	old := load(t, "hyperfine-old-1.json", "hyperfine-old-2.json", "hyperfine-old-3.json")
	new := load(t, "hyperfine-new-1.json", "hyperfine-new-2.json", "hyperfine-new-3.json")
	j, notes := Compare(old, new, usual)
	if len(j) != 2 || len(notes) != 0 || j[0].Comparison.Ratio.N != 3 || j[0].Old != "3 files (15 processes)" {
		t.Errorf("%+v %v", j, notes)
	}
}

func TestExactMetricsAreCounted(t *testing.T) {
	text := func(n string) string { return "Unit allocs/op assume=exact\nBenchmarkA 1 " + n + " allocs/op\n" }
	for n, want := range map[string]stat.Verdict{"3": stat.Same, "4": stat.Worse, "2": stat.Better} {
		old, err := read(t, text("3"))
		if err != nil {
			t.Fatal(err)
		}
		new, _ := read(t, text(n))
		if j, _ := Compare(old, new, usual); j[0].Comparison.Verdict != want {
			t.Errorf("%s: %+v", n, j[0])
		}
	}
}

func TestWhatIsOnOneSideOnly(t *testing.T) {
	a, _ := read(t, `[{"item": "a", "samples": [1, 2]}, {"item": "b", "samples": [1, 2]}]`)
	b, _ := read(t, `[{"item": "a", "samples": [1, 2]}, {"item": "c", "samples": [1, 2]}]`)
	j, notes := Compare(a, b, usual)
	if len(j) != 1 || strings.Join(notes, "; ") != "c (rate) is only in the new files; b (rate) is only in the old files" {
		t.Errorf("%+v %q", j, notes)
	}
	one, _ := read(t, `[{"item": "old way", "samples": [1, 2]}]`)
	other, _ := read(t, `[{"item": "new way", "samples": [1, 2]}]`)
	j, notes = Compare(one, other, usual)
	if len(j) != 1 || j[0].Benchmark != "old way → new way" || len(notes) != 1 {
		t.Errorf("%+v %q", j, notes)
	}
}

func TestExtremesStayFinite(t *testing.T) {
	for _, text := range []string{
		`[{"item": "a", "samples": [1e308, 1e308]}, {"item": "b", "samples": [1e-308, 5e-324]}]`,
		`{"results": [{"command": "a", "mean": 1e308, "stddev": 1e308}, {"command": "b", "mean": 5e-324}]}`,
	} {
		f, err := read(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(Within(f, usual)); err != nil {
			t.Error(err)
		}
	}
}
