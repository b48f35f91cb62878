package agent

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pitwall/internal/realtest"
)

// BenchmarkCost measures what the agent costs: CPU per request of a Puma
// without it, with its hooks off and with its hooks on, in turn, on a Rack app
// that does nothing and on a Rails action with 50 statements.
//
//	go test -run - -bench Cost -benchtime 20x ./probe/ruby/agent/
//
// An iteration is one round of all three, in changing order. Ratios are the
// median of the rounds' ratios, with the quartiles beside it.
func BenchmarkCost(b *testing.B) {
	b.Run("rack", func(b *testing.B) {
		dir := b.TempDir()
		files(b, dir, map[string]string{"config.ru": rack})
		cost(b, dir, "/pid", 1500)
	})
	b.Run("rails50", func(b *testing.B) {
		realtest.Rails(b)
		dir := b.TempDir()
		files(b, dir, map[string]string{"config.ru": railsApp, "config/database.yml": database(postgres(b))})
		cost(b, dir, "/fifty", 40)
	})
}

// cost runs b.N rounds of requests for path.
func cost(b *testing.B, dir, path string, requests int) {
	s := listenHere(b, Options{})
	plain := append(os.Environ(), "RAILS_ENV=production")
	without := boot(b, dir, plain, "-t", "1:1", "config.ru")
	with := boot(b, dir, s.Env(plain), "-t", "1:1", "config.ru")
	client := &http.Client{}
	round := func(a *app) float64 {
		start := cpu(b, a.cmd.Process.Pid)
		for range requests {
			res, err := client.Get(a.url + path)
			must(b, err)
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		return float64(cpu(b, a.cmd.Process.Pid)-start) / float64(requests)
	}
	modes := []func() float64{
		func() float64 { return round(without) },
		func() float64 { must(b, s.Off(b.Context())); return round(with) },
		func() float64 { must(b, s.On(b.Context())); return round(with) },
	}
	for _, m := range modes { // warm
		m()
		m()
	}
	var none, off, on, offRatio, onRatio []float64
	for i := range b.N {
		var ns [3]float64
		for k := range modes {
			m := (i + k) % 3
			ns[m] = modes[m]()
		}
		none, off, on = append(none, ns[0]), append(off, ns[1]), append(on, ns[2])
		offRatio, onRatio = append(offRatio, ns[1]/ns[0]), append(onRatio, ns[2]/ns[0])
	}
	b.ReportMetric(0, "ns/op")
	for name, list := range map[string][]float64{"none-us": none, "off-us": off, "on-us": on} {
		b.ReportMetric(quantile(list, 0.5)/1e3, name)
	}
	for name, list := range map[string][]float64{"off-ratio": offRatio, "on-ratio": onRatio} {
		b.ReportMetric(quantile(list, 0.5), name)
		b.ReportMetric(quantile(list, 0.25), name+"-q1")
		b.ReportMetric(quantile(list, 0.75), name+"-q3")
	}
	if n := s.Log(); n.Lost != 0 || len(n.Requests) < b.N*requests {
		b.Errorf("%d requests, %d lost", len(n.Requests), n.Lost)
	}
}

func quantile(list []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// cpu is the CPU time of all threads of a process in nanoseconds.
func cpu(b *testing.B, pid int) int64 {
	b.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	must(b, err)
	sum := int64(0)
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		must(b, err)
		n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		must(b, err)
		sum += n
	}
	return sum
}
