package real

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// visitor asks the shop, and keeps its cookies.
type visitor struct {
	t        *testing.T
	shop     *shop
	client   *http.Client
	requests int
}

func newVisitor(t *testing.T, s *shop) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{t: t, shop: s, client: &http.Client{Jar: jar, CheckRedirect: stay}}
}

// get asks for path and wants 200; seen is what the shop logged of it.
func (v *visitor) get(path string) (body string, seen record) {
	v.t.Helper()
	return v.do(http.MethodGet, path, nil, http.StatusOK)
}

// post fills in the form of the page at path, and wants 303.
func (v *visitor) post(path string, form url.Values) record {
	v.t.Helper()
	page, _ := v.get(path)
	token := regexp.MustCompile(`name="csrf-token" content="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		v.t.Fatalf("%s: no csrf-token in\n%s", path, page)
	}
	form.Set("authenticity_token", token[1])
	_, seen := v.do(http.MethodPost, path, form, http.StatusSeeOther)
	return seen
}

func (v *visitor) login() record {
	return v.post("/login", url.Values{"email": {"user77@shop.example"}, "password": {"correct horse"}})
}

func (v *visitor) do(method, path string, form url.Values, status int) (string, record) {
	v.t.Helper()
	v.requests++
	id := fmt.Sprintf("%s-%p-%d", strings.ToLower(method), v, v.requests)
	r, err := http.NewRequest(method, v.shop.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", id)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.shop.log)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		v.t.Fatalf("%s %s: %s, %v, want %d\n%s", method, path, answer.Status, err, status, v.shop.log)
	}
	return string(body), v.logged(id)
}

// logged waits for the last line of a request in the log.
func (v *visitor) logged(id string) (seen record) {
	v.t.Helper()
	eventually(v.t, "the log of "+id, func() bool {
		seen = recordOf(v.shop.log.String(), id)
		return seen.done
	}, v.shop.log)
	return seen
}

// record is what Rails logged of one request.
type record struct {
	statements int            // but BEGIN, COMMIT and the adapter's own
	lines      map[string]int // statements by the line of the app they come from
	objects    int            // -1 where this Rails does not say
	done       bool
}

var (
	colour    = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	statement = regexp.MustCompile(`^ +(.*?) ?\([0-9.]+ms\)  [A-Z]`)
	source    = regexp.MustCompile(`↳ ([^:]+:\d+)`)
	objects   = regexp.MustCompile(`Allocations: (\d+)\)$`)
)

func recordOf(log, id string) record {
	seen := record{lines: map[string]int{}, objects: -1}
	counted := false
	for line := range strings.Lines(colour.ReplaceAllString(log, "")) {
		_, line, ours := strings.Cut(strings.TrimSpace(line), "["+id+"]")
		if !ours {
			continue
		}
		if m := statement.FindStringSubmatch(line); m != nil {
			if counted = m[1] != "TRANSACTION" && m[1] != "SCHEMA"; counted {
				seen.statements++
			}
		}
		if m := source.FindStringSubmatch(line); m != nil && counted {
			seen.lines[m[1]]++
		}
		if strings.HasPrefix(line, " Completed ") {
			seen.done = true
			if m := objects.FindStringSubmatch(line); m != nil {
				seen.objects, _ = strconv.Atoi(m[1])
			}
		}
	}
	return seen
}
