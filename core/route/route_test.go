package route

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplate(t *testing.T) {
	values := map[string]string{"id": "7/a b+c&d", "n": "3", "q": "say \"hi\"\n\\"}
	cases := []struct {
		text   string
		names  []string
		escape Escape
		want   string
	}{
		{"/orders/{id}/edit", []string{"id"}, InURL, "/orders/7%2Fa%20b%2Bc%26d/edit"},
		{"/plain", nil, InURL, "/plain"},
		{"/{n}{n}", []string{"n", "n"}, InURL, "/33"},
		{`{"order":{"n":{n},"q":"{q}"},"e":{}}`, []string{"n", "q"}, InJSON, `{"order":{"n":3,"q":"say \"hi\"\u000a\\"},"e":{}}`},
		{"{1a} {a b} {", nil, Raw, "{1a} {a b} {"},
		{"{{id}}", []string{"id"}, Raw, "{7/a b+c&d}"},
		{"", nil, Raw, ""},
	}
	for _, c := range cases {
		got := Parse(c.text)
		if d := cmp.Diff(c.names, got.Names()); d != "" {
			t.Errorf("%s: names %s", c.text, d)
		}
		if text := string(got.Append(nil, values, c.escape)); text != c.want {
			t.Errorf("%s: %s, want %s", c.text, text, c.want)
		}
	}
}

// What net/url and encoding/json read back is what was put in.
func FuzzEscapes(f *testing.F) {
	f.Add("a b/c?d=e&f#g%h+\"\\\n")
	f.Fuzz(func(t *testing.T, value string) {
		back, err := url.PathUnescape(string(InURL(nil, value)))
		if err != nil || back != value {
			t.Errorf("path: %q, %v, want %q", back, err, value)
		}
		back, err = url.QueryUnescape(string(InURL(nil, value)))
		if err != nil || back != value {
			t.Errorf("query: %q, %v, want %q", back, err, value)
		}
		var text string
		err = json.Unmarshal([]byte(`"`+string(InJSON(nil, value))+`"`), &text)
		if err != nil || text != strings.ToValidUTF8(value, "�") && strings.ToValidUTF8(value, "") == value {
			t.Errorf("json: %q, %v, want %q", text, err, value)
		}
	})
}

func TestValuesAreSeeded(t *testing.T) {
	start := int64(100)
	params := map[string]Param{
		"id": {Range: []int64{-2, 3}}, "word": {Values: []string{"a", "b"}}, "seq": {Sequence: &start}, "name": {Unique: true},
		"all": {Range: []int64{-1 << 63, 1<<63 - 1}},
	}
	draw := func(seed uint64) []map[string]string {
		v, rng, got := NewValues(params, "x"), rand.New(rand.NewPCG(seed, 1)), []map[string]string{}
		for range 300 {
			m := map[string]string{}
			v.Draw(rng, m)
			got = append(got, m)
		}
		return got
	}
	a, b, c := draw(1), draw(1), draw(2)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("the same seed drew another list: %s", d)
	}
	if cmp.Equal(a, c) {
		t.Error("another seed drew the same list")
	}
	ids, seqs, names := map[string]int{}, map[string]int{}, map[string]int{}
	for _, m := range a {
		ids[m["id"]]++
		seqs[m["seq"]]++
		names[m["name"]]++
	}
	if len(ids) != 6 || ids["-2"] == 0 || ids["3"] == 0 {
		t.Errorf("range drew %v", ids)
	}
	if len(seqs) != 300 || seqs["100"] != 1 || seqs["399"] != 1 || len(names) != 300 {
		t.Errorf("%d sequence values and %d unique ones of 300", len(seqs), len(names))
	}
}

func TestCheck(t *testing.T) {
	good := Route{Name: "order", Path: "/orders/{id}?q={q}", Params: map[string]Param{"id": {Range: []int64{1, 9}}, "q": {Values: []string{"a"}}}}
	cases := map[string]struct {
		change func(*Route)
		field  string
	}{
		"fine":          {func(*Route) {}, ""},
		"name":          {func(r *Route) { r.Name = "" }, "name"},
		"path missing":  {func(r *Route) { r.Path = "" }, "path"},
		"path relative": {func(r *Route) { r.Path = "orders" }, "path"},
		"path space":    {func(r *Route) { r.Path = "/a b" }, "path"},
		"path break":    {func(r *Route) { r.Path = "/a\r\nX: y" }, "path"},
		"method":        {func(r *Route) { r.Method = "get" }, "method"},
		"csrf":          {func(r *Route) { r.CSRF = "form" }, "csrf"},
		"two bodies":    {func(r *Route) { r.Form, r.JSON = map[string]string{"a": "b"}, "{}" }, "json"},
		"weight":        {func(r *Route) { r.Weight = -1 }, "weight"},
		"header name":   {func(r *Route) { r.Headers = map[string]string{"a b": "c"} }, "headers"},
		"header value":  {func(r *Route) { r.Headers = map[string]string{"A": "b\r\nC: d"} }, "headers.A"},
		"header ours":   {func(r *Route) { r.Headers = map[string]string{"Content-Length": "3"} }, "headers.Content-Length"},
		"status":        {func(r *Route) { r.Expect.Status = []int{2000} }, "expect.status"},
		"no source":     {func(r *Route) { r.Params["id"] = Param{} }, "params.id"},
		"two sources":   {func(r *Route) { r.Params["id"] = Param{Range: []int64{1, 2}, Unique: true} }, "params.id"},
		"range":         {func(r *Route) { r.Params["id"] = Param{Range: []int64{2, 1}} }, "params.id"},
		"empty values":  {func(r *Route) { r.Params["id"] = Param{Values: []string{}} }, "params.id"},
		"undefined":     {func(r *Route) { r.Form = map[string]string{"a": "{x}"} }, "params"},
	}
	for name, c := range cases {
		r := good
		r.Params = map[string]Param{"id": good.Params["id"], "q": good.Params["q"]}
		c.change(&r)
		err := Check([]Route{r})
		var got *Error
		if errors.As(err, &got) != (c.field != "") || got != nil && got.Field != c.field {
			t.Errorf("%s: %v, want field %q", name, err, c.field)
		}
	}
	if err := Check([]Route{good, good}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a name twice: %v", err)
	}
}

func TestNamesAreSortedAndOnce(t *testing.T) {
	r := Route{Path: "/{b}/{a}/{b}", Form: map[string]string{"x": "{c}"}}
	if got := r.names(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Error(got)
	}
}
