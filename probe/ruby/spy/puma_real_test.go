package spy

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pitwall/core/profile"
	"pitwall/internal/realtest"
	"pitwall/probe/proc"
)

// puma starts test/apps/rack in a cluster, and answers its address and the
// workers' pids.
func puma(t *testing.T, workers, threads int) (url string, pids []int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url = "http://" + l.Addr().String()
	l.Close()
	cmd := exec.Command(realtest.Puma(t), "-w", fmt.Sprint(workers), "-t", fmt.Sprintf("%d:%d", threads, threads),
		"-b", "tcp://"+strings.TrimPrefix(url, "http://"), "-e", "production", "config.ru")
	cmd.Dir = filepath.Join("..", "..", "..", "test", "apps", "rack")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for booted := 0; booted < workers && lines.Scan(); {
		if strings.Contains(lines.Text(), "booted") {
			booted++
		}
	}
	go func() {
		for lines.Scan() {
		}
	}()
	if pids = proc.Descendants(cmd.Process.Pid); len(pids) != workers {
		t.Fatalf("workers %v", pids)
	}
	return url, pids
}

func TestRealPumaThreads(t *testing.T) {
	url, pids := puma(t, 2, 5)
	quiet, _ := record(t, 100, time.Second, pids...)
	states := quiet.States()
	if idle := float64(states[profile.Idle]) / float64(quiet.Weight()); idle < 0.95 {
		t.Errorf("a Puma without requests is idle %.1f %% of its threads' time: %v", 100*idle, states)
	}

	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if r, err := http.Get(url + []string{"/cpu", "/sleep"}[i%2]); err == nil {
					r.Body.Close()
				}
			}
		})
	}
	busy, stats := record(t, 200, 3*time.Second, pids...)
	close(stop)
	wg.Wait()
	t.Logf("%+v, lost %v, repaired %d, %s a sample", stats, busy.Lost, busy.Repaired, stats.CPU/time.Duration(max(stats.Threads, 1)))
	in := func(method string, state profile.State) (n int) {
		for _, s := range busy.Samples {
			for _, f := range busy.Path(s.Stack) {
				if s.State == state && strings.HasSuffix(f.Name, method) {
					n++
					break
				}
			}
		}
		return n
	}
	if in("compute", profile.Running) < 20 || in("sleep", profile.Sleeping) < 20 {
		t.Errorf("%d samples compute, %d sleep: %v", in("compute", profile.Running), in("sleep", profile.Sleeping), busy.States())
	}
	if n := in("process_client", profile.Idle); n > 0 {
		t.Errorf("%d samples are idle inside a request", n)
	}
}
