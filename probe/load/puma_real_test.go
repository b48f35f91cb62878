package load

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/internal/realtest"
)

// An app that answers in the ways a Rails app does: with a length, in chunks,
// with nothing, slowly, and with what it was posted.
const rackup = `run lambda { |env|
  case env["PATH_INFO"]
  when "/chunked" then [200, {"Content-Type" => "text/html"}, Enumerator.new { |y| 5.times { |i| y << "part #{i} " } }]
  when "/empty" then [204, {}, []]
  when "/slow" then sleep 0.02; [200, {"Content-Type" => "text/html"}, ["slow"]]
  when "/echo" then [201, {"Content-Type" => "text/plain"}, [env["rack.input"].read]]
  else [200, {"Content-Type" => "text/html", "Content-Length" => "5"}, ["hello"]]
  end
}
`

// Puma closes and keeps connections as it likes; none of it may show as an
// error, on TCP or on a Unix socket.
func TestRealPuma(t *testing.T) {
	ruby, puma := realtest.Ruby(t), realtest.Puma(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	if err := os.WriteFile(filepath.Join(dir, "config.ru"), []byte(rackup), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ruby, puma, "-q", "-t", "4:4", "-b", "unix://"+socket, "config.ru")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	for range 400 {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	d := drive(t, "unix:"+socket, func(c *Config) {
		c.Routes = []route.Route{
			{Name: "plain", Path: "/", Expect: route.Expect{Contains: "hello", ContentType: "text/html", MinBytes: 5}},
			{Name: "chunked", Path: "/chunked", Expect: route.Expect{Contains: "part 0 part 1 part 2 part 3 part 4"}},
			{Name: "empty", Path: "/empty"},
			{Name: "slow", Path: "/slow"},
			{Name: "echo", Method: "POST", Path: "/echo", JSON: `{"n":{n}}`, Params: map[string]route.Param{"n": {Range: []int64{5, 5}}}, Expect: route.Expect{Status: []int{201}, Contains: `{"n":5}`}},
		}
	})
	for _, w := range []lap.Window{{Index: 1, Connections: 12}, {Index: 2, Rate: 150}, {Index: 3, Kind: lap.Solo}} {
		o, all := pass(t, d, Stage{Window: w, Duration: time.Second})
		if all.Offered < 20 || all.Good != all.Offered || o.Retried > o.Connects {
			t.Errorf("%s %v/s: %d of %d good, errors %v, answers %+v", w.Kind, w.Rate, all.Good, all.Offered, all.Errors, d.Answers())
		}
	}
}
