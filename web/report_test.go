package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

// write renders a report to a string.
func write(t testing.TB, result *lap.Result) string {
	t.Helper()
	var b strings.Builder
	if err := WriteReport(&b, result); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportHasOneScript(t *testing.T) {
	result := newShelf().result
	text := write(t, &result)
	tags := regexp.MustCompile(`(?i)<script[^>]*>`).FindAllString(text, -1)
	if len(tags) != 2 || tags[0] != `<script type="application/json" id="lap">` || tags[1] != "<script>" {
		t.Errorf("script tags: %q", tags)
	}
	if n := strings.Count(strings.ToLower(text), "</script"); n != 2 {
		t.Errorf("%d script ends, want 2", n)
	}
	for _, outside := range []string{"src=", "href=", "http-equiv=\"refresh", "@import"} {
		head, _, _ := strings.Cut(text, `<div id="root">`)
		if outside == "src=" || outside == "href=" {
			head = regexp.MustCompile(`(?s)<(title|style)>.*?</(title|style)>`).ReplaceAllString(head, "")
		}
		if strings.Contains(head, outside) {
			t.Errorf("the head loads something: %s", outside)
		}
	}
}

// TestReportPolicyNamesItsScript works the digest out as a browser does: over
// the exact text between the tags.
func TestReportPolicyNamesItsScript(t *testing.T) {
	result := newShelf().result
	text := write(t, &result)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1]
	_, rest, _ := strings.Cut(text, "\n<script>")
	script, _, _ := strings.Cut(rest, "</script>")
	_, rest, _ = strings.Cut(text, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	for what, body := range map[string]string{"script-src": script, "style-src": style} {
		sum := sha256.Sum256([]byte(body))
		want := what + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
}

// data is the JSON block of a report, as the parser of HTML would find it.
func data(t testing.TB, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, `id="lap">`)
	block, _, ok2 := strings.Cut(rest, "</script>")
	if !ok || !ok2 {
		t.Fatal("no data block")
	}
	return block
}

func TestReportDataIsInert(t *testing.T) {
	result := newShelf().result
	block := data(t, write(t, &result))
	if strings.ContainsAny(block, "<>&\u2028\u2029\x1b") {
		t.Error("the data block holds raw markup")
	}
	var back lap.Result
	if err := json.Unmarshal([]byte(block), &back); err != nil || back.Headline[0] != hostile {
		t.Errorf("%q, %v", back.Headline, err)
	}
}

func TestReportErrors(t *testing.T) {
	bad := newShelf().result
	bad.Sustained = &stat.Estimate{Point: math.NaN()}
	var b strings.Builder
	if err := WriteReport(&b, &bad); err == nil || b.Len() > 0 {
		t.Errorf("a figure that JSON cannot hold: %v, %d bytes written", err, b.Len())
	}
	good := newShelf().result
	if err := WriteReport(full{}, &good); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	for _, script := range []string{"x='</SCRIPT>'", "<!-- x", "a\r\nb", "\x00"} {
		if err := lapReport(&good).write(&b, []byte(script), nil); err == nil || b.Len() > 0 {
			t.Errorf("%q was put inline", script)
		}
	}
	if err := lapReport(&good).write(&b, nil, []byte("</style >")); err == nil {
		t.Error("a style that ends itself was put inline")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func FuzzReport(f *testing.F) {
	f.Add(hostile)
	f.Add("]]>\u2028</SCRIPT\n>")
	f.Fuzz(func(t *testing.T, name string) {
		text := write(t, &lap.Result{App: name, Headline: []string{name}})
		if n := strings.Count(strings.ToLower(text), "</script"); n != 2 {
			t.Errorf("%d script ends", n)
		}
		_, rest, _ := strings.Cut(text, "<title>")
		if title, _, _ := strings.Cut(rest, "</title>"); strings.ContainsAny(title, "<>") {
			t.Errorf("title %q", title)
		}
		var back lap.Result
		want := strings.ToValidUTF8(name, "\ufffd")
		if err := json.Unmarshal([]byte(data(t, text)), &back); err != nil || strings.ToValidUTF8(name, "") == name && back.App != want {
			t.Errorf("%q, %v", back.App, err)
		}
	})
}
