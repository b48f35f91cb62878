package load

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/internal/realtest"
)

const nginxConf = `daemon off;
worker_processes 1;
worker_cpu_affinity 01;
pid %[1]s/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 127.0.0.1:%[2]d; location / { default_type text/plain; return 200 "Hello, world!"; } }
}
`

// nginx starts one worker on the first core that answers 13 bytes.
func nginx(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, port), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(realtest.Nginx(t), "-c", conf, "-p", dir, "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("nginx does not listen")
	return ""
}

// BenchmarkRealWrk runs wrk and the driver in turn against nginx, 64
// connections in a closed loop, and reports requests per second and CPU per
// request of both. Give the client one core and nginx the other:
//
//	GOMAXPROCS=1 taskset -c 1 go test -run xxx -bench RealWrk -benchtime 3x ./probe/load
func BenchmarkRealWrk(b *testing.B) {
	wrk := realtest.Wrk(b)
	address := nginx(b)
	const length = 3 * time.Second
	requests := regexp.MustCompile(`(\d+) requests in`)
	d := drive(b, address, nil)
	mix := drive(b, address, func(c *Config) {
		for i := range 19 {
			c.Routes = append(c.Routes, route.Route{Name: fmt.Sprint(i), Path: fmt.Sprintf("/%d/{id}", i), Params: map[string]route.Param{"id": {Range: []int64{1, 1e6}}}})
		}
	})
	count, cpu := map[string]float64{}, map[string]float64{}
	for b.Loop() {
		cmd := exec.Command(wrk, "-t1", "-c64", "-d3s", "http://"+address+"/")
		out, err := cmd.Output()
		found := requests.FindSubmatch(out)
		if err != nil || found == nil {
			b.Fatalf("%v: %s", err, out)
		}
		n, _ := strconv.ParseFloat(string(found[1]), 64)
		count["wrk"] += n
		cpu["wrk"] += float64(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
		for name, d := range map[string]*Driver{"pitwall": d, "pitwall-20-routes": mix} {
			o, err := d.Run(b.Context(), Stage{Window: lap.Window{Connections: 64}, Duration: length})
			if all := sum(o.Cells); err != nil || all.Good != all.Offered {
				b.Fatalf("%v, %+v", err, all)
			}
			count[name] += float64(o.Requests)
			cpu[name] += float64(o.CPU)
		}
	}
	for name, n := range count {
		b.ReportMetric(n/length.Seconds()/float64(b.N), name+"-req/s")
		b.ReportMetric(cpu[name]/1e3/n, name+"-cpu-us/req")
	}
}

// BenchmarkRealOpen reports the driver's CPU per request and its send lag at
// the modest rates of a real app.
func BenchmarkRealOpen(b *testing.B) {
	d := drive(b, nginx(b), nil)
	for _, rate := range []float64{200, 2000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			for b.Loop() {
				o, err := d.Run(b.Context(), Stage{Window: lap.Window{Rate: rate}, Duration: 5 * time.Second})
				all := sum(o.Cells)
				if err != nil || all.Good != all.Offered {
					b.Fatalf("%v, %+v", err, all)
				}
				for name, q := range map[string]float64{"p50": 0.5, "p99": 0.99} {
					lag, _ := o.Lag.Quantile(q)
					response, _ := all.Response.Quantile(q)
					b.ReportMetric(float64(lag)/1e3, "lag-"+name+"-us")
					b.ReportMetric(float64(response)/1e3, "response-"+name+"-us")
				}
				b.ReportMetric(float64(o.CPU)/1e3/float64(o.Requests), "cpu-us/req")
			}
		})
	}
}
