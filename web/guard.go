package web

import (
	"net"
	"net/http"
	"strings"
)

// guard lets a request pass only when it was meant for this server and does
// not come from a page of another. It stops DNS rebinding (a foreign name
// that resolves to loopback arrives with its own Host: CVE-2024-28224,
// CVE-2026-34742) and pages elsewhere that read or act here (CVE-2025-24010).
// listen is the address of the listener; only loopback addresses let anything
// pass.
func guard(listen string, next http.Handler) http.Handler {
	hosts := allowedHosts(listen)
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case !hosts[strings.ToLower(r.Host)]:
			http.Error(w, "this address is not served here: type the one that pitwall serve printed", http.StatusMisdirectedRequest)
		case !sameOrigin(r, hosts):
			http.Error(w, "pages of other sites may not ask here", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// allowedHosts are the exact values of Host for a listener on loopback.
func allowedHosts(listen string) map[string]bool {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || !loopback(host) {
		return nil
	}
	hosts := map[string]bool{}
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]", bracketed(host)} {
		hosts[strings.ToLower(name)+":"+port] = true
		if port == "80" { // browsers leave it out
			hosts[strings.ToLower(name)] = true
		}
	}
	return hosts
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// sameOrigin accepts what this server's own pages send, what is typed or
// bookmarked, a link followed from elsewhere, and tools that are no browser.
func sameOrigin(r *http.Request, hosts map[string]bool) bool {
	if origins, ok := r.Header["Origin"]; ok {
		host, plain := strings.CutPrefix(strings.ToLower(origins[0]), "http://")
		if len(origins) != 1 || !plain || !hosts[host] {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return true
	}
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// secure sets what every answer carries. Nothing runs, loads or frames but
// our own files; a style needs no inline text, for scripts set it by CSSOM.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}
