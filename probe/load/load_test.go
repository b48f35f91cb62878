package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/route"
)

// serve runs a handler on loopback for the test.
func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// drive makes a driver of one plain route, changed as needed.
func drive(t testing.TB, address string, change func(*Config)) *Driver {
	cfg := Config{Address: address, Routes: []route.Route{{Name: "home", Path: "/"}}, Seed: 7}
	if change != nil {
		change(&cfg)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestSmoke(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })
	d := drive(t, url, nil)
	for _, w := range []lap.Window{{Index: 1, Kind: lap.Closed, Connections: 4}, {Index: 2, Kind: lap.Bare, Rate: 500}, {Index: 3, Kind: lap.Solo}} {
		o, err := d.Run(context.Background(), Stage{Window: w, Duration: 300 * time.Millisecond, Block: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v requests %d connects %d cpu %v invalid %q cells %d early %q", o.Window, o.Requests, o.Connects, time.Duration(o.CPU), o.Invalid(), len(o.Cells), o.Early)
		for _, c := range o.Cells {
			p50, _ := c.Service.Quantile(.5)
			t.Logf("%d %d %d/%d %v %v p50 %v", c.Window, c.Start-o.Window.Start, c.Done, c.Offered, c.Status, c.Errors, time.Duration(p50))
		}
		if o.Lag != nil {
			a, _ := o.Lag.Quantile(.5)
			b, _ := o.Lag.Quantile(.99)
			t.Logf("lag %v %v", time.Duration(a), time.Duration(b))
		}
	}
}
