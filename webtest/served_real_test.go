package webtest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/store"
	"pitwall/web"
)

// shelf is a store of one lap.
type shelf struct{ result *lap.Result }

func (s shelf) List(context.Context, store.Filter) ([]run.Run, error) {
	return []run.Run{s.result.Run}, nil
}
func (s shelf) Get(context.Context, string) (run.Run, error)      { return s.result.Run, nil }
func (s shelf) Lap(context.Context, run.Run) (*lap.Result, error) { return s.result, nil }

// The served pages list the runs, open one, and keep its state in the address
// beside the run's, under the server's own policy.
func TestRealServedPages(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	server := &http.Server{Handler: web.Handler(shelf{sample(t)}, web.Options{Listen: address})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })

	b := open(t, "http://"+address+"/")
	b.until(`document.querySelector(".runs a") !== null`)
	b.do(chromedp.Click(chromedp.CSS(".runs a")))
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
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		t.Errorf("the page said: %q", b.said)
	}
	for _, request := range b.requests {
		if !strings.HasPrefix(request, "http://"+address+"/") {
			t.Errorf("the page asked %s", request)
		}
	}
}
