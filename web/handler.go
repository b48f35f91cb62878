// Package web shows stored runs in a browser: served on loopback, or as one
// HTML file that needs no network.
//
// Names in a run come from the target and are hostile: they travel as JSON
// only, and the pages put them into text nodes. The server changes nothing,
// so it needs neither session nor token.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/store"
)

// APISchema is the version of the list that /api/runs answers with.
const APISchema = 1

// Runs is where the pages come from.
type Runs interface {
	List(ctx context.Context, f store.Filter) ([]run.Run, error)
	Get(ctx context.Context, id string) (run.Run, error)
	Results
}

// Results is what runs came to. A run has one of the two at most.
type Results interface {
	Lap(ctx context.Context, r run.Run) (*lap.Result, error)
	Bench(ctx context.Context, r run.Run) (*bench.Result, error)
}

// Options of a handler.
type Options struct {
	Listen  string // "host:port" of the listener; a host that is not loopback is answered nothing
	History string // path of the record of benchmarks; empty when there is none to look for
}

// Handler serves the pages and the API under /api/. It answers GET and HEAD,
// and only requests whose Host names the listener.
func Handler(runs Runs, o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", newAsset("text/html; charset=utf-8", built("index.html")))
	mux.Handle("GET /app.js", newAsset("text/javascript; charset=utf-8", built("app.js")))
	mux.Handle("GET /app.css", newAsset("text/css; charset=utf-8", built("app.css")))
	mux.Handle("GET /icon.svg", newAsset("image/svg+xml", built("icon.svg")))
	mux.HandleFunc("GET /runs/{id}", toPage)
	a := api{runs}
	mux.HandleFunc("GET /api/runs", answer(a.list))
	mux.HandleFunc("GET /api/runs/{id}", answer(a.run))
	mux.HandleFunc("GET /api/runs/{id}/lap", answer(a.lap))
	mux.HandleFunc("GET /api/runs/{id}/bench", answer(a.bench))
	mux.HandleFunc("GET /api/runs/{id}/report", a.report)
	mux.HandleFunc("GET /api/history", answer((&record{path: o.History}).answer))
	return guard(o.Listen, mux)
}

// toPage sends the address of a run to the page, which routes by fragment.
func toPage(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/#/runs/"+url.PathEscape(r.PathValue("id")), http.StatusFound)
}

type api struct{ runs Runs }

// answer sends what a function returns as JSON. It is complete before the
// first byte leaves, so that damage found on the way is an error.
func answer(get func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		value, err := get(r)
		var body bytes.Buffer
		if err == nil {
			err = json.NewEncoder(&body).Encode(value)
		}
		if err != nil {
			refuse(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
		w.Write(body.Bytes())
	}
}

// badRequest is an error of whoever asks.
type badRequest string

func (e badRequest) Error() string { return string(e) }

// refuse answers with an error as plain text.
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	var missing *store.NotFoundError
	var several *store.AmbiguousError
	var bad badRequest
	switch {
	case errors.As(err, &missing):
		code = http.StatusNotFound
	case errors.As(err, &several):
		code = http.StatusConflict
	case errors.As(err, &bad):
		code = http.StatusBadRequest
	}
	http.Error(w, err.Error(), code)
}

// list answers /api/runs?app=&command=&status=&limit=.
func (a api) list(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := store.Filter{App: q.Get("app"), Command: q.Get("command"), Status: run.Status(q.Get("status"))}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, badRequest("limit is not a number from 1: " + strconv.Quote(text))
		}
		f.Limit = n
	}
	runs, err := a.runs.List(r.Context(), f)
	return struct {
		Schema int       `json:"schema"`
		Runs   []run.Run `json:"runs"`
	}{APISchema, runs}, err
}

func (a api) run(r *http.Request) (any, error) {
	return a.runs.Get(r.Context(), r.PathValue("id"))
}

func (a api) lap(r *http.Request) (any, error) {
	found, err := a.runs.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.runs.Lap(r.Context(), found)
}

func (a api) bench(r *http.Request) (any, error) {
	found, err := a.runs.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.runs.Bench(r.Context(), found)
}

// report hands out the offline file as a download. It is never served as
// HTML: its inline script must not run in this origin.
func (a api) report(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	file, err := a.file(r)
	var body bytes.Buffer
	if err == nil {
		err = file.write(&body, built("report.js"), built("report.css"))
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.fileName()))
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	io.Copy(w, &body)
}

// file is the report of whatever the run came to.
func (a api) file(r *http.Request) (report, error) {
	found, err := a.runs.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return report{}, err
	}
	if store.HoldsBench(found) {
		result, err := a.runs.Bench(r.Context(), found)
		if err != nil {
			return report{}, err
		}
		return benchReport(result), nil
	}
	result, err := a.runs.Lap(r.Context(), found)
	if err != nil {
		return report{}, err
	}
	return lapReport(result), nil
}
