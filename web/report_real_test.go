package web

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/internal/realtest"
)

// TestRealReportInChromium opens a report full of hostile names from disk: its
// own script runs, and nothing else does.
func TestRealReportInChromium(t *testing.T) {
	chromium := realtest.Chromium(t)
	result := newShelf().result
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(write(t, &result)), 0o600); err != nil {
		t.Fatal(err)
	}
	text := dump(t, chromium, "file://"+path)
	title := between(text, "<title>", "</title>")
	root := between(text, `<div id="root">`, "<noscript>")
	if title == "owned" || !strings.Contains(title, "&lt;/script&gt;") {
		t.Errorf("title %q", title)
	}
	if len(root) < 500 || !strings.Contains(root, "&lt;/script&gt;&lt;script&gt;document.title='owned'") {
		t.Errorf("the report did not draw itself with the name as text: %.2000s", root)
	}
	if strings.Contains(root, "<script") || strings.Contains(root, "onerror=\"") {
		t.Errorf("markup from a name: %.2000s", root)
	}
}

// TestRealServedPageInChromium opens the served list and a run.
func TestRealServedPageInChromium(t *testing.T) {
	chromium := realtest.Chromium(t)
	address, _ := server(t)
	for _, path := range []string{"/", "/runs/" + runID} {
		text := dump(t, chromium, "http://"+address+path)
		root := between(text, `<div id="root">`, "<noscript>")
		if between(text, "<title>", "</title>") == "owned" || !strings.Contains(root, "&lt;/script&gt;") || strings.Contains(root, "<script") {
			t.Errorf("%s: %.2000s", path, text)
		}
	}
}

// dump is a page's document after its scripts have run.
func dump(t *testing.T, chromium, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=5000", "--dump-dom", url}
	if os.Getuid() == 0 { // Chromium's sandbox refuses root
		args = append([]string{"--no-sandbox"}, args...)
	}
	text, err := exec.CommandContext(ctx, chromium, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return string(text)
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	inner, _, _ := strings.Cut(rest, to)
	return inner
}
