package spec

import (
	"fmt"
	"path/filepath"

	"pitwall/core/bench"
	"pitwall/core/route"
)

// LoadBench reads and checks a file of benchmarks. What is wrong in it comes
// back as Errors; a missing file is an fs.ErrNotExist. Names of routes that
// the file does not hold are left to CheckRoutes.
func LoadBench(path string) (*Bench, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	b, err := ParseBench(path, data)
	if err != nil {
		return nil, err
	}
	if b.Dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return b, nil
}

// ParseBench reads and checks a file of benchmarks; name is what errors call
// it. What is wrong comes back as Errors, all of it where the syntax holds.
func ParseBench(name string, data []byte) (*Bench, error) {
	b := &Bench{File: name}
	r, err := read(name, data, form{"benchmarks", `"benchmarks:"`}, b)
	if err != nil {
		return nil, err
	}
	if err := r.errors(checkBench(b, r.at)); err != nil {
		return nil, err
	}
	for i := range b.Benchmarks {
		path := fmt.Sprintf("benchmarks[%d].", i)
		one := &b.Benchmarks[i]
		one.CodeLine, one.SetupLine, one.TeardownLine = r.texts[path+"code"], r.texts[path+"setup"], r.texts[path+"teardown"]
	}
	b.places = r
	return b, nil
}

// Kind is the subject of the benchmark; empty when it has none, which
// CheckBench finds.
func (b Benchmark) Kind() bench.Kind {
	switch {
	case b.Code != "" || b.Block > 0:
		return bench.Code
	case b.Route != "":
		return bench.Route
	case b.Job != "":
		return bench.Job
	case b.Command != "":
		return bench.Command
	}
	return ""
}

// FindRoute is the route of a name: of the file, else of app, which is nil
// when there is no pitwall.yml; false when neither has it.
func (b *Bench) FindRoute(name string, app *Spec) (route.Route, bool) {
	lists := [][]route.Route{b.Routes}
	if app != nil {
		lists = append(lists, app.Routes)
	}
	for _, list := range lists {
		for _, r := range list {
			if r.Name == name {
				return r, true
			}
		}
	}
	return route.Route{}, false
}
