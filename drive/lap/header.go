package lap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/probe/clock"
	"pitwall/probe/machine"
)

// environment that changes what an app costs: it is kept with a run. No other
// variable is.
var environment = []string{
	"RAILS_ENV", "RACK_ENV", "WEB_CONCURRENCY", "RAILS_MAX_THREADS", "RAILS_MIN_THREADS", "RAILS_LOG_LEVEL",
	"MALLOC_ARENA_MAX", "MALLOC_CONF", "MALLOC_TRIM_THRESHOLD_", "LD_PRELOAD", "RUBY_YJIT_ENABLE", "RUBY_THREAD_TIMESLICE",
	"RUBY_GC_HEAP_GROWTH_FACTOR", "RUBY_GC_HEAP_INIT_SLOTS", "RUBY_GC_MALLOC_LIMIT", "RUBY_GC_OLDMALLOC_LIMIT",
}

// Header describes a lap that is about to start.
func Header(ctx context.Context, o Options, args []string, version string) run.Run {
	return run.Run{
		Command: "lap", Args: safeArgs(args), App: o.Spec.App, Labels: map[string]string{}, Started: time.Now(),
		Anchors: []run.Anchor{clock.Anchor()}, Machine: machine.Facts(), Settings: settings(o),
		Revision: revision(ctx, o.Spec.Dir), Gems: map[string]string{}, Env: environ(o), Seed: o.Seed, Pitwall: version,
		Parts: []run.Part{}, Dropped: []string{},
	}
}

// environ is the web process's part of the environment that is kept.
func environ(o Options) map[string]string {
	kept := map[string]string{}
	for _, name := range environment {
		if value, ok := os.LookupEnv(name); ok {
			kept[name] = value
		}
		if u := o.Spec.Web(); u != nil && u.Env[name] != "" {
			kept[name] = u.Env[name]
		}
		if value, ok := o.Env[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

// settings digests what two laps must share to be compared.
func settings(o Options) string {
	web := ""
	if u := o.Spec.Web(); u != nil {
		web = u.Command
	}
	b, err := json.Marshal(struct {
		Routes      any
		Session     any
		Web         string
		Environment map[string]string
		Rate, Share float64
		Agent       bool
	}{o.Spec.Routes, o.Spec.Session, web, environ(o), o.Rate, o.Share, o.Agent})
	if err != nil { // strings, numbers and maps of them always marshal
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// revision of the app's repository, "+dirty" when the app's directory has
// changes; empty outside git or without it.
func revision(ctx context.Context, dir string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	head, err := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	text := strings.TrimSpace(string(head))
	changed, err := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--", ".").Output()
	if err == nil && len(changed) > 0 {
		text += "+dirty"
	}
	return text
}

// LoadSpec reads pitwall.yml from a file, or from the directory that a path
// names.
func LoadSpec(path string) (*spec.Spec, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, spec.FileName)
	}
	return spec.Load(path)
}
