package interchange

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// derailedLine is a line that Ruby's Benchmark prints and derailed keeps in
// NAME.bench.txt (lib/derailed_benchmarks/stats_in_file.rb): user, system and
// total time, then elapsed time in brackets. Each line is a process of its
// own, which served a number of requests; perf:library lets the two versions
// take turns, always in the same order.
var derailedLine = regexp.MustCompile(`(?m)^ *(\d+\.\d+) +(\d+\.\d+) +\d+\.\d+ +\( *(\d+\.\d+)\) *\r?$`)

func (f *File) derailed(text []byte) error {
	name := strings.TrimSuffix(path.Base(f.Files[0]), ".bench.txt")
	var wall, cpu []float64
	for _, m := range derailedLine.FindAllSubmatch(text, -1) {
		user, _ := strconv.ParseFloat(string(m[1]), 64)
		system, _ := strconv.ParseFloat(string(m[2]), 64)
		elapsed, _ := strconv.ParseFloat(string(m[3]), 64)
		wall, cpu = append(wall, elapsed), append(cpu, user+system)
	}
	if rest := bytes.Count(text, []byte("\n")) + 1 - len(wall); rest > 0 {
		f.note("%s of %s hold no measurement", plural(rest, "line"), clip(name))
	}
	f.note("a time is that of all requests of a process (200 unless TEST_COUNT said otherwise)")
	f.add(Benchmark{Name: name, Metric: "time", Unit: "s", Better: Lower, InTurn: true, Sittings: alone(wall)})
	f.add(Benchmark{Name: name, Metric: "cpu", Unit: "s", Better: Lower, InTurn: true, Sittings: alone(cpu)})
	return nil
}
