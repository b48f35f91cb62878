package visit

import (
	"strings"
	"testing"
)

func TestScanToken(t *testing.T) {
	// As Rails 6.1's form_with and csrf_meta_tags write them.
	form := `<form action="/orders" accept-charset="UTF-8" method="post"><input type="hidden" name="authenticity_token" value="ab+/c==&amp;x" autocomplete="off" />`
	other := `<form action="/login" method="post"><input type="hidden" name="authenticity_token" value="first" /></form>`
	meta := `<meta name="csrf-param" content="authenticity_token" />` + "\n" + `<meta name="csrf-token" content="meta&#43;1" />`
	cases := map[string]struct {
		page, action string
		want         Token
		none         bool
	}{
		"form":            {page: form, action: "/orders", want: Token{"authenticity_token", "ab+/c==&x"}},
		"meta wins":       {page: meta + form, action: "/orders", want: Token{"authenticity_token", "meta+1"}},
		"action":          {page: other + form, action: "/orders", want: Token{"authenticity_token", "ab+/c==&x"}},
		"first":           {page: other + form, action: "/elsewhere", want: Token{"authenticity_token", "first"}},
		"param":           {page: `<meta content="tok" name="csrf-token"><META NAME=csrf-param CONTENT=t2>`, want: Token{"t2", "tok"}},
		"single quotes":   {page: `<input name='authenticity_token' value='v>w'>`, want: Token{"authenticity_token", "v>w"}},
		"unquoted":        {page: `<input value=abc name=authenticity_token type=hidden>`, want: Token{"authenticity_token", "abc"}},
		"spaced":          {page: "<input\n name = \"authenticity_token\"\n value = \"abc\" />", want: Token{"authenticity_token", "abc"}},
		"comment":         {page: `<!-- <input name="authenticity_token" value="no"> -->` + other, want: Token{"authenticity_token", "first"}},
		"script":          {page: `<script>var s = "<input name='authenticity_token' value='no'>"; if (a<b) x="</script>` + other, want: Token{"authenticity_token", "first"}},
		"none":            {page: "<html><input name=other value=x></html>", none: true},
		"empty value":     {page: `<input name="authenticity_token" value="">`, none: true},
		"unclosed":        {page: `<input name="authenticity_token" value="x`, none: true},
		"empty":           {page: "", none: true},
		"metal":           {page: `<metal name="csrf-token" content="x">`, none: true},
		"far down a page": {page: strings.Repeat("<p>", maxTags-1) + other, none: true},
	}
	for name, c := range cases {
		got, ok := ScanToken([]byte(c.page), c.action)
		if ok == c.none || got != c.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, ok, c.want)
		}
	}
}

func FuzzScanToken(f *testing.F) {
	f.Add(`<meta name="csrf-token" content="a"><form action="/x"><input name='authenticity_token' value="b">`, "/x")
	f.Add(`<script><style><!-- < = " ' -->`, "")
	f.Fuzz(func(t *testing.T, page, action string) {
		got, ok := ScanToken([]byte(page), action)
		if ok != (got.Value != "") {
			t.Errorf("%+v %v", got, ok)
		}
		// A token before anything else is found, whatever follows.
		if got, ok = ScanToken([]byte(`<meta name="csrf-token" content="mine">`+page), action); !ok || got.Value == "" {
			t.Errorf("lost: %+v", got)
		}
	})
}
