package worthless

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/route"
)

// maxLinks bounds the links taken from all answers together.
const maxLinks = 20

// Links are the local style sheets and scripts that the answers' pages ask
// for, as far as their excerpts reach, each once: fetch them and give the
// answers to Judge.
func Links(answers []route.Answer) []string {
	links := []string{}
	for _, a := range answers {
		if a.Status != 200 || !strings.HasPrefix(a.Type, "text/html") {
			continue
		}
		for rest, more := a.Excerpt, true; more && len(links) < maxLinks; {
			var link string
			if link, rest, more = nextLink(rest); link != "" && !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	return links
}

// nextLink takes the next src or href that is an asset of this host; empty
// when the next one is something else, not ok at the end.
func nextLink(text string) (link, rest string, ok bool) {
	src, href := strings.Index(text, `src="`), strings.Index(text, `href="`)
	at := src + len(`src="`)
	if src < 0 || href >= 0 && href < src {
		at = href + len(`href="`)
	}
	if src < 0 && href < 0 {
		return "", "", false
	}
	link, rest, ok = strings.Cut(text[at:], `"`)
	if !ok {
		return "", "", false
	}
	link = html.UnescapeString(link)
	path, _, _ := strings.Cut(link, "?")
	asset := strings.HasSuffix(path, ".css") || strings.HasSuffix(path, ".js")
	if !asset || !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "//") {
		return "", rest, true
	}
	return link, rest, true
}

// missing says which assets did not come.
func missing(assets []route.Answer) []finding.Finding {
	var bad []finding.Evidence
	for _, a := range assets {
		if a.Status != 200 && a.Status != 304 {
			bad = append(bad, finding.Evidence{Text: fmt.Sprintf("%s answers %d", a.Route, a.Status)})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return []finding.Finding{{
		ID: Assets, Severity: finding.Warning, Subject: "app",
		Title:    fmt.Sprintf("%d of %d style sheets and scripts are missing", len(bad), len(assets)),
		Detail:   "A browser would see a bare page and spend requests on errors. In production Rails serves compiled assets only, and leaves serving them to a proxy unless told otherwise.",
		Evidence: bad, Caveats: []string{},
		Next: []string{
			"RAILS_ENV=production bin/rails assets:precompile",
			"pitwall.yml:\n  processes:\n    - name: web\n      env:\n        RAILS_SERVE_STATIC_FILES: \"1\"",
		},
	}}
}
