package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/series"
	"pitwall/core/stat"
)

func headline() []string {
	return []string{
		"This machine sustains 64 requests a second, and one in twenty requests takes longer than 150 ms.",
		"GET /orders takes a third of all server time; 51 of its 52 statements are an N+1 at app/views/orders/_order.html.erb:4.",
		"The three things below would give back 56 % of the server's time.",
		"Requests hardly queue in front of the app; inside it they wait 6 ms for the GVL, so more threads would not help.",
	}
}

func overhead() []lap.Overhead {
	ratio := &stat.Estimate{Point: 1.031, Low: 1.012, High: 1.052, Unit: "ratio", Asked: 0.95, Reached: 0.95, N: 5, Method: "paired windows"}
	return []lap.Overhead{
		{Name: "Watched over bare, p50", Value: ratio, Text: "sampler and agent together"},
		{Name: "Sampler CPU", Value: estimate(0.00041, 0.1, "s", 2400), Text: "a request, on this machine's cores"},
		{Name: "Driver CPU", Value: nil, Text: "not measured in this lap"},
	}
}

func capacity() *lap.Capacity {
	c := &lap.Capacity{
		Workers: 2, Threads: 5, Cores: 2, GVLSeconds: estimate(0.0241, 0.03, "s", 5200), FreeSeconds: estimate(0.0196, 0.04, "s", 5200),
		Curve: []lap.ThreadPoint{}, Enough: 3,
		Text: []string{
			"Each request holds the GVL for 24 ms: a process cannot pass 41 requests a second, however many threads it has.",
			"Three threads reach 95 % of that. The two more that Puma has now add waiting, not throughput.",
		},
	}
	b := 1.0 // Erlang B by its recursion; offered load z/c (notes on the GVL law)
	for t := 1; t <= 10; t++ {
		a := 0.0196 / 0.0241
		b = a * b / (float64(t) + a*b)
		c.Curve = append(c.Curve, lap.ThreadPoint{Threads: t, PerS: (1 - b) / 0.0241, Utilisation: 1 - b})
	}
	return c
}

func memory() []lap.Memory {
	growth := &stat.Estimate{Point: 21400, Low: 9200, High: 33800, Unit: "bytes/s", Asked: 0.95, Reached: 0.95, N: 132, Method: "Theil-Sen"}
	return []lap.Memory{
		{Process: "web", PID: 4102, RSS: 118 << 20, PSS: 41 << 20},
		{Process: "web worker 0", PID: 4117, RSS: 171 << 20, PSS: 102 << 20, GrowthPerS: growth},
		{Process: "web worker 1", PID: 4119, RSS: 168 << 20, PSS: -1, GrowthPerS: nil},
	}
}

func states() []lap.Slice {
	return []lap.Slice{
		{Name: "cpu", Share: share(0.27)}, {Name: "gvl_wait", Share: share(0.09)}, {Name: "gc", Share: share(0.03)},
		{Name: "sql", Share: share(0.14)}, {Name: "io", Share: share(0.07)}, {Name: "idle", Share: share(0.40)},
	}
}

func windows() []lap.Window {
	kinds := []struct {
		kind    lap.Kind
		seconds int64
		rate    float64
		conns   int
	}{
		{lap.Warmup, 18, 20, 0}, {lap.Solo, 14, 0, 1}, {lap.Closed, 15, 0, 16},
		{lap.Bare, 10, 31, 0}, {lap.Watched, 10, 31, 0}, {lap.Bare, 10, 31, 0}, {lap.Watched, 10, 31, 0}, {lap.Bare, 10, 31, 0},
		{lap.Watched, 10, 31, 0}, {lap.Bare, 10, 31, 0}, {lap.Watched, 10, 31, 0}, {lap.Bare, 10, 31, 0}, {lap.Watched, 10, 31, 0},
	}
	var out []lap.Window
	at := start
	for i, k := range kinds {
		out = append(out, lap.Window{Index: i, Kind: k.kind, Start: at, End: at + k.seconds*1e9, Rate: k.rate, Connections: k.conns})
		at += k.seconds*1e9 + 2e8
	}
	return out
}

// load is how busy the app is at a second of the lap.
func load(second int) float64 {
	switch {
	case second < 18:
		return 0.4 + 0.01*float64(second)
	case second < 32:
		return 0.12
	case second < 47:
		return 1
	default:
		return 0.52
	}
}

func seriesOf(r *rand.Rand) []series.Series {
	worker := func(i int) map[string]string { return map[string]string{"process": fmt.Sprintf("web worker %d", i)} }
	out := []series.Series{
		points("listen_queue", "1", nil, func(s int) float64 { return math.Floor(math.Max(0, load(s)*8-5) * r.Float64() * 2) }),
		points("puma_backlog", "1", nil, func(s int) float64 { return math.Floor(math.Max(0, load(s)*6-3) * r.Float64()) }),
		points("gc_time", "ratio", worker(0), func(s int) float64 { return load(s) * 0.06 * (0.5 + r.Float64()) }),
		points("gc_time", "ratio", worker(1), func(s int) float64 { return load(s) * 0.06 * (0.5 + r.Float64()) }),
	}
	for i := range 2 {
		rss := points("rss", "bytes", worker(i), func(s int) float64 {
			return 1e6 * (132 + float64(i)*3 + 46*(1-math.Exp(-float64(s)/30)) + r.Float64()*1.2)
		})
		if i == 1 {
			gap(&rss, 88, 95, "the process did not answer in time")
		}
		out = append(out, rss)
	}
	for i := range 2 {
		out = append(out, points("cpu", "ratio", worker(i), func(s int) float64 { return math.Min(1, load(s)*(0.75+0.2*r.Float64())) }))
	}
	return out
}

func points(name, unit string, labels map[string]string, value func(second int) float64) series.Series {
	s := series.Series{Name: name, Unit: unit, Labels: labels, Points: []series.Point{}, Gaps: []series.Gap{}}
	if labels == nil {
		s.Labels = map[string]string{}
	}
	for second := range 149 {
		s.Points = append(s.Points, series.Point{Time: start + int64(second)*1e9, Value: math.Round(value(second)*1e4) / 1e4})
	}
	return s
}

func gap(s *series.Series, from, to int64, why string) {
	g := series.Gap{Start: start + from*1e9, End: start + to*1e9, Why: why}
	kept := s.Points[:0]
	for _, p := range s.Points {
		if p.Time <= g.Start || p.Time >= g.End {
			kept = append(kept, p)
		}
	}
	s.Points, s.Gaps = kept, append(s.Gaps, g)
}

func setup() lap.Setup {
	return lap.Setup{
		Facts: map[string]string{
			"rails.env": "production", "rails.eager_load": "true", "rails.cache_classes": "true", "rails.log_level": "info", "puma.workers": "2",
			"puma.threads": "5", "puma.preload_app": "true", "ruby.yjit": "false", "allocator": "glibc malloc", "db.adapter": "postgresql",
		},
		Hosts: []lap.Host{
			{Purpose: "database", Address: "/tmp/shop-pg/.s.PGSQL.5432", Local: true, Allowed: true},
			{Purpose: "redis", Address: "127.0.0.1:6390", Local: true, Allowed: true},
			{Purpose: "mail", Address: "test delivery", Local: true, Allowed: true},
		},
		Rows: map[string]int64{"orders": 1000000, "line_items": 412000, "customers": 20000, "products": 2000, "stories": 500},
	}
}

func boot() []lap.Stage {
	return []lap.Stage{{Name: "postgres", Ready: 1.1e9}, {Name: "redis", Ready: 4.1e7}, {Name: "slow", Ready: 6.2e8}, {Name: "web", Ready: 3.94e9}}
}

func findings(routes []lap.Route) []finding.Finding {
	out := []finding.Finding{
		{
			ID: "PW-ENV-YJIT", Severity: finding.Warning, Subject: "app", Title: "YJIT is off, though this Ruby has it",
			Detail:   "Ruby 3.1 is built with YJIT here. Production may run with it: times would differ, the order of the routes less so.",
			Evidence: []finding.Evidence{{Text: "RubyVM::YJIT.enabled? is false"}}, Caveats: []string{"YJIT of Ruby 3.1 is experimental."}, Next: []string{"pitwall lap --against RUBYOPT=--yjit"},
		},
		{
			ID: "PW-HOST-SHARED", Severity: finding.Warning, Subject: "machine", Title: "Driver and app share two cores",
			Detail:   "The load driver takes CPU that production would have.",
			Evidence: []finding.Evidence{{Text: "driver used 0.21 cores in the closed loop"}}, Estimate: estimate(0.21, 0.1, "cores", 15), Caveats: []string{}, Next: []string{},
		},
	}
	for _, r := range routes {
		if r.Cause == nil {
			continue
		}
		out = append(out, finding.Finding{
			ID: r.Cause.Finding, Severity: finding.Advice, Subject: r.Name, Title: r.Cause.Title,
			Detail:   "The estimate takes the time away that the evidence names, and leaves the rest as it is.",
			Evidence: []finding.Evidence{{Text: "seen in every watched window", Part: "requests"}},
			Estimate: r.Cause.Regained, Caveats: []string{"Time regained under load is more than this where the GVL is contended."},
			Next: []string{"pitwall request '" + r.Path + "'"},
		})
	}
	return append(out, finding.Finding{
		ID: "PW-PRE-CACHE", Severity: finding.Note, Subject: "app", Title: "The page cache was warm", Detail: "The seeded database fits into memory.",
		Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{},
	})
}

func comparison() *lap.Comparison {
	c := func(metric string, old, ratio, half float64, unit string, v stat.Verdict, why string, need int) stat.Comparison {
		r := estimate(ratio, half, "ratio", 4)
		return stat.Comparison{
			Metric: metric, Old: *estimate(old, 0.02, unit, 4), New: *estimate(old*ratio, 0.02, unit, 4), Ratio: *r, RatioIn: *estimate(ratio, half*0.8, "ratio", 4),
			Margin: 0.05, Verdict: v, Why: why, Need: need,
		}
	}
	return &lap.Comparison{
		Against: "SHOP_FIX=n_plus_one", Paired: true, Boots: 4, Seed: 20261123, Refused: []string{},
		Routes: []lap.RouteComparison{
			{
				Route: "GET /orders", Text: "better: 52 statements to 2", Verdict: stat.Better,
				Own: []stat.Comparison{
					c("statements", 52, 2.0/52, 0, "1", stat.Better, "counters agree in all boots", 0), c("objects", 18400, 0.41, 0.01, "1", stat.Better, "the interval excludes 1", 0),
					c("time", 0.0441, 0.39, 0.06, "s", stat.Better, "the interval excludes 1", 0),
				},
				Load: []stat.Comparison{c("p50", 0.0591, 0.44, 0.09, "s", stat.Better, "the interval excludes 1", 0), c("p95", 0.118, 0.52, 0.2, "s", stat.Better, "the interval excludes 1", 0)},
			},
			{
				Route: "GET /export.csv", Text: "worse: 8 % more objects", Verdict: stat.Worse,
				Own:  []stat.Comparison{c("objects", 412000, 1.081, 0.004, "1", stat.Worse, "the interval excludes 1", 0), c("time", 0.173, 1.12, 0.05, "s", stat.Worse, "the interval excludes 1", 0)},
				Load: []stat.Comparison{c("p50", 0.241, 1.04, 0.12, "s", stat.Undecided, "the interval holds 1 and leaves the margin", 9)},
			},
			{
				Route: "GET /stories/:id", Text: "same; under load it shares workers with GET /orders", Verdict: stat.Same,
				Own:  []stat.Comparison{c("time", 0.0057, 1.004, 0.02, "s", stat.Same, "the interval lies inside the margin", 0)},
				Load: []stat.Comparison{c("p50", 0.0079, 0.83, 0.07, "s", stat.Better, "shares workers with GET /orders", 0)},
			},
		},
	}
}
