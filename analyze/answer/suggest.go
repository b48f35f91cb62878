package answer

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// anchor is how much of a line's text a suggested pattern keeps on each side.
const anchor = 24

// suggest makes a pattern for "ignore:" from two forms of one line: what they
// share around the difference, and a group for what differs. It is empty when
// nothing is shared that a pattern could hold on to.
func suggest(a, b string) string {
	if !utf8.ValidString(a) || !utf8.ValidString(b) {
		return ""
	}
	from := wordStart(a, commonPrefix(a, b))
	endA, endB := commonSuffix(a, b, from)
	head, tail := lastWords(a[:from]), firstWords(a[endA:])
	if strings.TrimSpace(head) == "" && strings.TrimSpace(tail) == "" {
		return ""
	}
	pattern := regexp.QuoteMeta(head) + "(" + class(a[from:endA], b[from:endB]) + ")" + regexp.QuoteMeta(tail)
	re, err := regexp.Compile(pattern)
	if err != nil || re.MatchString("") || !matchesBoth(re, a, b) {
		return ""
	}
	return pattern
}

func matchesBoth(re *regexp.Regexp, a, b string) bool {
	return re.ReplaceAllString(a, "") == re.ReplaceAllString(b, "")
}

// wordStart moves a place back to the beginning of the word it is in, so that
// 1234 and 1299 differ as wholes.
func wordStart(s string, at int) int {
	for at > 0 && isWord(s[at-1]) {
		at--
	}
	return at
}

// commonSuffix is where the common end of both begins, at the end of a word
// and not before from.
func commonSuffix(a, b string, from int) (int, int) {
	i, j := len(a), len(b)
	for i > from && j > from && a[i-1] == b[j-1] {
		i, j = i-1, j-1
	}
	for i < len(a) && (isWord(a[i]) || !utf8.RuneStart(a[i])) {
		i, j = i+1, j+1
	}
	return i, j
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// lastWords and firstWords keep a few whole words next to the difference.
func lastWords(s string) string {
	if len(s) <= anchor {
		return s
	}
	at := len(s) - anchor
	for at < len(s) && (!utf8.RuneStart(s[at]) || isWord(s[at])) {
		at++
	}
	return s[at:]
}

func firstWords(s string) string {
	if len(s) <= anchor/2 {
		return s
	}
	at := anchor / 2
	for at > 0 && (!utf8.RuneStart(s[at]) || isWord(s[at])) {
		at--
	}
	return s[:at]
}

// class is the narrowest class of characters that holds both.
func class(a, b string) string {
	for _, c := range []string{`[0-9]+`, `[0-9.,]+`, `[0-9a-f]+`, `\w+`, `[^<>"]+`} {
		re := regexp.MustCompile(`^(?:` + c + `)$`)
		if re.MatchString(a) && re.MatchString(b) {
			return c
		}
	}
	return `.*?`
}
