package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"path"
	"slices"
	"strings"

	"pitwall/core/lap"
)

// ErrNobody is returned when no process that could answer is connected.
var ErrNobody = errors.New("no process of the app is connected to the Ruby agent")

type setupBody struct {
	Facts map[string]string `json:"facts"`
	Hosts []struct {
		Purpose string `json:"purpose"`
		Address string `json:"address"`
	} `json:"hosts"`
	Rows map[string]int64 `json:"rows"`
}

const (
	maxFacts = 200
	maxHosts = 200
	maxRows  = 200
)

// Setup asks every connected process how the app is set up, and puts the
// answers together: where two differ, one that serves wins over a master, and
// among equals the one that has more to say (an app over a service beside it).
// Its facts hold no secrets.
func (s *Server) Setup(ctx context.Context) (lap.Setup, error) {
	all := lap.Setup{Facts: map[string]string{}, Hosts: []lap.Host{}, Rows: map[string]int64{}}
	conns := s.live()
	if len(conns) == 0 {
		return all, ErrNobody
	}
	replies, err := s.ask(ctx, conns, "setup", "")
	slices.SortStableFunc(replies, func(a, b reply) int { return cmp.Compare(len(b.body), len(a.body)) })
	for _, wanted := range []Role{Web, Jobs, Master, Helper} {
		for _, r := range replies {
			if s.roleOf(r.conn) == wanted {
				s.merge(&all, r.body)
			}
		}
	}
	return all, err
}

func (s *Server) merge(all *lap.Setup, body []byte) {
	var b setupBody
	if json.Unmarshal(body, &b) != nil {
		s.log.lose(1)
		return
	}
	for k, v := range b.Facts {
		if _, ok := all.Facts[k]; !ok && len(all.Facts) < maxFacts {
			all.Facts[clip(k, maxName)] = clip(v, maxText)
		}
	}
	for k, v := range b.Rows {
		if _, ok := all.Rows[k]; !ok && len(all.Rows) < maxRows && v >= 0 {
			all.Rows[clip(k, maxName)] = v
		}
	}
	for _, h := range b.Hosts {
		host := lap.Host{Purpose: clip(h.Purpose, maxName), Address: clip(h.Address, maxText)}
		host.Local = local(host.Address)
		host.Allowed = host.Local || s.allowed(host.Address)
		if len(all.Hosts) < maxHosts && !contains(all.Hosts, host) {
			all.Hosts = append(all.Hosts, host)
		}
	}
}

func contains(hosts []lap.Host, h lap.Host) bool {
	for _, x := range hosts {
		if x == h {
			return true
		}
	}
	return false
}

// split takes "host:port", "[::1]:80", "::1" or "host" apart.
func split(address string) (host, port string) {
	if rest, ok := strings.CutPrefix(address, "["); ok {
		host, port, _ = strings.Cut(rest, "]")
		return host, strings.TrimPrefix(port, ":")
	}
	if strings.Count(address, ":") == 1 {
		host, port, _ = strings.Cut(address, ":")
		return host, port
	}
	return address, ""
}

// local says whether an address is a Unix socket or loopback.
func local(address string) bool {
	if strings.HasPrefix(address, "/") || strings.HasPrefix(address, "@") {
		return true
	}
	host, _ := split(strings.ToLower(address))
	host = strings.TrimSuffix(host, ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Unmap().IsLoopback() || ip.IsUnspecified())
}

// allowed says whether an address is under the allow list.
func (s *Server) allowed(address string) bool {
	host, port := split(strings.ToLower(address))
	for _, a := range s.options.Allow {
		h, p := split(strings.ToLower(a))
		if p != "" && p != port {
			continue
		}
		if ok, err := path.Match(h, host); h == host || err == nil && ok && strings.HasPrefix(h, "*.") {
			return true
		}
	}
	return false
}
