package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/internal/realtest"
	"pitwall/probe/ruby/worker"
)

// measureCode runs one unit of a piece of Ruby in a directory of its own.
func measureCode(t *testing.T, pace Pace, b spec.Benchmark, turn pairs.Turn) (core.Unit, error) {
	t.Helper()
	dir := t.TempDir()
	b.Name = "code"
	file := &spec.Bench{File: "benchmarks/code.yml", Dir: filepath.Join(dir, "benchmarks"), Env: map[string]string{"COLOUR": "red"}}
	c, err := NewCode(file, b, []Version{{Name: "this tree", Dir: dir, Ruby: []string{realtest.Ruby(t)}, Env: map[string]string{"SIZE": "3"}}}, pace)
	if err != nil {
		t.Fatal(err)
	}
	return c.Measure(t.Context(), turn)
}

func TestRealCodeUnit(t *testing.T) {
	u, err := measureCode(t, Pace{Steady: 100 * time.Millisecond, Limit: 2 * time.Second}, spec.Benchmark{Code: `rows.map { |r| r.to_s }`, CodeLine: 3, Setup: "rows = Array.new(100) { |i| i }"}, pairs.Turn{Seed: 5, Pad: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []core.Metric{core.Time, core.CPU, core.Memory, core.Collections, core.Bytes} {
		if v, ok := u.Value(m); !ok || v < 0 || m != core.Bytes && v == 0 {
			t.Errorf("%s: %v, %v", m, v, ok)
		}
	}
	if _, ok := u.Value(core.Statements); ok || u.Values[core.Objects] != 101 {
		t.Errorf("%v", u.Values)
	}
	if len(u.Blocks) < 5 || u.Overhead <= 0 || u.Digest == "" || u.Pad != 100 || !strings.HasPrefix(u.Ruby, "ruby 3") || len(u.Notes) != 0 {
		t.Errorf("%+v", u)
	}
	if u.GC.Mode != "natural" || u.GC.Share <= 0 || u.GC.Share >= 1 || u.GC.Minor < 1 {
		t.Errorf("%+v", u.GC)
	}
	timed := int64(0)
	for _, b := range u.Blocks {
		timed += b.Calls
	}
	if timed < primed {
		t.Errorf("%d calls in blocks: those that calibrated are missing", timed)
	}
}

func TestRealCodeGC(t *testing.T) {
	memory := map[string]float64{}
	for _, mode := range []string{"natural", "between", "off"} {
		u, err := measureCode(t, Pace{Steady: 50 * time.Millisecond, Limit: 500 * time.Millisecond, GC: mode}, spec.Benchmark{Code: `Array.new(500) { |i| "x" * 100 }`}, pairs.Turn{})
		if err != nil {
			t.Fatal(err)
		}
		memory[mode] = u.Values[core.Memory]
		if u.GC.Mode != mode || (u.Values[core.Collections] == 0) != (mode == "off") || (u.GC.Share == 0) != (mode == "off") {
			t.Errorf("%s: %+v, %v", mode, u.GC, u.Values)
		}
	}
	if memory["off"] < 2*memory["natural"] {
		t.Errorf("without collection memory is as small as with it: %v", memory)
	}
}

func TestRealCodeRefused(t *testing.T) {
	for _, text := range []string{"1", "x = nil", "# nothing"} {
		_, err := measureCode(t, Pace{Steady: 50 * time.Millisecond, Limit: 500 * time.Millisecond}, spec.Benchmark{Code: text, CodeLine: 3}, pairs.Turn{})
		var refused *worker.RefusedError
		if !errors.As(err, &refused) || refused.Where != "benchmarks/code.yml:3" || refused.Hint == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, err := measureCode(t, Pace{}, spec.Benchmark{Code: "sleep 1", CodeLine: 3}, pairs.Turn{})
	if err == nil || err.Error() != "benchmarks/code.yml:3: the body sleeps 1 s" {
		t.Error(err)
	}
	_, err = measureCode(t, Pace{}, spec.Benchmark{Code: "1", CodeLine: 3, Setup: "1 +", SetupLine: 9}, pairs.Turn{})
	if err == nil || !strings.HasPrefix(err.Error(), "benchmarks/code.yml:9: syntax error") && !strings.HasPrefix(err.Error(), "benchmarks/code.yml:10: syntax error") {
		t.Error(err)
	}
}

// A body sees its environment and the seed; the same seed gives the same
// digest in another process.
func TestRealCodeSurroundings(t *testing.T) {
	quick := Pace{Count: true}
	see := spec.Benchmark{Code: `[rand, ENV.values_at("COLOUR", "SIZE", "PITWALL_SEED"), ENV["PITWALL_PAD"].to_s.size, File.basename(Dir.pwd) == File.basename($here)]`, Setup: `$here = Dir.pwd`}
	said := spec.Benchmark{Code: `raise [rand(1 << 30) == Random.new(9).rand(1 << 30), ENV.values_at("COLOUR", "SIZE", "PITWALL_SEED"), ENV["PITWALL_PAD"].to_s.size].inspect`}
	a, err := measureCode(t, quick, see, pairs.Turn{Seed: 7, Pad: 40})
	b, bad := measureCode(t, quick, see, pairs.Turn{Seed: 7, Pad: 40})
	other, worse := measureCode(t, quick, see, pairs.Turn{Seed: 8, Pad: 40})
	if err != nil || bad != nil || worse != nil || a.Digest == "" || a.Digest != b.Digest || a.Digest == other.Digest {
		t.Errorf("%q %q %q, %v %v %v", a.Digest, b.Digest, other.Digest, err, bad, worse)
	}
	if len(a.Blocks) != 0 || a.Values[core.Time] != 0 || a.WarmUp.Class != core.Unjudged {
		t.Errorf("counters only: %+v", a)
	}
	_, err = measureCode(t, quick, said, pairs.Turn{Seed: 9, Pad: 40})
	if err == nil || !strings.HasSuffix(err.Error(), `[true, ["red", "3", "9"], 40]`) {
		t.Error(err)
	}
}

func TestRealCodeOnJRuby(t *testing.T) {
	dir := t.TempDir()
	file := &spec.Bench{File: "code.yml", Dir: dir}
	c, err := NewCode(file, spec.Benchmark{Name: "code", Code: `rows.map { |r| r.to_s }`, CodeLine: 3, Setup: "rows = Array.new(1000) { |i| i }"},
		[]Version{{Dir: dir, Ruby: []string{realtest.JRuby(t)}}}, Pace{Steady: 100 * time.Millisecond, Limit: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	u, err := c.Measure(t.Context(), pairs.Turn{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := u.Value(core.Objects); ok || u.Values[core.Time] <= 0 || u.Values[core.CPU] <= 0 || u.Values[core.Bytes] <= 0 {
		t.Errorf("%v", u.Values)
	}
	if u.WarmUp.Class == core.Unjudged || len(u.Blocks) < 12 {
		t.Errorf("%+v of %d blocks", u.WarmUp, len(u.Blocks))
	}
}

// A version's file is the same text at its own place.
func TestRealCodeOfTwoVersions(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{here: "SIZE = 100", there: "SIZE = 50"} {
		if err := os.WriteFile(filepath.Join(dir, "size.rb"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := &spec.Bench{File: "benchmarks/code.yml", Dir: filepath.Join(here, "benchmarks")}
	ruby := []string{realtest.Ruby(t)}
	c, err := NewCode(file, spec.Benchmark{Name: "code", Code: `Array.new(SIZE) { Object.new }`, CodeLine: 3, Setup: "require_relative '../size'"},
		[]Version{{Dir: there, Ruby: ruby}, {Dir: here, Ruby: ruby}}, Pace{Count: true})
	if err != nil {
		t.Fatal(err)
	}
	for arm, want := range []float64{51, 101} {
		if u, err := c.Measure(t.Context(), pairs.Turn{Arm: arm}); err != nil || u.Values[core.Objects] != want {
			t.Errorf("arm %d: %v, %v; want %v objects", arm, u.Values, err, want)
		}
	}
}
