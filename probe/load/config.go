// Package load drives an app with HTTP requests and keeps what came of each:
// response time from the intended start, service time from the real send, and
// the driver's own lateness, by route and block of time. Nothing is invented
// and nothing back-filled.
package load

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"pitwall/core/route"
)

// Config says whom to ask for what.
type Config struct {
	// Address is "http://host:port", with a path that comes before every
	// route's if there is one, or "unix:/path/to/socket".
	Address string
	// Host is the Host header; the address's when empty. A route's own Host
	// header wins.
	Host    string
	Routes  []route.Route
	Session *route.Session // nil: no login
	Users   int            // virtual users, each with its cookies; 10 when 0
	Seed    uint64         // of all that is drawn: arrivals, routes, users, values

	// ID appends the X-Request-Id of a request. seq counts all requests of
	// the driver from 1. route is an index into Routes, or Own for what the
	// driver asks on its own account: logins, tokens and Fetch. Nil sends no
	// id.
	ID func(dst []byte, route int, seq uint64) []byte

	Timeout time.Duration // for a whole answer; 30 s when 0

	// Close asks for a connection of its own for every request, as nginx does
	// towards an app unless it is told otherwise. Puma before 7 keeps a thread
	// on a kept connection after its answer (puma #3487), so that requests on
	// other connections wait behind nothing.
	Close bool
}

// Own is the route index of requests that belong to no route.
const Own = -1

// target is where the requests go.
type target struct {
	network, address string
	host             string // of the Host header
	base             string // path before every route's, without a final slash
	close            bool   // Config.Close
}

// parseAddress reads Config.Address.
func parseAddress(address, host string) (target, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return target{network: "unix", address: path, host: or(host, "localhost")}, nil
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return target{}, fmt.Errorf("address: %w", err)
	}
	if u.Scheme != "http" {
		return target{}, fmt.Errorf("address %s: only http is spoken; give the port behind TLS and the header X-Forwarded-Proto: https", u.Redacted())
	}
	if u.Hostname() == "" {
		return target{}, fmt.Errorf("address %s: no host", u.Redacted())
	}
	place := u.Host
	if u.Port() == "" {
		place = net.JoinHostPort(u.Hostname(), "80")
	}
	return target{network: "tcp", address: place, host: or(host, u.Host), base: strings.TrimSuffix(u.EscapedPath(), "/")}, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// check refuses a configuration that cannot be driven.
func (c *Config) check() error {
	if len(c.Routes) == 0 {
		return errors.New("no routes to drive")
	}
	if err := route.Check(c.Routes); err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	if c.Session != nil {
		for i, step := range c.Session.Steps {
			if err := step.Check(); err != nil {
				return fmt.Errorf("session: step %d: %w", i+1, err)
			}
		}
	}
	for _, r := range c.Routes {
		if r.Session && c.Session == nil {
			return fmt.Errorf("routes: %s: session: is set, but there is no session: with login steps", r.Name)
		}
	}
	if strings.ContainsAny(c.Host, "\r\n\x00 ") {
		return fmt.Errorf("host %q", c.Host)
	}
	return nil
}

// salt begins the values of unique parameters, so that they do not come again
// in another run against the same store.
func salt() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
