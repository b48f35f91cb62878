package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"time"

	"pitwall/core/lap"
)

// WriteReport writes a lap as one HTML file that opens from disk and needs no
// network. Its policy lets exactly one inline script run, named by digest; the
// data is a block of JSON in which no "<" is left, so that no name in it can
// end the block.
func WriteReport(w io.Writer, result *lap.Result) error {
	return writeReport(w, result, built("report.js"), built("report.css"))
}

func writeReport(w io.Writer, result *lap.Result, script, style []byte) error {
	if err := inlinable(script, "</script", "<!--"); err != nil {
		return fmt.Errorf("report script: %w", err)
	}
	if err := inlinable(style, "</style", "<!--"); err != nil {
		return fmt.Errorf("report style: %w", err)
	}
	data, err := json.Marshal(result) // escapes <, >, &, U+2028 and U+2029
	if err != nil {
		return fmt.Errorf("report data: %w", err)
	}
	_, err = fmt.Fprintf(w, page, policy(script, style), html.EscapeString(title(result)), style, data, script)
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
<script type="application/json" id="lap">%s</script>
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

func title(result *lap.Result) string {
	app := result.App
	if app == "" {
		app = "Lap"
	}
	if result.Run.Started.IsZero() {
		return app + " \u2013 Pitwall"
	}
	return app + ", " + result.Run.Started.Format(time.DateTime) + " \u2013 Pitwall"
}
