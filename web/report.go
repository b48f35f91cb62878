package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
)

// WriteReport writes a lap as one HTML file that opens from disk and needs no
// network. Its policy lets exactly one inline script run, named by digest; the
// data is a block of JSON in which no "<" is left, so that no name in it can
// end the block.
func WriteReport(w io.Writer, result *lap.Result) error {
	return lapReport(result).write(w, built("report.js"), built("report.css"))
}

// WriteBench writes a run of benchmarks as such a file.
func WriteBench(w io.Writer, result *bench.Result) error {
	return benchReport(result).write(w, built("report.js"), built("report.css"))
}

// report is a result on its way into a file.
type report struct {
	block  string // id of the data block: what the page is to draw
	result any
	what   string // in the title when the app has no name
	app    string
	run    run.Run
}

func lapReport(r *lap.Result) report { return report{"lap", r, "Lap", r.App, r.Run} }

func benchReport(r *bench.Result) report { return report{"bench", r, "Benchmarks", r.Run.App, r.Run} }

func (r report) write(w io.Writer, script, style []byte) error {
	if err := inlinable(script, "</script", "<!--"); err != nil {
		return fmt.Errorf("report script: %w", err)
	}
	if err := inlinable(style, "</style", "<!--"); err != nil {
		return fmt.Errorf("report style: %w", err)
	}
	data, err := json.Marshal(r.result) // escapes <, >, &, U+2028 and U+2029
	if err != nil {
		return fmt.Errorf("report data: %w", err)
	}
	_, err = fmt.Fprintf(w, page, policy(script, style), html.EscapeString(r.title()), style, r.block, data, script)
	return err
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>%s</title>
<style>%s</style>
</head>
<body>
<div id="root"></div>
<noscript>This report is drawn with JavaScript, which is off here.</noscript>
<script type="application/json" id="%s">%s</script>
<script>%s</script>
</body>
</html>
`

// policy is the file's Content-Security-Policy (CSP Level 3 §2.3.1: the
// digest is of the exact bytes between the tags).
func policy(script, style []byte) string {
	return "default-src 'none'; script-src '" + digest(script) + "'; style-src '" + digest(style) + "'; img-src data:; base-uri 'none'; form-action 'none'"
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// inlinable refuses text that would end or comment out the element that it is
// put into (HTML §13.2.5.15 to .31). A carriage return would be normalised by
// the parser, after which the digest no longer fits.
func inlinable(b []byte, forbidden ...string) error {
	lower := bytes.ToLower(b)
	for _, f := range append(forbidden, "\r", "\x00") {
		if bytes.Contains(lower, []byte(f)) {
			return fmt.Errorf("it contains %q", f)
		}
	}
	return nil
}

func (r report) title() string {
	app := r.app
	if app == "" {
		app = r.what
	}
	if r.run.Started.IsZero() {
		return app + " \u2013 Pitwall"
	}
	return app + ", " + r.run.Started.Format(time.DateTime) + " \u2013 Pitwall"
}

// fileName is made of letters, digits, dots and dashes only.
func (r report) fileName() string {
	safe := func(s string, most int) string {
		s = strings.Map(func(r rune) rune {
			if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-') {
				return r
			}
			return '-'
		}, s)
		return strings.Trim(s[:min(most, len(s))], "-")
	}
	return strings.TrimSuffix("pitwall-"+safe(r.app, 40)+"-"+safe(r.run.ID, 18), "-") + ".html"
}
