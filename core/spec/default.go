package spec

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// String is the duration as pitwall.yml writes it.
func (d Duration) String() string { return time.Duration(d).String() }

func (d Duration) or(other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// String is the port as pitwall.yml writes it; empty when there is none.
func (p Port) String() string {
	switch p {
	case 0:
		return ""
	case Auto:
		return "auto"
	}
	return strconv.Itoa(int(p))
}

// Limit is how long the task may take: 15 minutes when the file says nothing.
func (t Task) Limit() time.Duration { return t.Timeout.or(15 * time.Minute) }

// Limit is how long to wait for readiness: 60 seconds when the file says
// nothing.
func (r Ready) Limit() time.Duration { return r.Timeout.or(time.Minute) }

// Name is the name of the signal without "SIG", TERM when the file names none.
func (s Stop) Name() string {
	if s.Signal == "" {
		return "TERM"
	}
	return s.Signal
}

// Limit is how long to wait before killing: 10 seconds when the file says
// nothing.
func (s Stop) Limit() time.Duration { return s.Timeout.or(10 * time.Second) }

// Length is how long the lap takes: 150 seconds when the file says nothing.
func (l Lap) Length() time.Duration { return l.Time.or(150 * time.Second) }

// Load is the share of the saturation throughput to offer: half when the
// file says nothing.
func (l Lap) Load() float64 {
	if l.Share == 0 {
		return 0.5
	}
	return l.Share
}

// Web is the process that serves requests: the one with an address, else the
// one named "web". It is nil only in a spec that does not validate.
func (s *Spec) Web() *Unit {
	var named *Unit
	for i := range s.Processes {
		u := &s.Processes[i]
		if u.Address != "" {
			return u
		}
		if u.Name == "web" {
			named = u
		}
	}
	return named
}

// URL is the template of the unit's address: its own, else its port on
// loopback, else empty.
func (u Unit) URL() string {
	if u.Address == "" && u.Port != 0 {
		return "http://127.0.0.1:{port:" + u.Name + "}"
	}
	return u.Address
}

// Path is a path of the spec made absolute: relative ones start at the
// file's directory, and an empty one is that directory.
func (s *Spec) Path(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.Dir, path)
}

// WebAddress is the address of the web process in one start, without a slash
// at its end.
func (s *Spec) WebAddress(vars Vars) (string, error) {
	web := s.Web()
	if web == nil || web.URL() == "" {
		return "", errors.New("no process has an address")
	}
	address, err := Expand(web.URL(), vars)
	if err != nil {
		return "", fmt.Errorf("address of %s: %w", web.Name, err)
	}
	return strings.TrimSuffix(address, "/"), nil
}

// signals are the numbers of the signals that may end a unit, on Linux.
//
//pitwall:readonly
var signals = map[string]int{"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15}

// Number is the number of the signal on Linux, that of TERM when the file
// names none.
func (s Stop) Number() (int, error) {
	n, ok := signals[strings.TrimPrefix(s.Name(), "SIG")]
	if !ok {
		return 0, fmt.Errorf("stop signal %q is unknown: there are %s", s.Signal, strings.Join(slices.Sorted(maps.Keys(signals)), ", "))
	}
	return n, nil
}
