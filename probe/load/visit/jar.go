package visit

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The bounds on what a server may store with a user.
const (
	maxCookies = 64
	maxCookie  = 8 << 10
)

// Jar holds the cookies of one virtual user for the one host there is. The
// attributes Domain, Secure and SameSite have no effect: all requests go to
// that host, and a production-like app marks its cookies Secure though the
// proxy in front of it, which spoke TLS, is not there. The zero Jar is empty and
// may be used by many goroutines.
type Jar struct {
	mu      sync.Mutex
	cookies []cookie
}

type cookie struct {
	name, value, path string
}

// Absorb takes the values of Set-Cookie headers that answered a request for
// path.
func (j *Jar) Absorb(headers [][]byte, path string, now time.Time) {
	if len(headers) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, header := range headers {
		if len(header) > maxCookie {
			continue
		}
		c, err := http.ParseSetCookie(string(header))
		if err != nil {
			continue
		}
		if c.Quoted {
			c.Value = `"` + c.Value + `"`
		}
		gone := c.MaxAge < 0 || c.MaxAge == 0 && !c.Expires.IsZero() && c.Expires.Before(now)
		j.set(cookie{c.Name, c.Value, cookiePath(c.Path, path)}, gone)
	}
}

// set replaces, adds or removes a cookie.
func (j *Jar) set(c cookie, gone bool) {
	for i, old := range j.cookies {
		if old.name == c.name && old.path == c.path {
			if gone {
				j.cookies = append(j.cookies[:i], j.cookies[i+1:]...)
			} else {
				j.cookies[i] = c
			}
			return
		}
	}
	if !gone && len(j.cookies) < maxCookies {
		j.cookies = append(j.cookies, c)
	}
}

// cookiePath is the path that a cookie is for (RFC 6265, 5.1.4 and 5.2.4).
func cookiePath(given, request string) string {
	if strings.HasPrefix(given, "/") {
		return given
	}
	request, _, _ = strings.Cut(request, "?")
	if i := strings.LastIndexByte(request, '/'); i > 0 {
		return request[:i]
	}
	return "/"
}

// Append writes the Cookie header line for a path, or nothing.
func (j *Jar) Append(dst []byte, path []byte) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	first := true
	for _, c := range j.cookies {
		if !c.matches(path) {
			continue
		}
		if first {
			dst = append(dst, "Cookie: "...)
		} else {
			dst = append(dst, "; "...)
		}
		first = false
		dst = append(append(append(dst, c.name...), '='), c.value...)
	}
	if first {
		return dst
	}
	return append(dst, "\r\n"...)
}

// matches says whether the cookie goes with a path (RFC 6265, 5.1.4).
func (c cookie) matches(path []byte) bool {
	if !bytes.HasPrefix(path, []byte(c.path)) {
		return false
	}
	return len(path) == len(c.path) || c.path[len(c.path)-1] == '/' || path[len(c.path)] == '/'
}

// Clear forgets all cookies.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = nil
}
