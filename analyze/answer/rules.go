package answer

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// Rule takes one kind of thing out of answers that is never the same twice.
type Rule struct {
	Name string // "csrf token": what stands in its place, in braces
	Text string // what it matches, for people

	needs  []string                             // one of them, in lower case, is in every text that has a match; none: always looked for
	around *regexp.Regexp                       // nil: the whole text
	match  *regexp.Regexp                       // its group 1 is taken out, all of it without one
	spare  func(text []byte, from, to int) bool // true leaves this one in; nil never does
}

// Rules in the order in which they are applied.
type Rules []Rule

// ignored is the name of the rules that people's own patterns make.
const ignored = "ignored"

// standard are the rules that hold everywhere. RE2 runs in time linear to
// the text, so that no page can hang them.
//
//pitwall:readonly
var standard = Rules{
	{Name: "csrf token", Text: `the value of <meta name="csrf-token"> and of authenticity_token fields`, needs: []string{"csrf", "authenticity_token"},
		around: regexp.MustCompile(`(?i)<(?:meta|input)\b[^>]*\bname=["']?(?:csrf-token|authenticity_token|csrf_token|_csrf)\b[^>]*>`),
		match:  regexp.MustCompile(`(?i)\b(?:content|value)=("[^"]*"|'[^']*'|[^\s>"']+)`)},
	{Name: "csrf token", Text: `authenticity_token and csrf_token in JSON and in addresses`, needs: []string{"csrf", "xsrf", "authenticity"},
		match: regexp.MustCompile(`(?i)\b(?:authenticity|csrf|xsrf)[_-]?token["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9+/=_%-]{16,})`)},
	{Name: "nonce", Text: `nonce="..." and <meta name="csp-nonce">`, needs: []string{"nonce"},
		around: regexp.MustCompile(`(?i)<[a-z][^<>]*\b(?:nonce=|name=["']?csp-nonce\b)[^<>]*>`),
		match:  regexp.MustCompile(`(?i)\b(?:nonce|content)=("[^"]*"|'[^']*')`)},
	{Name: "nonce", Text: `'nonce-...' of a content security policy`, needs: []string{"nonce-"},
		match: regexp.MustCompile(`(?i)['"]nonce-([A-Za-z0-9+/=_-]{8,})`)},
	{Name: "request id", Text: "request_id, trace_id and correlation_id in JSON and text", needs: []string{"id"},
		match: regexp.MustCompile(`(?i)\b(?:request|trace|correlation|span)[_-]?id["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9._-]{8,})`)},
	{Name: "session", Text: "session ids in addresses and forms", needs: []string{"sess"},
		match: regexp.MustCompile(`(?i)\b(?:jsessionid|phpsessid|_?session_id|sessid|_session)=([A-Za-z0-9%+/=._-]{16,})`)},
	{Name: "uuid", Text: "UUIDs",
		match: regexp.MustCompile(`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`)},
	{Name: "signed", Text: "signed and encrypted messages (BASE64--BASE64)", needs: []string{"--"},
		match: regexp.MustCompile(`[A-Za-z0-9+/_=%]{20,}--[A-Za-z0-9+/_=%]{16,}(?:--[A-Za-z0-9+/_=%]{16,})?`)},
	{Name: "hex id", Text: "32 and more hexadecimal digits, but not the digest in an asset's file name",
		match: regexp.MustCompile(`\b(?:[0-9a-f]{32,}|[0-9A-F]{32,})\b`), spare: assetDigest},
	{Name: "time", Text: "2026-11-23T10:00:00Z, 2026-11-23 10:00:00 UTC and the like",
		match: regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}(?:T|\s|%20|\+)\d{2}(?::|%3A)\d{2}(?:(?::|%3A)\d{2}(?:[.,]\d{1,9})?)?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?`)},
	{Name: "time", Text: "Mon, 23 Nov 2026 10:00:00 GMT and the like", needs: []string{":"},
		match: regexp.MustCompile(`\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s)?\d{1,2}[\s-](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}(?:[\s-]\d{2,4})?,?\s\d{2}:\d{2}(?::\d{2})?(?:\s(?:UTC|GMT|[+-]\d{4}))?`)},
	{Name: "time", Text: "November 23, 2026 10:00 and the like", needs: []string{":"},
		match: regexp.MustCompile(`\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\s\d{1,2},?\s\d{4},?(?:\sat)?\s\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?`)},
	{Name: "time", Text: "3 minutes ago and the like", needs: []string{"ago"},
		match: regexp.MustCompile(`\b(?:(?:less than|about|over|almost)\s)?(?:an?|half an?|\d{1,5})\s(?:second|minute|hour|day|week|month|year)s?\sago\b`)},
	{Name: "time", Text: "milliseconds, microseconds or nanoseconds since 1970",
		match: regexp.MustCompile(`\b1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})\b`)},
}

// Standard are the rules that hold for every app.
func Standard() Rules { return append(Rules{}, standard...) }

// written are the rules of what writes: it names what it wrote by a number
// from a sequence, and no transaction gives that back.
//
//pitwall:readonly
var written = Rules{
	{Name: "new id", Text: "the number at the end of a redirect's address, after a request that writes",
		match: regexp.MustCompile(`^(?:https?://[^/]*)?/(?:[^/?#]*/)*(\d+)(?:/[a-z_]*)?$`)},
	{Name: "new id", Text: `"id" and "..._id" in JSON, after a request that writes`, match: regexp.MustCompile(`"(?:\w*_)?id":\s?(\d+)`)},
}

// Written are the rules to add for requests that write.
func Written() Rules { return append(Rules{}, written...) }

// maxPatterns and maxPattern bound what a file may ask for.
const (
	maxPatterns = 100
	maxPattern  = 4 << 10
)

// Ignore adds the patterns of an "ignore:" list, which come first: what a
// pattern matches, or its first group when it has one, is not compared. In
// JSON it is matched against each member by itself, as "key": value. The
// error names the pattern.
func (r Rules) Ignore(patterns []string) (Rules, error) {
	if len(patterns) > maxPatterns {
		return nil, fmt.Errorf("ignore: %d patterns; at most %d are taken", len(patterns), maxPatterns)
	}
	all := make(Rules, 0, len(patterns)+len(r))
	for _, p := range patterns {
		if len(p) > maxPattern {
			return nil, fmt.Errorf("ignore: a pattern of %d bytes", len(p))
		}
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("ignore: %w", err)
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("ignore: %q: %w", p, errEmpty)
		}
		all = append(all, Rule{Name: ignored, Text: p, match: re})
	}
	return append(all, r...), nil
}

var errEmpty = errors.New("matches the empty text, so it would match everywhere")

// apply puts "{name}" in the place of whatever a rule matches and counts it.
func (r Rules) apply(text []byte, counts map[string]int) []byte {
	lower := bytes.ToLower(text)
	for _, rule := range r {
		if !rule.mayMatch(lower) {
			continue
		}
		if rule.around == nil {
			text = rule.replace(text, counts)
			continue
		}
		text = rule.around.ReplaceAllFunc(text, func(piece []byte) []byte { return rule.replace(piece, counts) })
	}
	return text
}

// mayMatch spares the search where it cannot find anything: most pages have
// few of these things, and a pattern that ignores case is slow to look for.
func (r Rule) mayMatch(lower []byte) bool {
	if len(r.needs) == 0 {
		return true
	}
	for _, word := range r.needs {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	return false
}

func (r Rule) replace(text []byte, counts map[string]int) []byte {
	found := r.match.FindAllSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text
	}
	var b bytes.Buffer
	last := 0
	for _, m := range found {
		from, to := m[0], m[1]
		if len(m) > 2 && m[2] >= 0 {
			from, to = m[2], m[3]
		}
		if r.spare != nil && r.spare(text, from, to) {
			continue
		}
		counts[r.Name]++
		b.Write(text[last:from])
		b.WriteString("{" + r.Name + "}")
		last = to
	}
	b.Write(text[last:])
	return b.Bytes()
}

// assetDigest says whether hexadecimal digits are the digest in the name of
// an asset, "application-0a1b....css": another one means other contents.
func assetDigest(text []byte, from, to int) bool {
	if from == 0 || text[from-1] != '-' && text[from-1] != '.' || to+1 >= len(text) || text[to] != '.' {
		return false
	}
	next := text[to+1] | 0x20
	return 'a' <= next && next <= 'z'
}
