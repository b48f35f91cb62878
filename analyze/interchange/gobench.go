package interchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// goLine is a result in Go's benchmark format (golang.org/design/14313).
var goLine = regexp.MustCompile(`(?m)^Benchmark\S*[ \t]+\d+[ \t]+\S+[ \t]+\S+`)

// processLine is a configuration line of ours: every result is a process.
const processLine = "pitwall-line"

// goReader keeps what later lines depend on.
type goReader struct {
	file   *File
	index  map[[3]string]int
	last   map[[3]string]int // the run in which a benchmark's last line was
	run    int               // counts heads of "go test", each a process of its own
	pkg    string
	pkgs   map[string]bool
	alone  bool
	bad    int
	better map[string]Direction // by unit, from "Unit" lines
	exact  map[string]bool
}

// goBenchmarks reads results, configuration lines and unit metadata. Lines
// with the same name under one head are of one process, as -count makes them.
func (f *File) goBenchmarks(text []byte) error {
	g := &goReader{file: f, index: map[[3]string]int{}, last: map[[3]string]int{}, pkgs: map[string]bool{}, better: map[string]Direction{}, exact: map[string]bool{}}
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		g.line(s.Text())
		if len(f.Benchmarks) > maxBenchmarks {
			return fmt.Errorf("over %d benchmarks", maxBenchmarks)
		}
	}
	if err := s.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = errors.New("a line of more than 1 MiB")
		}
		return err
	}
	for i := range f.Benchmarks {
		b := &f.Benchmarks[i]
		if len(g.pkgs) < 2 {
			b.Variant = ""
		}
		unit := b.Unit
		if d, ok := g.better[unit]; ok {
			b.Better = d
		}
		b.Exact = g.exact[unit]
		b.tidy()
	}
	if g.bad > 0 {
		f.note("%s could not be read", plural(g.bad, "line"))
	}
	return nil
}

func (g *goReader) line(line string) {
	fields := strings.Fields(line)
	switch {
	case len(fields) == 0:
	case strings.HasPrefix(line, "Benchmark"):
		if len(fields) > 1 && !g.result(fields) {
			g.bad++
		}
	case fields[0] == "Unit" && len(fields) > 2:
		g.unit(fields[1], fields[2:])
	default:
		key, value, found := strings.Cut(line, ":")
		if !found {
			return
		}
		switch value = strings.TrimSpace(value); key {
		case "goos":
			g.run++
		case "pkg":
			if g.pkg == value { // the same package again: another "go test"
				g.run++
			}
			g.pkg = value
			g.pkgs[value] = true
		case processLine:
			g.alone = true
		case "arm": // of an export of ours
			if g.alone {
				g.pkg = value
				g.pkgs[value] = true
			}
		}
	}
}

// result is a line "BenchmarkName-8 1000 12.3 ns/op 4 allocs/op".
func (g *goReader) result(fields []string) bool {
	if len(fields) < 4 || len(fields)%2 != 0 {
		return false
	}
	if n, err := strconv.ParseInt(fields[1], 10, 64); err != nil || n <= 0 {
		return false
	}
	name := strings.TrimPrefix(fields[0], "Benchmark")
	values := make([]float64, 0, len(fields)/2)
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return false
		}
		values = append(values, v)
	}
	for i, v := range values {
		g.value(name, fields[3+2*i], v)
	}
	return true
}

func (g *goReader) value(name, unit string, v float64) {
	f := g.file
	key := [3]string{name, g.pkg, unit}
	at, seen := g.index[key]
	if !seen {
		at = len(f.Benchmarks)
		g.index[key] = at
		f.add(Benchmark{Name: name, Variant: g.pkg, Metric: unit, Unit: unit})
	}
	b := &f.Benchmarks[at]
	b.InTurn = g.alone
	if !seen || g.last[key] != g.run {
		g.last[key] = g.run
		b.Sittings = append(b.Sittings, [][]float64{{}})
	} else if g.alone {
		s := len(b.Sittings) - 1
		b.Sittings[s] = append(b.Sittings[s], []float64{})
	}
	s := len(b.Sittings) - 1
	p := len(b.Sittings[s]) - 1
	b.Sittings[s][p] = append(b.Sittings[s][p], v)
}

// unit reads metadata such as "Unit ns/op better=lower assume=exact".
func (g *goReader) unit(name string, pairs []string) {
	if len(g.better)+len(g.exact) > 1000 {
		return
	}
	for _, pair := range pairs {
		switch pair {
		case "better=higher":
			g.better[name] = Higher
		case "better=lower":
			g.better[name] = Lower
		case "assume=exact":
			g.exact[name] = true
		}
	}
}

// tidy turns Go's units into ours; custom ones stay as they are.
func (b *Benchmark) tidy() {
	scale := 1.0
	better := Direction("")
	switch b.Unit {
	case "ns/op":
		scale, b.Metric, b.Unit, better = 1e9, "time", "s", Lower
	case "sec/op":
		b.Metric, b.Unit, better = "time", "s", Lower
	case "B/op":
		b.Metric, b.Unit, better = "bytes", "bytes", Lower
	case "allocs/op":
		b.Metric, b.Unit, better = "allocations", "1", Lower
	case "MB/s":
		scale, b.Metric, b.Unit, better = 1e-6, "rate", "bytes/s", Higher
	}
	if b.Better == "" {
		b.Better = better
	}
	for _, p := range b.Processes() {
		for i := range p {
			p[i] /= scale
		}
	}
}
