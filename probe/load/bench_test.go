package load

import (
	"net"
	"testing"

	"pitwall/core/route"
)

// BenchmarkRequest is one request after another against a server that does
// next to nothing, in this process.
func BenchmarkRequest(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		answer, buf := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"), make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	}()
	d := drive(b, l.Addr().String(), func(c *Config) {
		c.Routes[0] = route.Route{Name: "home", Path: "/orders/{id}", Params: map[string]route.Param{"id": {Range: []int64{1, 1e6}}}}
		c.ID = func(dst []byte, _ int, _ uint64) []byte { return append(dst, "pw-1234"...) }
	})
	r := &run{d: d, stage: Stage{Block: 1e9}, start: d.now(), ctx: b.Context(), cancel: func(error) {}}
	r.end = r.start + 1e18
	r.stage.Drain = 1e18
	r.ledger = newLedger(1, false, r.start, 1e15, d.cfg.Routes)
	r.watch()
	line := &line{r: r}
	defer line.drop()
	rng := d.generator(1, 1)
	b.ReportAllocs()
	for b.Loop() {
		if o := r.ask(line, 0, d.users[0], rng); o.kind != "" {
			b.Fatalf("%+v", o)
		}
	}
}
