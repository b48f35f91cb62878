package visit

import (
	"fmt"
	"testing"
	"time"
)

func TestJar(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var j Jar
	take := func(path string, headers ...string) {
		var raw [][]byte
		for _, h := range headers {
			raw = append(raw, []byte(h))
		}
		j.Absorb(raw, path, now)
	}
	want := func(path, cookies string) {
		t.Helper()
		if cookies != "" {
			cookies = "Cookie: " + cookies + "\r\n"
		}
		if got := string(j.Append(nil, []byte(path))); got != cookies {
			t.Errorf("for %s: %q, want %q", path, got, cookies)
		}
	}
	want("/", "")
	take("/login?x=/y/", "_shop_session=a%2Bb--c; path=/; HttpOnly; SameSite=Lax; secure", "seen=1", "admin=x; Path=/admin")
	want("/", "_shop_session=a%2Bb--c; seen=1")
	want("/admin/users?q=1", "_shop_session=a%2Bb--c; seen=1; admin=x")
	want("/administrator", "_shop_session=a%2Bb--c; seen=1")
	take("/a/b", "_shop_session=new; path=/", "deep=1", `quoted="v w"; path=/`)
	want("/a/c", `_shop_session=new; seen=1; deep=1; quoted="v w"`)
	take("/", "_shop_session=; path=/; max-age=0", "seen=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", `quoted=; path=/; Max-Age=-1`)
	want("/", "")
	take("/", "bad name=x", "=y", "", "ctl=a\x01b")
	want("/", "")
	for i := range 2 * maxCookies {
		take("/", fmt.Sprintf("c%d=1; path=/", i))
	}
	if len(j.cookies) != maxCookies {
		t.Errorf("%d cookies", len(j.cookies))
	}
	j.Clear()
	want("/a/b", "")
}
