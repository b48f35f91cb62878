package real

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

const shopDir = "../../examples/shop"

// shop is a running examples/shop. The slow service is the test's own, so
// that it can count its calls.
type shop struct {
	run, url  string
	log       *output
	slowCalls atomic.Int64
}

// output is what the web process wrote.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// startShop starts the database and the web process, with the faults of fix
// turned off. At the log level "debug" it says its statements.
func startShop(t *testing.T, fix, level string) *shop {
	t.Helper()
	realtest.Rails(t)
	puma := realtest.Puma(t)
	postgres := realtest.Postgres(t)
	redis := filepath.Dir(realtest.Redis(t))

	s := &shop{run: shortDir(t), log: &output{}}
	slow := httptest.NewServer(http.HandlerFunc(s.slow))
	t.Cleanup(slow.Close)
	port := freePort(t)
	s.url = "http://127.0.0.1:" + port
	env := []string{
		"RAILS_ENV=production", "RAILS_LOG_TO_STDOUT=1", "RAILS_LOG_LEVEL=" + level, "WEB_CONCURRENCY=1",
		"SHOP_RUN=" + s.run, "SHOP_FIX=" + fix, "SLOW_URL=" + slow.URL, "PORT=" + port,
		"PG_BIN=" + postgres, "PATH=" + redis + ":" + os.Getenv("PATH"),
	}
	seed(t, env)
	s.start(t, env, shopPath(t, "bin/postgres"))
	s.start(t, env, shopPath(t, "bin/redis"))
	eventually(t, "the database", s.databaseUp, s.log)
	// One thread has one connection: whatever was asked before is warm.
	s.start(t, append(env, "RAILS_MAX_THREADS=1"), puma, "-C", "config/puma.rb")
	s.start(t, env, shopPath(t, "bin/jobs"))
	eventually(t, "the shop", s.up, s.log)
	return s
}

func (s *shop) slow(w http.ResponseWriter, _ *http.Request) {
	s.slowCalls.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{"EUR":1.0,"PLN":4.31}`))
}

func (s *shop) databaseUp() bool {
	c, err := net.Dial("unix", s.run+"/pg/.s.PGSQL.5432")
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func (s *shop) up() bool {
	answer, err := http.Get(s.url + "/up")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// seed makes the cluster, unless an earlier test or lap has.
func seed(t *testing.T, env []string) {
	t.Helper()
	c := exec.Command(shopPath(t, "bin/seed"))
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("bin/seed: %v\n%s", err, out)
	}
}

// start runs a process of the shop until the test ends, and then sees it end.
func (s *shop) start(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = shopDir
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = s.log, s.log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(20*time.Second, func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
		defer late.Stop()
		c.Wait()
	})
	return c
}

func shopPath(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(shopDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// shortDir is for sockets, whose paths must be short, unlike t.TempDir's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "shop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func eventually(t *testing.T, what string, done func() bool, log *output) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after a minute\n%s", what, log)
		}
	}
}
