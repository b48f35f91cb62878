package worker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/internal/realtest"
)

func readFile(t *testing.T, path string) (*spec.Bench, error) {
	t.Helper()
	return Read(t.Context(), Options{Ruby: []string{realtest.Ruby(t)}, Env: os.Environ()}, path)
}

func TestRealReadRubyForm(t *testing.T) {
	got, err := readFile(t, "testdata/map.rb")
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := filepath.Abs("testdata")
	log, lap := &bench.Because{Source: "production log", Date: "2026-11-01", Share: 0.31}, &bench.Because{Source: "lap"}
	sleep := []string{"sleep"}
	want := &spec.Bench{
		File: "testdata/map.rb", Dir: dir,
		Notes: []string{"x.config(time:, warmup:) is ignored: warm-up and time are found by measuring", "x.time is ignored: warm-up and time are found by measuring"},
		Benchmarks: []spec.Benchmark{
			{Name: "map", Block: 1, CodeLine: 9, Code: `# x.report("map") of map.rb, line 9`, Budgets: []string{"objects <= 120"}, Method: "Foo#bar", Because: log, Allow: sleep},
			{Name: "each", Block: 2, CodeLine: 10, Code: `# x.report("each") of map.rb, line 10`, Budgets: []string{}, Because: lap, Allow: []string{"sleep", "api.example"}, Margin: 0.05, Against: "map"},
			{Name: "text", Block: 3, CodeLine: 15, Code: "@rows.map { |r|\n  r.to_s\n}", Budgets: []string{}, Because: log, Allow: sleep, Against: "map"},
			{Name: "times", Block: 4, CodeLine: 16, Code: `# x.report("times") of map.rb, line 16`, Budgets: []string{}, Because: log, Allow: sleep, Against: "map"},
			{Name: "raises", Block: 5, CodeLine: 23, Code: `# x.report("raises") of map.rb, line 23`, Budgets: []string{}, Allow: []string{}, Rails: true},
		},
	}
	if d := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".places" }, cmp.Ignore())); d != "" {
		t.Error(d)
	}
}

// Each report of the file does the same: 100 strings and their array, twice
// the array where it grows by itself.
func TestRealBlocks(t *testing.T) {
	path, _ := filepath.Abs("testdata/map.rb")
	w := start(t, Options{})
	for block, want := range map[int]float64{1: 101, 2: 101, 3: 101, 4: 101} {
		w := start(t, Options{})
		loaded, err := w.Load(t.Context(), Load{Kind: "block", Params: map[string]any{"file": path, "block": block}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Count(t.Context(), Counting{})
		if err != nil || got.Objects != want {
			t.Errorf("block %d, %s: %+v, %v", block, loaded.Facts, got, err)
		}
		if b, err := w.Batch(t.Context(), 1000, nil); err != nil || b.Calls != 1000 {
			t.Errorf("block %d: %+v, %v", block, b, err)
		}
		over, err := w.Overhead(t.Context())
		if err != nil || (over > 0) == (block == 4) {
			t.Errorf("block %d: overhead %v, %v", block, over, err)
		}
		if _, err := w.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "map.rb:17: teardown raised RuntimeError: rows: 100") {
			t.Errorf("block %d: teardown %v", block, err)
		}
	}
	_, err := w.Load(t.Context(), Load{Kind: "block", Params: map[string]any{"file": path, "block": 5}})
	var raised *RaisedError
	if !errors.As(err, &raised) || raised.Class != "LoadError" || !strings.Contains(raised.Message, "config/environment") {
		t.Errorf("rails: %v", err)
	}
}

// What the file requires from beside it is looked for beside the place that it
// has in a version.
func TestRealSourceElsewhere(t *testing.T) {
	here, version := t.TempDir(), t.TempDir()
	put(t, here, "bench.rb", "require_relative 'lib'\nPitwall.bench { |x| x.report('a') { WHICH } }")
	put(t, here, "lib.rb", "WHICH = 'here'")
	put(t, version, "lib.rb", "WHICH = [1, 2, 3]")
	w := start(t, Options{})
	if _, err := w.Load(t.Context(), Load{Kind: "block", Params: map[string]any{"file": filepath.Join(version, "bench.rb"), "source": filepath.Join(here, "bench.rb"), "block": 1}}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Count(t.Context(), Counting{Looks: 1})
	same, bad := load(t, code("[1, 2, 3]")).Count(t.Context(), Counting{Looks: 1})
	if err != nil || bad != nil || got.Digest != same.Digest {
		t.Errorf("%+v, %v, %+v, %v", got, err, same, bad)
	}
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRealWrongRubyForm(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "bench.rb:1: the file has no report",
		"Pitwall.bench { |x| }": "bench.rb:1: the file has no report",
		"Pitwall.bench":         "bench.rb:1: setup raised ArgumentError: Pitwall.bench needs a block",
		"\nPitwall.bench do |x|\n  x.report('a')\nend":                         "bench.rb:3: setup raised ArgumentError: x.report \"a\" needs either a block or a String of Ruby",
		"Pitwall.bench { |x| x.report('a', gremlin: 1) { } }":                  "x.report \"a\" does not know gremlin:; it knows budgets,",
		"Pitwall.bench do |x|\n  x.save! 'f'\nend":                             "bench.rb:2: x.save! has no meaning here",
		"Pitwall.bench { |x| x.hold! 'f' }":                                    "x.hold! has no meaning here",
		"Pitwall.bench { |x| x.frob }":                                         "x.frob is no word of a benchmark file",
		"Pitwall.bench { |x| 2.times { x.report('a') { } } }":                  "there are two reports named \"a\"",
		"Pitwall.bench { |x| x.because share: 1 }":                             "needs source:",
		"Pitwall.bench do |x|\n":                                               "bench.rb:1: syntax error",
		"raise 'at the top'":                                                   "bench.rb:1: setup raised RuntimeError: at the top",
		"Pitwall.bench { |x|\n x.report('a', budgets: ['frogs < 3']) { 1 }\n}": "bench.rb:2:1: \"a\": budgets[0]",
	} {
		path := put(t, t.TempDir(), "bench.rb", text)
		_, err := readFile(t, path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Our JSON against the json library, over values drawn at random.
func TestRealWireAgainstJSON(t *testing.T) {
	w := start(t, Options{})
	again(t, w, map[string]any{"file": file, "code": "1", "code_line": 1, "setup": `
		require "json"
		random = Random.new(7)
		chars = ["a", "\"", "\\", "/", "\n", "\t", "\u0000", "\u001f", "\u007f", "é", "€", "😀", "\u2028", "日"]
		make = lambda do |depth|
			case random.rand(depth > 4 ? 7 : 9)
			when 0 then nil
			when 1 then true
			when 2 then false
			when 3 then random.rand(-10**12..10**12)
			when 4 then random.rand * 10**random.rand(-30..30)
			when 5, 6 then Array.new(random.rand(12)) { chars.sample(random: random) }.join
			when 7 then Array.new(random.rand(6)) { make.call(depth + 1) }
			else Array.new(random.rand(6)) { [Array.new(3) { chars.sample(random: random) }.join, make.call(depth + 1)] }.to_h
			end
		end
		2000.times do
			value = make.call(0)
			text = Pitwall::Wire.dump(value)
			raise text unless JSON.parse(text, quirks_mode: true) == value
			[JSON.generate(value), JSON.pretty_generate(value), JSON.generate(value, ascii_only: true)].each do |theirs|
				raise theirs unless Pitwall::Wire.parse(theirs) == value
			end
		end
		['', '{', '[1,', '[1 2]', '"a', '{"a" 1}', 'tru', '[]]', '-', '[' * 100].each do |bad|
			begin
				Pitwall::Wire.parse(bad)
			rescue ArgumentError
				next
			end
			raise "read #{bad}"
		end
		raise "binary" unless Pitwall::Wire.dump("\xff\x00a".b) == '"?\u0000a"'
		raise "sjis" unless Pitwall::Wire.dump("日".encode("Shift_JIS")) == '"日"'
		raise "nan" unless Pitwall::Wire.dump([0.0 / 0]) == "[null]"
	`})
}
