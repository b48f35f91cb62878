package preflight

import (
	"fmt"
	"strconv"
	"strings"

	"pitwall/core/finding"
)

// expectation is a fact with the value that production has.
type expectation struct {
	fact   string
	good   func(string) bool
	claim  claim
	expect string // for the evidence
}

func is(want string) func(string) bool { return func(got string) bool { return got == want } }

// expectations are judged one by one; a fact that is missing says nothing.
func expectations() []expectation {
	return []expectation{
		{"rails.env", is("production"), claim{
			id: "PW-PRE-ENV", severity: finding.Critical, title: "the app does not run in production mode",
			detail: "Development and test modes reload code, log more and cache less: what is measured is another program.",
			next:   []string{"set RAILS_ENV: production under env: in pitwall.yml"},
		}, "production"},
		{"rails.eager_load", is("true"), claim{
			id: "PW-PRE-EAGER", severity: finding.Critical, title: "code is loaded on first use",
			detail: "The first request of each kind pays for loading its code, threads wait for the loader's lock, and workers share less memory.",
			next:   []string{"set config.eager_load = true in config/environments/production.rb"},
		}, "true"},
		{"rails.cache_classes", is("true"), claim{
			id: "PW-PRE-RELOAD", severity: finding.Critical, title: "classes are reloaded between requests",
			detail: "Every request checks the app's files for changes before it does its work.",
			next:   []string{"set config.cache_classes = true (Rails 7.1 and later: config.enable_reloading = false)"},
		}, "true"},
		{"rails.log_level", func(v string) bool { return v != "debug" }, claim{
			id: "PW-PRE-LOGLEVEL", severity: finding.Warning, title: "the log is at debug level",
			detail: "At debug level every SQL statement is formatted and written, in every request.",
			next:   []string{"set config.log_level = :info"},
		}, "info or above"},
		{"rails.consider_all_requests_local", is("false"), claim{
			id: "PW-PRE-LOCAL", severity: finding.Warning, title: "errors are shown in full",
			detail: "An error builds the debugging page with its source excerpts, which production does not.",
			next:   []string{"set config.consider_all_requests_local = false"},
		}, "false"},
		{"rails.perform_caching", is("true"), claim{
			id: "PW-PRE-CACHE", severity: finding.Warning, title: "fragment caching is off",
			detail: "Views are rendered that production would take from its cache.",
			next:   []string{"set config.action_controller.perform_caching = true"},
		}, "true"},
		{"gems.development", is(""), claim{
			id: "PW-PRE-DEVGEMS", severity: finding.Warning, title: "development tools are loaded",
			detail: "They take part in requests, and some of them keep what they see.",
			next:   []string{"set BUNDLE_WITHOUT: development:test under env: in pitwall.yml"},
		}, "none"},
	}
}

func app(in Input) []finding.Finding {
	var found []finding.Finding
	for _, e := range expectations() {
		value, known := in.Setup.Facts[e.fact]
		if !known || e.good(value) {
			continue
		}
		c := e.claim
		c.subject = "app"
		c.evidence = fmt.Sprintf("%s is %s; production: %s", e.fact, value, e.expect)
		found = append(found, c.finding())
	}
	return append(found, jit(in)...)
}

// jit says that YJIT is off where it is ready for production: from Ruby 3.2
// on (the release notes of 3.2.0).
func jit(in Input) []finding.Finding {
	version := in.Setup.Facts["ruby.version"]
	if in.Setup.Facts["yjit"] != "false" || !atLeast(version, 3, 2) || strings.Contains(in.Setup.Facts["ruby.description"], "+YJIT") {
		return nil
	}
	f := claim{
		id: "PW-PRE-YJIT", severity: finding.Advice, subject: "app", title: "the JIT compiler is off",
		detail:   "YJIT usually saves a tenth to a quarter of the time that a Rails app spends in Ruby code, for some memory.",
		evidence: "Ruby " + version + ", YJIT off",
		next:     []string{"pitwall lap --against RUBY_YJIT_ENABLE=1"},
	}.finding()
	f.Caveats = append(f.Caveats, "only a Ruby that was built with YJIT can switch it on: ruby --yjit -e 'p RubyVM::YJIT.enabled?'")
	return []finding.Finding{f}
}

// atLeast compares the first two parts of a version; an unknown version is
// below any.
func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a > major || a == major && b >= minor)
}

// number is a fact as a number; false when it is unknown.
func number(facts map[string]string, name string) (int, bool) {
	n, err := strconv.Atoi(facts[name])
	return n, err == nil && n >= 0
}
