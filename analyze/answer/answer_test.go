package answer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func page(body string) Answer {
	return Answer{Status: 200, Type: "text/html; charset=utf-8", Body: []byte(body), Bytes: int64(len(body))}
}

func document(body string) Answer {
	a := page(body)
	a.Type = "application/json"
	return a
}

// Each pair is what Rails 6.1 and 7.2, Sinatra and Sidekiq's page gave for one
// request asked twice, cut down to what changed.
func TestWhatChangesByItselfIsNotCompared(t *testing.T) {
	for name, pair := range map[string][2]string{
		"csrf meta":            {`<meta name="csrf-token" content="dGVz+/==" />`, `<meta name="csrf-token" content="YWJj" />`},
		"csrf meta, name last": {`<meta content="dGVz" name="csrf-token">`, `<meta content="YWJj" name="csrf-token">`},
		"csrf field":           {`<input type="hidden" name="authenticity_token" value="a&quot;b" autocomplete="off">`, `<input type="hidden" name="authenticity_token" value="xyz" autocomplete="off">`},
		"csrf in json":         {`{"authenticity_token":"AAAAAAAAAAAAAAAAAAAA"}`, `{"authenticity_token":"BBBBBBBBBBBBBBBBBBBBBB"}`},
		"nonce":                {`<script nonce="kDj2/+==">x()</script>`, `<script nonce='pp'>x()</script>`},
		"csp nonce":            {`<meta name="csp-nonce" content="abc" />`, `<meta name="csp-nonce" content="def" />`},
		"csp in meta":          {`content="script-src 'nonce-YWJjZGVm'"`, `content="script-src 'nonce-Z2hpamts'"`},
		"uuid":                 {`id 3f1c7b9e-0b5a-4c57-9f3e-111111111111`, `id 3f1c7b9e-0b5a-4c57-9f3e-222222222222`},
		"request id":           {`"request_id":"01HX.AbCdEfGh"`, `"request_id":"01HX.AbCdEfGi"`},
		"hex":                  {`blob 0123456789abcdef0123456789abcdef`, `blob 1123456789abcdef0123456789abcdef0`},
		"iso":                  {`at 2026-11-23T10:00:00Z.`, `at 2026-11-23T10:00:01.123456+01:00.`},
		"rails time":           {`at 2026-11-23 10:00:00 UTC`, `at 2026-11-23 10:00:01 +0000`},
		"http date":            {`Mon, 23 Nov 2026 10:00:00 GMT`, `Tue, 24 Nov 2026 00:00:01 GMT`},
		"short time":           {`on 23 Nov 10:00`, `on 23 Nov 10:01`},
		"long time":            {`November 23, 2026 10:00`, `November 23, 2026 10:01`},
		"ago":                  {`placed less than a minute ago`, `placed about 1 minute ago`},
		"epoch ms":             {`t=1795000000123`, `t=1795000000999`},
		"epoch float":          {`t=1795000000.123`, `t=1795000001.9`},
		"signed":               {`/blobs/eyJfcmFpbHMiOnsibWVzc2FnZSI6Ik--0011223344556677889900112233445566778899/a.png`, `/blobs/eyJfcmFpbHMiOnsibWVzc2FnZSI6Il--9911223344556677889900112233445566778899/a.png`},
		"session":              {`/cart;jsessionid=0A1B2C3D4E5F60718293A4B5C6D7E8F9`, `/cart;jsessionid=1A1B2C3D4E5F60718293A4B5C6D7E8F9`},
	} {
		if d := Match(page("before "+pair[0]+" after"), page("before "+pair[1]+" after"), Standard()); d != nil {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWhatIsContentIsCompared(t *testing.T) {
	asset := func(digit string) string { return `<link href="/assets/app-` + strings.Repeat(digit, 64) + `.css">` }
	for name, pair := range map[string][2]string{
		"price":           {`<b>12.00</b>`, `<b>12.01</b>`},
		"asset digest":    {asset("a"), asset("b")},
		"token is gone":   {`<meta name="csrf-token" content="x">`, ``},
		"another field":   {`<input name="email" value="a">`, `<input name="email" value="b">`},
		"slug":            {`/stories/the-long-way-home--part-one`, `/stories/the-long-way-home--part-two`},
		"number of order": {`order 1795000000`, `order 1795000001`},
		"date":            {`2026-11-23`, `2026-11-24`},
		"order of rows":   {"<li>a\n<li>b\n", "<li>b\n<li>a\n"},
		"a line less":     {"a\nb\n", "a\n"},
		"white space":     {"a b", "a  b"},
	} {
		if Match(page(pair[0]), page(pair[1]), Standard()) == nil {
			t.Errorf("%s: counts as the same", name)
		}
	}
}

func TestPartsOfAnAnswer(t *testing.T) {
	base := page("x")
	for part, change := range map[string]func(*Answer){
		"status":       func(a *Answer) { a.Status = 302 },
		"content type": func(a *Answer) { a.Type = "text/plain" },
		"location":     func(a *Answer) { a.Location = "/login" },
		"body":         func(a *Answer) { a.Body = []byte("y") },
	} {
		other := base
		change(&other)
		if d := Match(base, other, Standard()); d == nil || d.Part != part {
			t.Errorf("%s: %v", part, d)
		}
	}
	noisy := base
	noisy.Type = `Text/HTML ;charset="UTF-8"`
	if d := Match(base, noisy, Standard()); d != nil {
		t.Errorf("case of the charset: %s", d)
	}
}

func TestJSONIsComparedByStructure(t *testing.T) {
	same := [][2]string{
		{`{"a":1,"b":[1,2]}`, ` {"b": [1.0, 2], "a": 1 }`},
		{`{"at":"2026-11-23T10:00:00Z"}`, `{"at":"2026-11-23T10:00:05Z"}`},
		{`[1795000000123]`, `[1795000000999]`},
		{`"ä"`, `"\u00e4"`},
	}
	for _, pair := range same {
		if d := Match(document(pair[0]), document(pair[1]), Standard()); d != nil {
			t.Errorf("%s and %s: %s", pair[0], pair[1], d)
		}
	}
	for _, c := range [][3]string{
		{`{"items":[{"price":1,"x":2},{"price":3}]}`, `{"items":[{"price":1,"x":2},{"price":4}]}`, "$.items[1].price"},
		{`[1,2]`, `[1]`, "$[1]"},
		{`{"a":"1"}`, `{"a":1}`, "$.a"},
		{`12345678901234567890`, `12345678901234567891`, "$"},
		{`null`, `false`, "$"},
	} {
		d := Match(document(c[0]), document(c[1]), Standard())
		if d == nil || d.Path != c[2] {
			t.Errorf("%s and %s: %v, want %s", c[0], c[1], d, c[2])
		}
	}
	if d := Match(document(`{"a":1`), document(`{"a":1}`), Standard()); d == nil || d.Path != "" {
		t.Errorf("broken JSON: %v", d)
	}
}

func TestIgnore(t *testing.T) {
	rules, err := Standard().Ignore([]string{`<aside>[^<]*</aside>`, `views: (\d+)`, `"seen": \d+`})
	if err != nil {
		t.Fatal(err)
	}
	if d := Match(page("<aside>1</aside> views: 7"), page("<aside>2</aside> views: 9"), rules); d != nil {
		t.Error(d)
	}
	if d := Match(document(`{"seen":1,"a":2}`), document(`{"a":2,"seen":99}`), rules); d != nil {
		t.Error(d)
	}
	if n := Normalise(page("views: 7 views: 8"), rules); n.Replaced[ignored] != 2 {
		t.Errorf("%v", n.Replaced)
	}
	for _, bad := range []string{"(", "x*"} {
		if _, err := Standard().Ignore([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestNumbersOfWhatWasWritten(t *testing.T) {
	rules := append(Standard(), Written()...)
	a, b := document(`{"id":41,"order_id":7,"total":12}`), document(`{"id":42,"order_id":8,"total":12}`)
	a.Status, b.Status, a.Location, b.Location = 303, 303, "http://localhost/orders/41", "http://localhost/orders/42"
	if d := Match(a, b, rules); d != nil {
		t.Error(d)
	}
	if Match(a, b, Standard()) == nil {
		t.Error("a page that only reads may not name another number")
	}
	b.Location = "http://localhost/carts/42"
	if Match(a, b, rules) == nil {
		t.Error("another place is the same")
	}
}

func TestLongBodies(t *testing.T) {
	long := Answer{Status: 200, Body: make([]byte, MaxBody), Bytes: MaxBody + 1, Digest: "aa"}
	other := long
	if d := Match(long, other, Standard()); d != nil {
		t.Error(d)
	}
	other.Digest = "bb"
	if d := Match(long, other, Standard()); d == nil || !strings.Contains(d.Text, "4194305 bytes with digest bb") {
		t.Error(d)
	}
}

func TestDiffIsReadableAndBounded(t *testing.T) {
	var rows, other []string
	for i := range 500 {
		rows = append(rows, fmt.Sprintf("<tr>%d</tr>", i))
	}
	other = append(append(append(other, rows[:40]...), "<tr>new \x1b[31m\u202e\xff</tr>"), rows[40:]...)
	d := Match(page(strings.Join(rows, "\n")), page(strings.Join(other, "\n")), Standard())
	want := "@@ line 39 @@\n <tr>38</tr>\n <tr>39</tr>\n+<tr>new \\x1b[31m\\u202e\\xff</tr>\n <tr>40</tr>\n <tr>41</tr>\n...\n"
	if diff := cmp.Diff(want, d.Text); diff != "" {
		t.Error(diff)
	}
	if d.Line != 41 {
		t.Errorf("line %d", d.Line)
	}
	long := strings.Repeat("word ", 10_000)
	d = Match(page(long+"1"+long), page(long+"2"+long), Standard())
	if len(d.Text) > 1000 || !strings.Contains(d.Text, "word 1word") || !strings.Contains(d.Text, "word 2word") {
		t.Errorf("%d bytes: %.300s", len(d.Text), d.Text)
	}
}

func TestSuggestedPatternTakesTheDifferenceOut(t *testing.T) {
	for _, pair := range [][2]string{
		{`<p>You are visitor 1234 today.</p>`, `<p>You are visitor 1299 today.</p>`},
		{`<p>Hello, Ann</p>`, `<p>Hello, Berta</p>`},
		{`rand(0.1234)`, `rand(0.99)`},
		{`<i>a.b*c</i>x`, `<i>a.b*c</i>y`},
		{`<b class="ä1">`, `<b class="ö2">`},
	} {
		a, b := page(pair[0]), page(pair[1])
		d := Match(a, b, Standard())
		if d == nil || len(d.Suggested) != 1 {
			t.Errorf("%q: %v", pair, d)
			continue
		}
		rules, err := Standard().Ignore(d.Suggested)
		if err != nil || Match(a, b, rules) != nil {
			t.Errorf("%q: %q leaves %v, %v", pair, d.Suggested[0], Match(a, b, rules), err)
		}
	}
	if p := suggest("1", "2"); p != "" {
		t.Errorf("%q would match any line", p)
	}
}

func TestErrorSaysWhoAndWhat(t *testing.T) {
	d := Match(page("<meta name=csrf-token content=a>\nvisitor 1 of many"), page("<meta name=csrf-token content=b>\nvisitor 2 of many"), Standard())
	err := error(&MismatchError{Benchmark: "orders", Request: "GET /orders\x1b", Old: "main", New: "this tree", Diff: d})
	want := "orders: GET /orders\\x1b: main and this tree answer differently\nbody: first difference in line 2\n" +
		"@@ line 1 @@\n <meta name=csrf-token content={csrf token}>\n-visitor 1 of many\n+visitor 2 of many\nnot compared: 2 csrf tokens"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	var typed *MismatchError
	if !errors.As(err, &typed) {
		t.Fatal("not typed")
	}
	typed.Itself = true
	if text := typed.Error(); !strings.Contains(text, "main does not answer alike twice") || !strings.Contains(text, "ignore: ['visitor ([0-9]+)") {
		t.Error(text)
	}
}

func TestDigestFollowsTheMatch(t *testing.T) {
	a, b := page(`<meta name="csrf-token" content="x"> 1`), page(`<meta name="csrf-token" content="y"> 1`)
	if x, y := Normalise(a, Standard()).Digest(), Normalise(b, Standard()).Digest(); x != y {
		t.Errorf("%s and %s", x, y)
	}
	if x, y := Normalise(page("1"), Standard()).Digest(), Normalise(page("2"), Standard()).Digest(); x == y {
		t.Error("two answers with one digest")
	}
}

// What a fuzzed pair differs in, a match must see unless a rule took it out;
// and a body matches itself.
func FuzzMatch(f *testing.F) {
	f.Add(`<meta name="csrf-token" content="a">`, `<p>2</p>`, true)
	f.Add(`{"a":[1,{"b":"2026-11-23T10:00:00Z"}]}`, `[[[[1e999]]]]`, false)
	f.Add("\xff\x00\n\u202e", "3 minutes ago 0123456789abcdef0123456789abcdef", true)
	f.Fuzz(func(t *testing.T, a, b string, html bool) {
		as := document
		if html {
			as = page
		}
		if d := Match(as(a), as(a), Standard()); d != nil {
			t.Errorf("%q differs from itself: %s", a, d)
		}
		d := Match(as(a), as(b), Standard())
		x, y := Normalise(as(a), Standard()), Normalise(as(b), Standard())
		if (d == nil) != (x.Digest() == y.Digest()) {
			t.Errorf("%q and %q: %v, digests %s and %s", a, b, d, x.Digest(), y.Digest())
		}
		if d == nil {
			return
		}
		if regexp.MustCompile(`[\x00-\x08\x0b-\x1f]`).MatchString(d.String()) || len(d.String()) > 64<<10 {
			t.Errorf("%q", d.String())
		}
		for _, p := range d.Suggested {
			if _, err := Standard().Ignore([]string{p}); err != nil {
				t.Error(err)
			}
		}
	})
}

// Pages made to be slow for a matcher that backtracks: this test would not end.
func TestHostilePages(t *testing.T) {
	const size = 64 << 10
	for _, piece := range []string{"<meta name=", "<a nonce=", "0123456789abcdef", "1 ", `"request_id`, "AAAA--", "<input "} {
		body := strings.Repeat(piece, size/len(piece))
		if Match(page(body), page(body+"x"), Standard()) == nil && piece != "0123456789abcdef" {
			t.Errorf("%q: a byte more makes no difference", piece)
		}
	}
	if Match(document(strings.Repeat("[", size)), document(strings.Repeat("[", 150)+strings.Repeat("]", 150)), Standard()) == nil {
		t.Error("deep JSON makes no difference")
	}
}

// BenchmarkMatch is of a page of 60 KB, as a table in Rails comes.
func BenchmarkMatch(b *testing.B) {
	row := `<tr><td><a href="/orders/1234">1234</a></td><td>2026-11-23 10:00:00 UTC</td><td class="right">12.00</td></tr>` + "\n"
	a := page(`<meta name="csrf-token" content="x" />` + strings.Repeat(row, 550))
	b.SetBytes(2 * a.Bytes)
	for b.Loop() {
		if Match(a, a, Standard()) != nil {
			b.Fatal("differs")
		}
	}
}
