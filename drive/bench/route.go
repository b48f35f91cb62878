package bench

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/route"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
)

// routeSubject is what a route in process and one over a socket share.
type routeSubject struct {
	apps      *Apps
	file      *spec.Bench
	benchmark spec.Benchmark
	route     route.Route
	matcher   *matcher
	salt      string
	pace      Pace
}

// NewRoute measures a route of the file or of the app's pitwall.yml in the
// versions of apps: in process, or over a socket where the benchmark says so.
// Before a unit is timed, its answers are matched with those of the other arms: an *answer.MismatchError says that they differ, an
// *UnexpectedError that an answer is not what the route expects, a *LoginError
// that the session's steps do not lead in. Errors of NewRoute name what is
// wrong with the benchmark.
func NewRoute(apps *Apps, file *spec.Bench, b spec.Benchmark, pace Pace) (pairs.Subject, error) {
	r, err := findRoute(apps.Spec, file, b.Route)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(r, b.Ignore)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name, err)
	}
	s := routeSubject{apps: apps, file: file, benchmark: b, route: r, salt: salt(), pace: pace,
		matcher: &matcher{benchmark: b.Name, versions: apps.Versions, rules: rules}}
	switch b.Over {
	case "", "rack":
		return &rackRoute{s}, nil
	case "socket":
		return &socketRoute{s}, nil
	}
	return nil, fmt.Errorf("%s: over: %q is neither rack nor socket", b.Name, b.Over)
}

// findRoute looks in the file first, then in the app's pitwall.yml.
func findRoute(app *spec.Spec, file *spec.Bench, name string) (route.Route, error) {
	all := slices.Concat(file.Routes, app.Routes)
	for _, r := range all {
		if r.Name == name {
			return r, r.Check()
		}
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name
	}
	return route.Route{}, fmt.Errorf("route %q is neither in %s nor in pitwall.yml: there are %s", name, file.File, strings.Join(names, ", "))
}

// environment is what the file and the benchmark set, under what the version
// sets, made n bytes longer.
func (s *routeSubject) environment(pad int) map[string]string {
	return environment(s.file, s.benchmark, pad)
}

func environment(file *spec.Bench, b spec.Benchmark, pad int) map[string]string {
	all := map[string]string{}
	for _, env := range []map[string]string{file.Env, b.Env, padding(pad)} {
		maps.Copy(all, env)
	}
	return all
}

// salt begins the values of unique parameters, so that they do not come again
// in another run against the same database.
func salt() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
