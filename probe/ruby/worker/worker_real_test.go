package worker

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

const file = "/app/benchmarks/bench.yml"

// code is a piece of Ruby on line 7 of a file.
func code(text string) map[string]any {
	return map[string]any{"file": file, "code": text, "code_line": 7}
}

func start(t *testing.T, o Options) *Worker {
	t.Helper()
	if o.Ruby == nil {
		o.Ruby = []string{realtest.Ruby(t)}
	}
	o.Dir, o.Env = t.TempDir(), os.Environ()
	if o.Limit == 0 {
		o.Limit = 30 * time.Second
	}
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Kill)
	return w
}

// load starts a worker with a piece of Ruby.
func load(t *testing.T, params map[string]any, allow ...string) *Worker {
	t.Helper()
	w := start(t, Options{})
	again(t, w, params, allow...)
	return w
}

// again loads another piece into the same worker, which is faster than a new
// one.
func again(t *testing.T, w *Worker, params map[string]any, allow ...string) *Worker {
	t.Helper()
	if _, err := w.Load(t.Context(), Load{Kind: "code", Params: params, Allow: allow, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestRealObjectsAreExact(t *testing.T) {
	w := start(t, Options{})
	if h := w.Hello(); h.Engine != "ruby" || !strings.HasPrefix(h.Ruby, "ruby 3") || h.PID == 0 {
		t.Errorf("%+v", h)
	}
	for text, want := range map[string]float64{
		`nil`:                               0,
		`Object.new`:                        1,
		`"a" + "b"`:                         3,
		`Array.new(100) { Object.new }`:     101,
		"x = [1]\ny = [x]\nnext y if x":     2,
		`rows.map(&:to_s)`:                  101,
		`@rows.each { |r| r + 1 }`:          0,
		`made { |i| i.to_s }.size`:          11,
		`case Local.new(1) when Local; end`: 1,
	} {
		again(t, w, map[string]any{"file": file, "code": text, "code_line": 7, "setup_line": 2,
			"setup": "rows = Array.new(100) { |i| i } if " + yes(strings.Contains(text, "rows")) + "\n@rows = rows || [1, 2, 3]\ndef made(&b) = Array.new(10, &b)\nLocal = Struct.new(:a)"})
		got, err := w.Count(t.Context(), Counting{})
		if err != nil || got.Objects != want || got.Calls != 15 || got.Digest == "" && got.Why == "" {
			t.Errorf("%s: %+v, %v; want %v objects", text, got, err, want)
		}
	}
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// What malloc gives is counted where nothing is collected: 100 strings of
// 1000 bytes.
func TestRealBytes(t *testing.T) {
	w := load(t, code(`Array.new(100) { "x" * 1000 }`))
	got, err := w.Count(t.Context(), Counting{})
	if err != nil || got.Objects != 201 && got.Objects != 101 || got.Bytes < 100_000 || got.Bytes > 120_000 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRealRefusals(t *testing.T) {
	w := start(t, Options{})
	for text, c := range map[string]struct{ what, word string }{
		`sleep 0.001`:                           {"sleeps 0.001 s", "sleep"},
		`Kernel.sleep(0)`:                       {"sleeps 0 s", "sleep"},
		`IO.select(nil, nil, nil, 0.001)`:       {"sleeps in IO.select", "sleep"},
		`begin; sleep 0; rescue Exception; end`: {"sleeps 0 s", "sleep"},
		`system("true")`:                        {"starts a process (true)", "fork"},
		"`true`":                                {"starts a process (true)", "fork"},
		`Process.wait(fork { exit! })`:          {"starts a process", "fork"},
		`Process.wait(Process.spawn("true"))`:   {"starts a process (true)", "fork"},
		`IO.popen("true").close`:                {"starts a process (true)", "fork"},
		`puts "x"`:                              {"writes to standard output", "output"},
		`p 1`:                                   {"writes to standard output", "output"},
		`STDOUT.syswrite("x")`:                  {"writes to standard output", "output"},
		`$stdout << "x"`:                        {"writes to standard output", "output"},
		`begin; TCPSocket.new("127.0.0.1", 1); rescue SystemCallError; end`:                                    {"connects to 127.0.0.1:1", "localhost"},
		`begin; Socket.tcp("localhost", 1); rescue SystemCallError; end`:                                       {"connects to localhost:1", "127.0.0.1:1"},
		`begin; Socket.new(:INET, :STREAM).connect(Addrinfo.tcp("127.0.0.1", 1)); rescue SystemCallError; end`: {"connects to 127.0.0.1:1", "localhost"},
		`UDPSocket.new.connect("127.0.0.1", 9)`:                                                                {"connects to 127.0.0.1:9", "localhost:9"},
	} {
		params := map[string]any{"file": file, "code": text, "code_line": 7, "setup": "require 'socket'"}
		_, err := again(t, w, params).Count(t.Context(), Counting{})
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.What != "the body "+c.what || refused.Where != file+":7" || !strings.Contains(refused.Hint, "allow") {
			t.Errorf("%s: %+v, %v", text, refused, err)
			continue
		}
		if _, err := again(t, w, params, c.word).Count(t.Context(), Counting{Looks: 2, Calls: 2}); err != nil {
			t.Errorf("%s with %s: %v", text, c.word, err)
		}
	}
}

// A hook that stays would be timed.
func TestRealHooksAreGone(t *testing.T) {
	w := load(t, map[string]any{"file": file, "code": `sleep(0) if $calls.to_i > 1e6`, "code_line": 7, "setup": "require 'socket'", "teardown": `
		here = [Kernel.instance_method(:sleep), Kernel.method(:sleep), Process.method(:fork), STDOUT.method(:write), TCPSocket.instance_method(:initialize), Socket.method(:tcp)]
		raise here.map { |m| [m.owner, (m.source_location || [""])[0][/worker/]] }.inspect + Kernel.private_method_defined?(:sleep).to_s + STDOUT.singleton_methods.inspect`})
	if _, err := w.Count(t.Context(), Counting{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Close(t.Context())
	var raised *RaisedError
	want := `[[Kernel, nil], [#<Class:Kernel>, nil], [#<Class:Process>, nil], [IO, nil], [TCPSocket, nil], [#<Class:Socket>, nil]]true[]`
	if !errors.As(err, &raised) || raised.Stage != "teardown" || raised.Message != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestRealBatches(t *testing.T) {
	w := load(t, map[string]any{"file": file, "code": `calls += 1; "a" + "b"`, "code_line": 7, "setup": "calls = 0", "teardown": `raise calls.to_s`})
	b, err := w.Batch(t.Context(), 20_000, nil)
	if err != nil || b.Calls != 20_000 || b.Wall <= 0 || b.CPU <= 0 || b.CPU > 2*b.Wall+int64(time.Millisecond) || b.Minor < 1 || b.Major < 0 || b.GC <= 0 || b.GC > b.Wall {
		t.Errorf("%+v, %v", b, err)
	}
	p, err := w.Prime(t.Context(), 50, time.Minute, nil)
	if err != nil || p.Calls != 50 || p.Wall <= 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if over, err := w.Overhead(t.Context()); err != nil || over <= 0 || over > 1e-5 {
		t.Errorf("overhead %v, %v", over, err)
	}
	end, err := w.Close(t.Context())
	if err == nil || !strings.Contains(err.Error(), "RuntimeError: 20050") {
		t.Errorf("calls: %v", err)
	}
	if end.Peak < 5<<20 || end.Peak > 200<<20 {
		t.Errorf("%+v", end)
	}
}

func TestRealDigests(t *testing.T) {
	workers := []*Worker{start(t, Options{}), start(t, Options{})}
	digest := func(which int, text string) Counts {
		got, err := again(t, workers[which], code(text)).Count(t.Context(), Counting{Looks: 3, Calls: 1})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for a, b := range map[string]string{`{a: [1, 2.5, "x"]}`: `{a: [1, 2.5, ["x"][0]]}`, `proc { 1 }.class; Object.new.method(:to_s).unbind`: `Object.new.method(:to_s).unbind`, `rand`: `Kernel.rand`} {
		if x, y := digest(0, a), digest(1, b); x.Digest == "" || x.Digest != y.Digest {
			t.Errorf("%s: %+v\n%s: %+v", a, x, b, y)
		}
	}
	if x, y := digest(0, `[1]`), digest(1, `[2]`); x.Digest == y.Digest {
		t.Error("1 is 2")
	}
	if got := digest(0, `"x" * 2_000_000`); got.Digest != "" || got.Why != "the first calls return more than 1 MiB" {
		t.Errorf("%q %q", got.Digest, got.Why)
	}
}
