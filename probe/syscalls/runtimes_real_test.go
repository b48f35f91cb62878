package syscalls

import (
	"bufio"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/internal/realtest"
	"pitwall/probe/exec"
)

// A Ruby worker marks its regions on a descriptor of its own and is driven
// through another while it is traced. 10 reads of a file cost the same calls
// each time, whatever else Ruby does.
func TestRealRegionsOfRuby(t *testing.T) {
	ruby := realtest.Ruby(t)
	commands, tell := pipe(t)
	answer, results := pipe(t)
	const worker = `
		commands, results = IO.new(3, "r"), IO.new(4, "w")
		results.sync = true
		while (line = commands.gets)
			n = line.to_i
			results.write(%({"mark":"begin"}\n))
			i = 0
			while i < n
				File.read("/proc/self/stat")
				i += 1
			end
			results.write(%({"mark":"end"}\n))
			results.write(%({"calls":#{n}}\n))
		end`
	go func() {
		defer tell.Close()
		said := bufio.NewScanner(answer)
		for _, n := range []string{"1\n", "0\n", "10\n", "20\n"} {
			_, _ = tell.WriteString(n)
			for said.Scan() && !strings.Contains(said.Text(), "calls") {
				continue
			}
		}
	}()
	c, err := Count(context.Background(), exec.Command{
		Args: []string{ruby, "-e", worker}, Files: []uintptr{commands.Fd(), results.Fd()}, Limit: 20 * time.Second,
	}, &Marks{FD: 4, Begin: `"mark":"begin"`, End: `"mark":"end"`})
	if err != nil || c.Outcome.Exit != 0 || len(c.Regions) != 4 {
		t.Fatalf("%v, %s, %d regions: %s", err, c.Outcome.How(), len(c.Regions), c.Outcome.Stderr.Tail)
	}
	empty, ten, twenty := c.Regions[1], c.Regions[2], c.Regions[3]
	t.Logf("empty %v, ten %v", empty.Calls, ten.Calls)
	if empty.Total() != 0 || ten.Calls["openat"] != 10 || ten.Total() < 30 || twenty.Total() != 2*ten.Total() {
		t.Errorf("empty %v, ten %v, twenty %v", empty.Calls, ten.Calls, twenty.Calls)
	}
	if len(ten.Events) != 0 {
		t.Errorf("%+v", ten.Events)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// What a body should not do is seen.
func TestRealEventsOfRuby(t *testing.T) {
	ruby := realtest.Ruby(t)
	c := counted(t, ruby, "-rsocket", "-e", `
		sleep 0.02
		begin; TCPSocket.new("127.0.0.1", 1); rescue SystemCallError; end
		Process.wait(fork { exit!(0) })
		system("true")
		$stdout.syswrite("hello")`)
	seen := map[Kind][]string{}
	for _, e := range c.Whole.Events {
		seen[e.Kind] = append(seen[e.Kind], e.Text)
	}
	has := func(k Kind, text string) bool { return strings.Contains(strings.Join(seen[k], "\n"), text) }
	if len(seen[Sleep]) == 0 || !has(Connect, "127.0.0.1:1") || len(seen[Fork]) != 2 || !has(Exec, "/true") || !has(Output, "hello") {
		t.Errorf("%+v", seen)
	}
}

// The Java virtual machine uses SIGSEGV for its own purposes and has dozens
// of threads.
func TestRealJRubyUnderTrace(t *testing.T) {
	jruby := realtest.JRuby(t)
	c, err := Count(context.Background(), exec.Command{Args: []string{jruby, "-e", "x = nil; 2000.times { begin; x.foo; rescue NoMethodError; end }; print 6 * 7; exit 3"}, Keep: true, Limit: time.Minute}, nil)
	if err != nil || c.Outcome.Exit != 3 || string(c.Outcome.Stdout.Tail) != "42" {
		t.Fatalf("%v, %s, %q %s", err, c.Outcome.How(), c.Outcome.Stdout.Tail, c.Outcome.Stderr.Tail)
	}
	t.Logf("%d calls", c.Whole.Total())
	if c.Whole.Calls["clone3"]+c.Whole.Calls["clone"] < 5 {
		t.Errorf("%v", c.Whole.Calls)
	}
}
