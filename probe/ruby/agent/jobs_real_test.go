package agent

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

const jobs = `
require "sidekiq"
Sidekiq.configure_server { |c| c.redis = { url: ENV["REDIS"] } }
Sidekiq.configure_client { |c| c.redis = { url: ENV["REDIS"] } }
class GoodJob
  include Sidekiq::Worker
  def perform(n); Array.new(n) { Object.new }; end
end
class BadJob
  include Sidekiq::Worker
  sidekiq_options retry: false
  def perform; raise ArgumentError, "secret-canary"; end
end
`

func TestRealSidekiq(t *testing.T) {
	sidekiq, redis := realtest.Sidekiq(t), realtest.Redis(t)
	dir := t.TempDir()
	files(t, dir, map[string]string{"jobs.rb": jobs})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	start := func(env []string, name string, args ...string) *output {
		out := &output{}
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
		must(t, cmd.Start())
		t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
		return out
	}
	start(os.Environ(), redis, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
	s := listenHere(t, Options{})
	env := s.Env(append(os.Environ(), "REDIS=redis://127.0.0.1:"+port+"/0"))
	waitPort(t, "127.0.0.1:"+port)
	out := start(env, sidekiq, "-r", filepath.Join(dir, "jobs.rb"), "-c", "1", "-t", "1")
	ctx := within(t, 20*time.Second)
	if err := s.WaitHello(ctx, 1); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, s.On(ctx))
	push := exec.Command(realtest.Ruby(t), "-r", filepath.Join(dir, "jobs.rb"), "-e", "GoodJob.perform_async(500); BadJob.perform_async")
	push.Env = env
	if said, err := push.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for len(s.Log().Requests) < 2 && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	setup, err := s.Setup(ctx)
	must(t, err)
	if len(setup.Hosts) != 1 || setup.Hosts[0].Purpose != "jobs" || setup.Hosts[0].Address != "127.0.0.1:"+port || !setup.Hosts[0].Local {
		t.Errorf("hosts %+v", setup.Hosts)
	}
	r := s.Log().Requests
	if len(r) != 2 {
		t.Fatalf("%d jobs\n%s", len(r), out)
	}
	if r[0].Action != "GoodJob" || r[0].Queue == nil || *r[0].Queue <= 0 || len(r[0].ID) != 24 || r[0].Objects < 500 || r[0].Method != "" {
		t.Errorf("%+v", r[0])
	}
	if r[1].Action != "BadJob" || r[1].Error != "ArgumentError" {
		t.Errorf("%+v", r[1])
	}
	for _, p := range s.Processes() { // what pushed the jobs stayed dormant
		if p.Role != Jobs || p.Faults != 0 {
			t.Errorf("%+v", p)
		}
	}
}

func waitPort(t *testing.T, host string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", host); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("nothing listens on %s", host)
		}
	}
}

// A Rack server that is not Puma is connected by its first request.
func TestRealOtherServer(t *testing.T) {
	realtest.Puma(t) // which brings Rack
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	host := l.Addr().String()
	_, port, _ := net.SplitHostPort(host)
	l.Close()
	// The smallest of servers: one connection after another.
	own := `require "rack/builder"; require "socket"
app = Rack::Builder.new { run ->(env) { raise KeyError if env["PATH_INFO"] == "/raise"; [200, {}, ["ok"]] } }.to_app
server = TCPServer.new("127.0.0.1", ` + port + `)
while (c = server.accept)
  path = c.gets.to_s.split[1]
  (c.close; next) unless path; nil while c.gets.to_s.chomp != ""
  begin
    status, = app.call("REQUEST_METHOD" => "GET", "PATH_INFO" => path)
  rescue KeyError
    status = 500
  end
  c.write("HTTP/1.1 #{status} x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
  c.close
end`
	files(t, dir, map[string]string{"server.rb": own})
	s := listenHere(t, Options{})
	cmd := exec.Command(realtest.Ruby(t), filepath.Join(dir, "server.rb"))
	out := &output{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, s.Env(os.Environ()), out, out
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	waitPort(t, host)
	a := &app{t: t, url: "http://" + host, out: out}
	a.get("/")
	ctx := within(t, 10*time.Second)
	must(t, s.WaitHello(ctx, 1))
	must(t, s.On(ctx))
	a.get("/")
	a.get("/raise")
	must(t, s.Off(ctx))
	r := s.Log().Requests
	if len(r) != 2 || r[0].Status != 200 || r[1].Status != 500 || r[1].Error != "KeyError" {
		t.Errorf("%+v\n%s", r, out)
	}
	if strings.Contains(out.String(), "rror") {
		t.Errorf("%s", out)
	}
}
