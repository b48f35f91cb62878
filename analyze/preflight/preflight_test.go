package preflight

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/run"
)

// production is an app and a machine with nothing to say of.
func production() Input {
	return Input{
		Setup: lap.Setup{
			Facts: map[string]string{
				"rails.env": "production", "rails.eager_load": "true", "rails.cache_classes": "true", "rails.log_level": "info",
				"rails.consider_all_requests_local": "false", "rails.perform_caching": "true", "gems.development": "",
				"ruby.version": "3.3.5", "yjit": "true", "puma.workers": "2", "puma.threads_max": "3", "puma.preload_app": "true",
				"allocator": "jemalloc", "db.adapter": "postgresql", "db.pool": "3",
			},
			Rows: map[string]int64{"orders": 1_000_000, "users": 3},
		},
		Machine: run.Machine{Cores: 2, MemoryBytes: 8 << 30},
		Reading: run.Reading{Load: 0.1, AvailableBytes: 4 << 30, Governor: "performance", FrequencyLow: -1, FrequencyHigh: -1, FrequencyMost: -1},
	}
}

func ids(found []finding.Finding) []finding.ID {
	list := []finding.ID{}
	for _, f := range found {
		list = append(list, f.ID)
	}
	return list
}

func TestNothingToSay(t *testing.T) {
	if got := ids(Check(production())); len(got) > 0 {
		t.Errorf("found %v", got)
	}
	// What is unknown says nothing.
	unknown := Input{Reading: run.Reading{Load: -1, AvailableBytes: -1, FrequencyLow: -1, FrequencyHigh: -1, FrequencyMost: -1}, Machine: run.Machine{Cores: 2, MemoryBytes: -1}}
	if got := Check(unknown); got == nil || len(got) > 0 {
		t.Errorf("found %v", got)
	}
}

func TestEachFact(t *testing.T) {
	for _, c := range []struct {
		fact, value string
		want        finding.ID
	}{
		{"rails.env", "development", "PW-PRE-ENV"},
		{"rails.eager_load", "false", "PW-PRE-EAGER"},
		{"rails.cache_classes", "false", "PW-PRE-RELOAD"},
		{"rails.log_level", "debug", "PW-PRE-LOGLEVEL"},
		{"rails.consider_all_requests_local", "true", "PW-PRE-LOCAL"},
		{"rails.perform_caching", "false", "PW-PRE-CACHE"},
		{"gems.development", "bullet,byebug", "PW-PRE-DEVGEMS"},
		{"yjit", "false", "PW-PRE-YJIT"},
		{"puma.preload_app", "false", "PW-PRE-PRELOAD"},
		{"puma.workers", "3", "PW-PRE-CORES"},
		{"allocator", "glibc malloc", "PW-PRE-MALLOC"},
		{"db.adapter", "sqlite3", "PW-PRE-SQLITE"},
		{"db.pool", "2", "PW-PRE-POOL"},
	} {
		in := production()
		in.Setup.Facts = maps.Clone(in.Setup.Facts)
		in.Setup.Facts[c.fact] = c.value
		if diff := cmp.Diff([]finding.ID{c.want}, ids(Check(in))); diff != "" {
			t.Errorf("%s=%s: %s", c.fact, c.value, diff)
		}
		delete(in.Setup.Facts, c.fact)
		if got := ids(Check(in)); len(got) > 0 {
			t.Errorf("%s unknown: found %v", c.fact, got)
		}
	}
}

func TestWhatLooksAlikeIsNot(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"old Ruby has no YJIT":         func(in *Input) { in.Setup.Facts["yjit"], in.Setup.Facts["ruby.version"] = "false", "3.1.7" },
		"single mode preloads nothing": func(in *Input) { in.Setup.Facts["puma.preload_app"], in.Setup.Facts["puma.workers"] = "false", "0" },
		"two arenas":                   func(in *Input) { in.Setup.Facts["allocator"], in.Setup.Facts["malloc.arena_max"] = "glibc malloc", "2" },
		"few threads":                  func(in *Input) { in.Setup.Facts["allocator"], in.Setup.Facts["puma.threads_max"] = "glibc malloc", "2" },
		"no tables known":              func(in *Input) { in.Setup.Rows = nil },
	} {
		in := production()
		change(&in)
		if got := ids(Check(in)); len(got) > 0 {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

func TestRowsAndOrder(t *testing.T) {
	in := production()
	in.Setup.Rows = map[string]int64{"orders": 999, "users": 3}
	in.Setup.Facts["rails.env"] = "development"
	in.Setup.Facts["yjit"] = "false"
	got := Check(in)
	if diff := cmp.Diff([]finding.ID{"PW-PRE-ENV", "PW-PRE-ROWS", "PW-PRE-YJIT"}, ids(got)); diff != "" {
		t.Fatal(diff)
	}
	if want := "the largest table, orders, has about 999 rows"; got[1].Evidence[0].Text != want {
		t.Errorf("evidence %q, want %q", got[1].Evidence[0].Text, want)
	}
}

func TestMachineBefore(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Input)
		want   []finding.ID
	}{
		"loaded":        {func(in *Input) { in.Reading.Load = 0.6 }, []finding.ID{"PW-MACHINE-LOAD"}},
		"at the limit":  {func(in *Input) { in.Reading.Load = 0.5 }, []finding.ID{}},
		"governor":      {func(in *Input) { in.Reading.Governor = "powersave" }, []finding.ID{"PW-MACHINE-FREQUENCY"}},
		"slowed":        {func(in *Input) { in.Reading.FrequencyHigh, in.Reading.FrequencyMost = 3, 4 }, []finding.ID{"PW-MACHINE-FREQUENCY"}},
		"no governor":   {func(in *Input) { in.Reading.Governor = "" }, []finding.ID{}},
		"little memory": {func(in *Input) { in.Reading.AvailableBytes = 700 << 20 }, []finding.ID{"PW-MACHINE-MEMORY"}},
	} {
		in := production()
		c.change(&in)
		if diff := cmp.Diff(c.want, ids(Check(in))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDuring(t *testing.T) {
	m := run.Machine{Cores: 2}
	quiet := run.Drift{Seconds: 100, Busy: 0.5, Steal: 0.01, Throttled: 0.5, SwapIns: 0}
	for name, c := range map[string]struct {
		drift run.Drift
		ours  float64
		want  []finding.ID
	}{
		"quiet":     {quiet, 90, []finding.ID{}},
		"unknown":   {run.Drift{Seconds: 100, Busy: -1, Steal: -1, Throttled: -1, SwapIns: -1}, -1, []finding.ID{}},
		"ours only": {run.Drift{Seconds: 100, Busy: 0.95, Throttled: -1, SwapIns: -1}, 190, []finding.ID{}},
		"others":    {quiet, 70, []finding.ID{"PW-MACHINE-LOAD"}},
		"not known": {quiet, -1, []finding.ID{}},
		"all": {run.Drift{Seconds: 100, Busy: 1, Steal: 0.02, Throttled: 0.6, SwapIns: 1}, 0,
			[]finding.ID{"PW-MACHINE-LOAD", "PW-MACHINE-STEAL", "PW-MACHINE-SWAP", "PW-MACHINE-THROTTLED"}},
	} {
		if diff := cmp.Diff(c.want, ids(During(m, c.drift, c.ours))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
