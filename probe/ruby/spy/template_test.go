package spy

import "testing"

func TestTemplateNamesAreThoseOfAllProcesses(t *testing.T) {
	for label, want := range map[string]string{
		"_app_views_wiki_show_html_erb__2612596693361336767_60140":              "_app_views_wiki_show_html_erb",
		"_app_views_issues_show_html_erb___3515757039454005982_58880":           "_app_views_issues_show_html_erb", // a negative hash
		"block (2 levels) in _app_views_issues__edit_html_erb__23760413818_590": "block (2 levels) in _app_views_issues__edit_html_erb",
		"_part_12":   "_part_12",
		"_step__1":   "_step__1",
		"area__12_3": "area__12_3",
		"show":       "show",
		"":           "",
		"_":          "_",
		"block in _": "block in _",
	} {
		if got := template(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}
