package agent

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pitwall/core/request"
	"pitwall/internal/realtest"
)

// output is what a program printed, readable while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// app is one Rack app under a real Puma.
type app struct {
	t    testing.TB
	url  string
	out  *output
	cmd  *exec.Cmd
	host string
}

// files writes an app's files into a directory.
func files(t testing.TB, dir string, contents map[string]string) {
	t.Helper()
	for name, text := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// listenHere is a Server in a directory of the test.
func listenHere(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Listen(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// boot starts Puma in dir and waits until it answers.
func boot(t testing.TB, dir string, env []string, args ...string) *app {
	t.Helper()
	puma := realtest.Puma(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := free.Addr().String()
	free.Close()
	a := &app{t: t, host: host, url: "http://" + host, out: &output{}}
	a.cmd = exec.Command(puma, append([]string{"-e", "production", "-b", "tcp://" + host}, args...)...)
	a.cmd.Dir, a.cmd.Env, a.cmd.Stdout, a.cmd.Stderr = dir, env, a.out, a.out
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", host); err == nil {
			c.Close()
			return a
		}
		if time.Now().After(end) {
			t.Fatalf("puma does not answer:\n%s", a.out)
		}
	}
}

func (a *app) stop() {
	a.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { a.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		syscall.Kill(-a.cmd.Process.Pid, syscall.SIGKILL)
		<-done
	}
}

// get asks for a path on a connection of its own.
func (a *app) get(path string, headers ...string) (int, string) {
	a.t.Helper()
	req, err := http.NewRequest("GET", a.url+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Close = true
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatalf("%v\n%s", err, a.out)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// sent is the present in the form of X-Request-Start.
func sent() string {
	return fmt.Sprintf("t=%.6f", float64(time.Now().UnixMicro())/1e6)
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const rack = `
require "socket"
class Trouble < RuntimeError; end
run(lambda do |env|
  case env["PATH_INFO"]
  when "/pid" then [200, { "content-type" => "text/plain" }, [Process.pid.to_s]]
  when "/opt" then [200, { "content-type" => "text/plain" }, [ENV["RUBYOPT"]]]
  when "/make" then a = Array.new(1000) { |i| Object.new }; [201, {}, [a.size.to_s]]
  when "/gc" then GC.start; [200, {}, ["ok"]]
  when "/slow" then sleep 0.3; [200, {}, ["slow"]]
  when "/raise" then raise Trouble, "secret-canary"
  when "/out" then begin
      TCPSocket.new("192.0.2.1", 443)
    rescue Errno::ECONNREFUSED => e
      [200, {}, ["#{e.class.superclass}: #{e.message}"]]
    end
  when "/tcp" then begin
      Socket.tcp("api.example", 80) { }
    rescue SystemCallError => e
      [200, {}, [e.message]]
    end
  when "/fork" then r, w = IO.pipe
    pid = fork { w.write(defined?(PitwallAgent) ? PitwallAgent.link.inspect : "none"); w.close; exit!(0) }
    w.close; Process.wait(pid); [200, {}, [r.read]]
  when "/child" then [200, {}, [%x(#{RbConfig.ruby} -e 'print defined?(PitwallAgent::Link).inspect, $$')]]
  else [404, {}, []]
  end
end)
`

func TestRealPumaCluster(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": rack, "extra.rb": "EXTRA = 1\n"})
	s := listenHere(t, Options{Route: func(id string) string {
		if strings.HasPrefix(id, "pw-") {
			return "route"
		}
		return ""
	}})
	env := s.Env(append(os.Environ(), "RUBYOPT=-W0 -r"+dir+"/extra.rb"))
	a := boot(t, dir, env, "-w", "2", "-t", "2:2", "--preload", "config.ru")
	ctx := within(t, 15*time.Second)
	must(t, s.WaitHello(ctx, 2))

	if _, body := a.get("/opt"); !strings.Contains(body, "pitwall_agent") || !strings.HasSuffix(body, " -W0 -r"+dir+"/extra.rb") {
		t.Errorf("RUBYOPT %q does not keep the user's", body)
	}
	if n := len(s.Log().Requests); n != 0 {
		t.Errorf("%d requests while off", n)
	}
	must(t, s.On(ctx))
	a.get("/make", "X-Request-Id", "pw-1", "X-Request-Start", sent())
	a.get("/gc", "X-Request-Id", "other")
	a.get("/raise")
	must(t, s.Off(ctx))
	a.get("/pid")
	must(t, s.On(ctx))
	must(t, s.Off(ctx))

	log := s.Log()
	if len(log.Requests) != 3 || log.Lost != 0 {
		t.Fatalf("%d requests, %d lost\n%+v\n%s", len(log.Requests), log.Lost, log, a.out)
	}
	// Two workers: the order is theirs.
	slices.SortFunc(log.Requests, func(a, b request.Request) int { return cmp.Compare(a.Start, b.Start) })
	r := log.Requests[0]
	if r.ID != "pw-1" || r.Route != "route" || r.Method != "GET" || r.Status != 201 || r.TID <= 0 || r.CPU <= 0 || !r.Alone() || r.View != -1 {
		t.Errorf("first request: %+v", r)
	}
	// 1,000 objects, their array, and what Puma and Rack make of a request.
	if r.Objects < 1001 || r.Objects > 1400 {
		t.Errorf("%d objects, want about 1,000", r.Objects)
	}
	if r.Queue == nil || *r.Queue <= 0 || *r.Queue > 10e9 {
		t.Errorf("queue time %v", r.Queue)
	}
	if r := log.Requests[1]; r.GCCount < 1 || r.GC <= 0 || r.Route != "" || r.Queue != nil {
		t.Errorf("request with GC: %+v", r)
	}
	if r := log.Requests[2]; r.Error != "Trouble" || r.Status != 500 {
		t.Errorf("request with an exception: %+v", r)
	}
	for _, p := range s.Processes() {
		if p.Faults != 0 || p.Root != dir {
			t.Errorf("process %+v", p)
		}
	}
	if strings.Contains(a.out.String(), "WARNING: Detected") {
		t.Errorf("puma complains of our thread:\n%s", a.out)
	}
}

func TestRealStatsAndStrangers(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": rack})
	s := listenHere(t, Options{})
	a := boot(t, dir, s.Env(os.Environ()), "-t", "3:3", "config.ru")
	ctx := within(t, 15*time.Second)
	must(t, s.WaitHello(ctx, 1))
	var wait sync.WaitGroup
	wait.Go(func() { a.get("/slow") })
	var busy *PumaStats
	for busy == nil || busy.RequestsCount < 1 {
		list, err := s.Stats(ctx)
		must(t, err)
		if len(list) != 1 || list[0].Puma == nil || list[0].Role != Web {
			t.Fatalf("stats %+v", list)
		}
		busy = list[0].Puma
		if list[0].GC["heap_live_slots"] <= 0 || list[0].GC["count"] < 0 || list[0].Time <= 0 {
			t.Errorf("gc %v", list[0].GC)
		}
	}
	if busy.MaxThreads != 3 || busy.Running != 3 || busy.Backlog != 0 || busy.Busy < 1 {
		t.Errorf("puma %+v", busy)
	}
	// The slow request began before the hooks: it must still count.
	must(t, s.On(ctx))
	a.get("/pid")
	wait.Wait()
	for range 10 { // its thread may take a moment to rest
		a.get("/pid")
		time.Sleep(10 * time.Millisecond)
	}
	must(t, s.Off(ctx))
	log := s.Log()
	if len(log.Requests) != 11 || log.Requests[0].InFlight != 2 || log.Requests[10].InFlight != 1 {
		t.Errorf("requests %+v", log.Requests)
	}
}

func TestRealGuard(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": rack})
	s := listenHere(t, Options{Allow: []string{"allowed.example"}, Route: func(id string) string { return "route " + id }})
	a := boot(t, dir, s.Env(os.Environ()), "-t", "1:1", "config.ru")
	ctx := within(t, 15*time.Second)
	must(t, s.WaitHello(ctx, 1))
	must(t, s.On(ctx))
	line := 1
	for i, l := range strings.Split(rack, "\n") {
		if strings.Contains(l, "192.0.2.1") {
			line = i + 1
		}
	}
	_, body := a.get("/out", "X-Request-Id", "7")
	want := fmt.Sprintf("Errno::ECONNREFUSED: Connection refused - pitwall refused a connection to 192.0.2.1:443 (called from config.ru:%d)", line)
	if !strings.HasPrefix(body, want) {
		t.Errorf("%q, want %q", body, want)
	}
	if _, body = a.get("/tcp"); !strings.Contains(body, "api.example:80") {
		t.Errorf("Socket.tcp: %q", body)
	}
	must(t, s.Off(ctx))
	out := s.Log().Outgoing
	if len(out) != 2 || out[0].Host != "192.0.2.1" || out[0].Port != 443 || out[0].Line != fmt.Sprint("config.ru:", line) || out[0].Route != "route 7" || !out[0].Refused {
		t.Errorf("outgoing %+v", out)
	}
	if out[1].Host != "api.example" || out[1].Port != 80 {
		t.Errorf("outgoing %+v", out[1])
	}
}

func TestRealSocketGoneAndForks(t *testing.T) {
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": rack})
	s := listenHere(t, Options{})
	a := boot(t, dir, s.Env(os.Environ()), "-w", "1", "-t", "2:2", "config.ru")
	ctx := within(t, 15*time.Second)
	must(t, s.WaitHello(ctx, 1))
	must(t, s.On(ctx))
	if _, body := a.get("/fork"); body != "nil" {
		t.Errorf("a forked child keeps %s", body)
	}
	before := len(s.Processes())
	if _, body := a.get("/child"); !strings.HasPrefix(body, "nil") {
		t.Errorf("a helper process is awake: %q", body)
	}
	if n := len(s.Processes()); n != before || before != 2 {
		t.Errorf("%d processes, then %d; want the master and one worker", before, n)
	}
	if status, _ := a.get("/pid"); status != 200 {
		t.Errorf("status %d", status)
	}
	must(t, s.Close())
	for range 20 {
		if status, body := a.get("/pid"); status != 200 || body == "" {
			t.Fatalf("without the socket: %d %q\n%s", status, body, a.out)
		}
	}
	if _, body := a.get("/out"); !strings.Contains(body, "pitwall refused") {
		t.Errorf("the guard fell asleep: %q", body)
	}
}

// A Ruby that serves nothing opens no socket and warns of nothing.
func TestRealDormant(t *testing.T) {
	ruby := realtest.Ruby(t)
	s := listenHere(t, Options{})
	env := s.Env(append(os.Environ(), "RUBYOPT=-w"))
	code := `require "socket"; require "json"; require "set"; print Dir.children("/proc/self/fd").map { |n| File.readlink("/proc/self/fd/#{n}") rescue "" }.grep(/socket/).size`
	cmd := exec.Command(ruby, "-e", code)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "0" {
		t.Errorf("%v: %q", err, out)
	}
	if list := s.Processes(); len(list) != 0 {
		t.Errorf("connected: %+v", list)
	}
}
