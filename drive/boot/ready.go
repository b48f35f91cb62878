package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"pitwall/core/spec"
	"pitwall/drive/supervise"
)

const readyTimeout = 60 * time.Second

// awaitReady polls a unit's readiness check until it holds, the unit ends or
// its time is up.
func (a *App) awaitReady(ctx context.Context, s spec.Unit, u supervise.Unit) error {
	check, err := a.readyCheck(s, u)
	if err != nil {
		return err
	}
	limit := time.Duration(s.Ready.Timeout)
	if limit == 0 {
		limit = readyTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		if exit, gone := a.sup.Exited(s.Name); gone {
			return &Error{Unit: s.Name, Err: errors.New(Describe(exit) + " before it was ready"), Tail: tail(u.Log)}
		}
		if last = check(ctx); last == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			if context.Cause(ctx) != context.DeadlineExceeded {
				return context.Cause(ctx)
			}
			return &Error{Unit: s.Name, Err: fmt.Errorf("not ready after %s: %w", limit, last), Tail: tail(u.Log),
				Hint: fmt.Sprintf("raise ready.timeout of %s in pitwall.yml, or mend what its output says", s.Name)}
		}
	}
}

func (a *App) readyCheck(s spec.Unit, u supervise.Unit) (func(context.Context) error, error) {
	expand := func(text string) (string, error) { return spec.Expand(text, a.vars) }
	r := s.Ready
	switch {
	case r.HTTP != "":
		url, err := expand(r.HTTP)
		if strings.HasPrefix(url, "/") {
			url = a.Address + url
		}
		return func(ctx context.Context) error { return answers(ctx, url) }, err
	case r.TCP != "":
		address, err := expand(r.TCP)
		return func(ctx context.Context) error { return accepts(ctx, "tcp", address) }, err
	case r.Unix != "":
		path, err := expand(r.Unix)
		if !filepath.IsAbs(path) {
			path = filepath.Join(u.Dir, path)
		}
		return func(ctx context.Context) error { return accepts(ctx, "unix", path) }, err
	case r.Log != "":
		pattern, err := regexp.Compile(r.Log)
		return func(context.Context) error { return printed(u.Log, pattern) }, err
	case r.Command != "":
		probe, err := a.unit(s.Name, r.Command, s.Dir, s.Env, u.Env)
		return func(ctx context.Context) error { return succeeds(ctx, probe) }, err
	}
	return func(context.Context) error { return nil }, nil
}

func answers(ctx context.Context, url string) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode >= 500 {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}

func accepts(ctx context.Context, network, address string) error {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	return c.Close()
}

func printed(path string, pattern *regexp.Regexp) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		if pattern.MatchString(strings.TrimSuffix(line, "\n")) {
			return nil
		}
	}
	return fmt.Errorf("no line of its output matches %q", pattern)
}

func succeeds(ctx context.Context, u supervise.Unit) error {
	cmd := exec.CommandContext(ctx, u.Args[0], u.Args[1:]...)
	cmd.Dir, cmd.Env = u.Dir, u.Env
	cmd.WaitDelay = time.Second // what it left behind may hold its output open
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", u.Args[0], err, strings.TrimSpace(string(out[:min(len(out), 200)])))
	}
	return nil
}
