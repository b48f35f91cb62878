// Package realtest finds the real tools that live tests run against. A test
// asks for a tool; where it is missing the test skips and says why, and with
// PITWALL_REAL=require, which CI sets, it fails: a skip that should not
// happen is a defect.
package realtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Ruby is the path of a Ruby of version 3.1 or newer.
func Ruby(t testing.TB) string {
	t.Helper()
	linux(t)
	path := program(t, "Ruby 3.1 or newer (package ruby)", "ruby", "ruby3.4", "ruby3.3", "ruby3.1")
	check(t, "Ruby 3.1 or newer", path, "-e", `exit((RUBY_VERSION.split(".").map(&:to_i) <=> [3, 1]) >= 0)`)
	return path
}

// JRuby is the path of a JRuby.
func JRuby(t testing.TB) string {
	t.Helper()
	linux(t)
	return program(t, "JRuby (package jruby)", "jruby")
}

// Puma is the path of the puma program.
func Puma(t testing.TB) string {
	t.Helper()
	Ruby(t)
	return program(t, "Puma (package puma)", "puma")
}

// Rails makes sure that Ruby loads Rails and the pg library.
func Rails(t testing.TB) {
	t.Helper()
	check(t, "Rails and pg (packages ruby-rails, ruby-pg)", Ruby(t), "-e", "require 'rails'; require 'active_record'; require 'pg'")
}

// Sidekiq is the path of the sidekiq program.
func Sidekiq(t testing.TB) string {
	t.Helper()
	Ruby(t)
	return program(t, "Sidekiq (package ruby-sidekiq)", "sidekiq")
}

// Postgres is the directory of PostgreSQL's own programs: initdb, postgres,
// pg_ctl. Debian keeps them off PATH; the newest version wins.
func Postgres(t testing.TB) string {
	t.Helper()
	linux(t)
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	best := ""
	for _, f := range found {
		if len(f) > len(best) || len(f) == len(best) && f > best {
			best = f
		}
	}
	if best == "" {
		best, _ = exec.LookPath("initdb")
	}
	if best == "" {
		missing(t, "PostgreSQL's server programs (package postgresql)")
	}
	return filepath.Dir(best)
}

// Redis is the path of redis-server.
func Redis(t testing.TB) string {
	t.Helper()
	linux(t)
	return program(t, "Redis (package redis-server)", "redis-server", "valkey-server")
}

// Chromium is the path of a Chromium or Chrome, under any of its usual names.
func Chromium(t testing.TB) string {
	t.Helper()
	return program(t, "Chromium (package chromium)", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell")
}

// Nginx is the path of nginx.
func Nginx(t testing.TB) string {
	t.Helper()
	return program(t, "nginx (package nginx-light or nginx)", "nginx", "/usr/sbin/nginx")
}

// Wrk is the path of the wrk load generator.
func Wrk(t testing.TB) string {
	t.Helper()
	return program(t, "wrk (package wrk)", "wrk")
}

// linux skips a test of what exists on Linux only; there, no setting makes
// it a failure.
func linux(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
}

func program(t testing.TB, what string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, what)
	return ""
}

func check(t testing.TB, what, path string, args ...string) {
	t.Helper()
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		missing(t, what+": "+strings.TrimSpace(err.Error()+" "+string(out)))
	}
}

// missing skips, or fails where everything must be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("PITWALL_REAL") == "require" {
		t.Fatalf("missing %s, and PITWALL_REAL=require", what)
	}
	t.Skipf("missing %s", what)
}

// Strace is the path of strace.
func Strace(t testing.TB) string {
	t.Helper()
	linux(t)
	return program(t, "strace (package strace)", "strace")
}

// Valgrind is the path of valgrind.
func Valgrind(t testing.TB) string {
	t.Helper()
	linux(t)
	return program(t, "valgrind (package valgrind)", "valgrind")
}

// Hyperfine is the path of hyperfine.
func Hyperfine(t testing.TB) string {
	t.Helper()
	return program(t, "hyperfine (package hyperfine)", "hyperfine")
}
