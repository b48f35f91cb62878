package web

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/store"
)

// hostile is a method name as Ruby's define_method accepts it.
const hostile = "</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>--><!-- \u2028 \u2029 & ' \" \x1b[2J"

const runID = "01900000-0000-7000-8000-000000000001"

const benchID = "01900000-0000-7000-8000-000000000002"

// shelf is a store of one lap and one run of benchmarks.
type shelf struct {
	result lap.Result
	bench  bench.Result
}

func newShelf() shelf {
	r := run.Run{ID: runID, App: hostile, Status: run.Complete, Started: time.Unix(0, 0).UTC()}
	s := shelf{result: lap.Result{Schema: lap.Schema, Run: r, App: hostile, Headline: []string{hostile}}, bench: hostileBench()}
	s.bench.Run.Started = time.Unix(60, 0).UTC()
	return s
}

func (s shelf) List(_ context.Context, f store.Filter) ([]run.Run, error) {
	if f.App != "" && f.App != s.result.App {
		return []run.Run{}, nil
	}
	return []run.Run{s.result.Run, s.bench.Run}, nil
}

func (s shelf) Get(_ context.Context, id string) (run.Run, error) {
	for _, r := range []run.Run{s.result.Run, s.bench.Run} {
		if r.ID == id {
			return r, nil
		}
	}
	return run.Run{}, &store.NotFoundError{What: "run", Name: id}
}

func (s shelf) Lap(_ context.Context, r run.Run) (*lap.Result, error) {
	if r.ID != runID {
		return nil, &store.NotFoundError{What: "part", Name: store.LapPart}
	}
	return &s.result, nil
}

func (s shelf) Bench(_ context.Context, r run.Run) (*bench.Result, error) {
	if r.ID != benchID {
		return nil, &store.NotFoundError{What: "part", Name: store.BenchPart}
	}
	return &s.bench, nil
}

// server serves the shelf on a loopback port.
func server(t *testing.T) (address, port string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	address = s.Listener.Addr().String()
	s.Config.Handler = Handler(newShelf(), Options{Listen: address})
	s.Start()
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return address, port
}

// ask sends one request and reads the whole answer.
func ask(t *testing.T, method, address, path, host string, header map[string]string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for k, v := range header {
		r.Header.Set(k, v)
	}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func routes() []string {
	return []string{"/", "/app.js", "/app.css", "/icon.svg", "/runs/" + runID, "/api/runs", "/api/runs/" + runID,
		"/api/runs/" + runID + "/lap", "/api/runs/" + runID + "/report", "/api/runs/" + benchID + "/bench",
		"/api/runs/" + benchID + "/report", "/api/history", "/nothing", "//", "/api/runs/../../x"}
}

func TestForeignHostsAreRefused(t *testing.T) {
	address, port := server(t)
	hosts := []string{"evil.example", "evil.example:" + port, "localhost.:" + port, "127.0.0.1.nip.io:" + port, "localhost", "127.0.0.1",
		"127.0.0.1:1", "localhost:1", "[::1]:1", "127.0.0.2:" + port, "0.0.0.0:" + port, "127.1:" + port, "localhost:" + port + ".evil.example",
		"user@localhost:" + port, "[::ffff:127.0.0.1]:" + port, "localhost:0" + port}
	for _, path := range routes() {
		for _, host := range hosts {
			if answer, body := ask(t, "GET", address, path, host, nil); answer.StatusCode != http.StatusMisdirectedRequest && answer.StatusCode != http.StatusBadRequest || strings.Contains(body, runID) {
				t.Errorf("%s with Host %s: %d", path, host, answer.StatusCode)
			}
		}
	}
	for _, host := range []string{address, "localhost:" + port, "LOCALHOST:" + port, "[::1]:" + port} {
		if answer, _ := ask(t, "GET", address, "/api/runs", host, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("Host %s: %d", host, answer.StatusCode)
		}
	}
}

func TestMissingHostIsRefused(t *testing.T) {
	address, _ := server(t)
	for _, text := range []string{"GET /api/runs HTTP/1.0\r\n\r\n", "GET /api/runs HTTP/1.1\r\n\r\n", "GET /api/runs HTTP/1.1\r\nHost:\r\n\r\n",
		"GET http://evil.example/api/runs HTTP/1.1\r\nHost: " + address + "\r\n\r\n"} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, text)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusMisdirectedRequest && answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %d", text, answer.StatusCode)
		}
		conn.Close()
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	address, port := server(t)
	refused := []map[string]string{
		{"Origin": "http://evil.example"}, {"Origin": "https://" + address}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://localhost:1"},
		{"Origin": "http://localhost:" + port + ".evil.example"},
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
		{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
	}
	for _, path := range routes() {
		for _, header := range refused {
			if answer, body := ask(t, "GET", address, path, address, header); answer.StatusCode != http.StatusForbidden || strings.Contains(body, runID) {
				t.Errorf("%s with %v: %d", path, header, answer.StatusCode)
			}
		}
	}
	passed := []map[string]string{
		nil, {"Origin": "http://" + address}, {"Origin": "http://localhost:" + port}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
		{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
	}
	for _, header := range passed {
		if answer, _ := ask(t, "GET", address, "/", address, header); answer.StatusCode != http.StatusOK {
			t.Errorf("%v: %d", header, answer.StatusCode)
		}
	}
}

func TestNothingChanges(t *testing.T) {
	address, _ := server(t)
	for _, path := range routes() {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			if answer, _ := ask(t, method, address, path, address, nil); answer.StatusCode < 400 && answer.StatusCode != http.StatusTemporaryRedirect {
				t.Errorf("%s %s: %d", method, path, answer.StatusCode)
			}
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	address, _ := server(t)
	for _, path := range routes() {
		for _, host := range []string{address, "evil.example"} {
			answer, _ := ask(t, "GET", address, path, host, nil)
			h := answer.Header
			csp := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", path, csp)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Set-Cookie") != "" {
				t.Errorf("%s: %v", path, h)
			}
			if strings.HasPrefix(path, "/api/") && answer.StatusCode == 200 && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: cached", path)
			}
			if kind := h.Get("Content-Type"); path != "/" && strings.Contains(kind, "html") && answer.StatusCode == 200 {
				t.Errorf("%s is served as %s", path, kind)
			}
		}
	}
}

func TestAPI(t *testing.T) {
	address, _ := server(t)
	var list struct {
		Schema int
		Runs   []run.Run
	}
	_, body := ask(t, "GET", address, "/api/runs?limit=5", address, nil)
	if err := json.Unmarshal([]byte(body), &list); err != nil || list.Schema != APISchema || len(list.Runs) != 2 || list.Runs[0].App != hostile {
		t.Errorf("%s: %v", body, err)
	}
	var result lap.Result
	_, body = ask(t, "GET", address, "/api/runs/"+runID+"/lap", address, nil)
	if err := json.Unmarshal([]byte(body), &result); err != nil || result.Headline[0] != hostile || strings.ContainsAny(body, "<>\u2028\u2029\x1b") {
		t.Errorf("%s: %v", body, err)
	}
	if answer, body := ask(t, "GET", address, "/api/runs?app=none", address, nil); answer.StatusCode != 200 || !strings.Contains(body, `"runs":[]`) {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	for path, code := range map[string]int{"/api/runs?limit=x": 400, "/api/runs?limit=0": 400, "/api/runs/0199": 404, "/api/runs/0199/lap": 404, "/api/nothing": 404} {
		answer, body := ask(t, "GET", address, path, address, nil)
		if answer.StatusCode != code || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %q", path, answer.StatusCode, body)
		}
	}
	answer, _ := ask(t, "GET", address, "/runs/"+runID, address, nil)
	if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "/#/runs/"+runID {
		t.Errorf("a run's address: %d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
}

func TestReportIsADownload(t *testing.T) {
	address, _ := server(t)
	answer, body := ask(t, "GET", address, "/api/runs/"+runID+"/report", address, nil)
	if answer.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(body, "<!doctype html>") {
		t.Errorf("%v", answer.Header)
	}
	got := answer.Header.Get("Content-Disposition")
	if !strings.HasPrefix(got, `attachment; filename="pitwall-`) || !strings.HasSuffix(got, `.html"`) || strings.ContainsAny(got, `<>\/`) {
		t.Error(got)
	}
}

func TestAssets(t *testing.T) {
	address, _ := server(t)
	for _, path := range []string{"/", "/app.js", "/app.css", "/icon.svg"} {
		answer, plain := ask(t, "GET", address, path, address, nil)
		zipped, body := ask(t, "GET", address, path, address, map[string]string{"Accept-Encoding": "br, gzip;q=0.8"})
		if zipped.Header.Get("Content-Encoding") != "gzip" || len(body) >= len(plain) {
			t.Errorf("%s: %d bytes compressed, %d plain", path, len(body), len(plain))
		}
		in, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(in); err != nil || string(text) != plain {
			t.Errorf("%s: compressed content differs, %v", path, err)
		}
		again, _ := ask(t, "GET", address, path, address, map[string]string{"If-None-Match": answer.Header.Get("ETag")})
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.StatusCode)
		}
		refused, _ := ask(t, "GET", address, path, address, map[string]string{"Accept-Encoding": "gzip;q=0"})
		if refused.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed although refused", path)
		}
	}
}

func TestOnlyLoopbackIsAnswered(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:7747", "[::]:7747", ":7747", "192.0.2.1:7747", "example.org:7747", "", "7747"} {
		h := Handler(newShelf(), Options{Listen: listen})
		for _, host := range []string{listen, "localhost:7747", ""} {
			r := httptest.NewRequest("GET", "/api/runs", nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusMisdirectedRequest {
				t.Errorf("listening on %q, Host %q: %d", listen, host, w.Code)
			}
		}
		if l, err := Listen(t.Context(), listen); err == nil {
			l.Close()
			t.Errorf("listened on %q", listen)
		}
	}
}

func TestServeEnds(t *testing.T) {
	l, err := Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, Handler(newShelf(), Options{Listen: address})) }()
	if answer, _ := ask(t, "GET", address, "/", address, nil); answer.StatusCode != 200 {
		t.Errorf("status %d", answer.StatusCode)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serving ended with %v", err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}
