package real

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/internal/realtest"
)

// napFile is a block that mostly waits, about 240 ms: where a tool that rounds
// its error to whole iterations a second sees none at all.
const napFile = `allow: [sleep]
because: {source: the notes of a performance engineer}
benchmarks:
  - name: nap
    setup: rows = Array.new(400) { |i| i.to_s * 10 }
    code: |
      sleep 0.235
      rows.map(&:upcase).size
`

// ipsFile is the same block twice, as benchmark-ips compares them.
const ipsFile = `require "benchmark/ips"
rows = Array.new(400) { |i| i.to_s * 10 }
body = -> { sleep 0.235; rows.map(&:upcase).size }
Benchmark.ips do |x|
  x.config(warmup: 0.5, time: 3)
  x.report("a") { body.call }
  x.report("b") { body.call }
  x.compare!
end
`

// BenchmarkRealFalseVerdicts compares equal code with itself, b.N times by
// pitwall bench and by benchmark-ips in turn, and counts who saw a difference:
//
//	go test ./test/real -run - -bench FalseVerdicts -benchtime 30x -timeout 120m
func BenchmarkRealFalseVerdicts(b *testing.B) {
	ruby := realtest.Ruby(b)
	dir := laidOut(b, map[string]string{"benchmarks/nap.yml": napFile, "ips.rb": ipsFile})
	ips := exec.Command(ruby, "-e", `require "benchmark/ips"`).Run() == nil
	if !ips {
		b.Log("without benchmark-ips beside it: install ruby-benchmark-ips")
	}
	ours, undecided, theirs := 0, 0, 0
	for b.Loop() {
		switch v := equalVerdict(b, dir); v {
		case stat.Better, stat.Worse:
			ours++
		case stat.Undecided:
			undecided++
		}
		if ips && napDiffers(b, ruby, filepath.Join(dir, "ips.rb")) {
			theirs++
		}
	}
	b.ReportMetric(float64(ours), "false")
	b.ReportMetric(float64(undecided), "undecided")
	if ips {
		b.ReportMetric(float64(theirs), "false-ips")
	}
}

// workFile is a block that takes the processor and allocates.
const workFile = `because: {source: the notes of a performance engineer}
benchmarks:
  - name: work
    code: Array.new(500) { |i| i.to_s }.size
`

// BenchmarkRealBesideHogs compares equal code with itself while as many
// programs as there are processors do nothing but compute:
//
//	go test ./test/real -run - -bench BesideHogs -benchtime 20x -timeout 120m
func BenchmarkRealBesideHogs(b *testing.B) {
	realtest.Ruby(b)
	dir := laidOut(b, map[string]string{"benchmarks/work.yml": workFile})
	for range runtime.NumCPU() {
		hog := exec.Command("sh", "-c", "while :; do :; done")
		if err := hog.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { hog.Process.Kill(); hog.Wait() })
	}
	verdicts := map[stat.Verdict]int{}
	for b.Loop() {
		verdicts[equalVerdict(b, dir)]++
	}
	b.ReportMetric(float64(verdicts[stat.Better]+verdicts[stat.Worse]), "false")
	b.ReportMetric(float64(verdicts[stat.Same]), "same")
	b.ReportMetric(float64(verdicts[stat.Undecided]), "undecided")
}

func laidOut(b *testing.B, files map[string]string) string {
	dir := b.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// equalVerdict is what pitwall says of equal code: a setting that nothing reads.
func equalVerdict(b *testing.B, dir string) stat.Verdict {
	program, err := pitwall()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(program, "bench", "--against", "NOTHING_READS_THIS=1", "--json", "--wait", "--store", filepath.Join(dir, "store"))
	c.Dir, c.Stderr = dir, os.Stderr
	out, err := c.Output()
	var r bench.Result
	if json.Unmarshal(out, &r) != nil || len(r.Benchmarks) != 1 || len(r.Benchmarks[0].Changes) != 1 {
		b.Fatalf("%v: %s", err, out)
	}
	return r.Benchmarks[0].Changes[0].Verdict
}

// napDiffers says whether benchmark-ips calls one of two equal blocks slower.
func napDiffers(b *testing.B, ruby, file string) bool {
	out, err := exec.Command(ruby, file).Output()
	if err != nil {
		b.Fatal(err)
	}
	_, verdict, _ := strings.Cut(string(out), "Comparison:")
	return strings.Contains(verdict, "slower")
}
