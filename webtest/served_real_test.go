package webtest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/store"
	"pitwall/web"
)

// shelf is a store of a lap, a run of benchmarks, and a lap that goes on.
type shelf struct {
	result *lap.Result
	bench  *bench.Result
}

func newShelf(t testing.TB) shelf {
	s := shelf{sample(t), benchSample()}
	s.result.Run.Parts = []run.Part{{Name: store.LapPart}}
	return s
}

const openID = "01930000-0000-7000-8000-00000000000c"

func (s shelf) runs() []run.Run {
	open := run.Run{ID: openID, Command: "lap", App: "shop", Status: run.Open, Started: time.Now().Add(-90 * time.Second)}
	return []run.Run{s.result.Run, s.bench.Run, open}
}

func (s shelf) List(context.Context, store.Filter) ([]run.Run, error) { return s.runs(), nil }

func (s shelf) Get(_ context.Context, id string) (run.Run, error) {
	for _, r := range s.runs() {
		if r.ID == id {
			return r, nil
		}
	}
	return run.Run{}, &store.NotFoundError{What: "run", Name: id}
}
func (s shelf) Lap(context.Context, run.Run) (*lap.Result, error)     { return s.result, nil }
func (s shelf) Bench(context.Context, run.Run) (*bench.Result, error) { return s.bench, nil }

// serve answers for a shelf on a loopback port, and returns its address.
func serve(t testing.TB, runs web.Runs, options web.Options) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options.Listen = listener.Addr().String()
	server := &http.Server{Handler: web.Handler(runs, options)}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "http://" + options.Listen + "/"
}

// heldTo fails the test if the page complained, or asked anything but the
// server.
func (b *tab) heldTo(address string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		b.t.Errorf("the page said: %q", b.said)
	}
	for _, request := range b.requests {
		if !strings.HasPrefix(request, address) {
			b.t.Errorf("the page asked %s", request)
		}
	}
}

// The served pages list the runs, open one, and keep its state in the address
// beside the run's, under the server's own policy.
func TestRealServedPages(t *testing.T) {
	address := serve(t, newShelf(t), web.Options{})
	b := open(t, address)
	b.until(`document.querySelector(".runs a") !== null`)
	b.do(chromedp.Click(chromedp.CSS(`.runs a[href$="` + sample(t).Run.ID + `"]`)))
	b.until(`document.getElementById("work") !== null`)
	eval[chromedp.Void](b, `document.querySelector(".route-row").click()`)
	b.until(`location.hash.includes("route=GET")`)
	if hash := eval[string](b, `location.hash`); !strings.HasPrefix(hash, "#/runs/"+sample(t).Run.ID+"?") {
		t.Errorf("address %q", hash)
	}
	b.load(eval[string](b, `location.href`))
	b.until(`document.querySelector(".detail .flame-box") !== null`)
	b.do(chromedp.Click(chromedp.CSS(".home a")))
	b.until(`document.querySelector(".runs a") !== null`)
	b.heldTo(address)
}
