package judge

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/stat"
)

// wants are the leading causes of the planted shop; an empty kind is fine.
func wants() map[string]lap.CauseKind {
	return map[string]lap.CauseKind{
		"orders": lap.NPlusOne, "track": lap.TableScan, "export": lap.Allocates, "quote": lap.CPUBound, "rates": lap.IOBound,
		"product": "", "home": "", "login": "", "checkout": "",
	}
}

func checkCauses(t *testing.T, what string, res *lap.Result, wants map[string]lap.CauseKind) {
	t.Helper()
	for name, want := range wants {
		r := routeOf(res, name)
		if r == nil {
			t.Errorf("%s: no route %s", what, name)
			continue
		}
		switch {
		case r.Cause == nil && want != "":
			t.Errorf("%s: %s has no cause, want %s; own %+v", what, name, want, r.Own)
		case r.Cause != nil && r.Cause.Kind != want:
			t.Errorf("%s: %s is %s (%s), want %q", what, name, r.Cause.Kind, r.Cause.Title, want)
		}
	}
}

func TestPlantedFaultsAreTheLeadingCauses(t *testing.T) {
	for _, c := range []struct {
		what string
		mend func(*app)
	}{
		{"light load", func(a *app) { a.gvl = 1 }},
		{"load", func(*app) {}},
		{"heavy load: the fine routes wait for the GVL most of their time", func(a *app) { a.gvl = 40 }},
		{"a machine three times slower", func(a *app) {
			for i := range a.routes {
				r := &a.routes[i]
				r.cpu, r.gc = 3*r.cpu, 3*r.gc
				for j := range r.statements {
					r.statements[j].ms *= 3
				}
			}
		}},
		{"a machine that gives a sixth of the time asked for", func(a *app) {
			for i := range a.routes {
				a.routes[i].stall = 5 * a.routes[i].cpu
			}
		}},
		{"ActiveRecord around the statements of orders, an export with half of the objects", func(a *app) {
			a.routes[2].statements[1].ms = .15
			a.routes[4].objects = 220_000
		}},
		{"a machine without a free core: time passes that is neither CPU nor waiting", func(a *app) {
			for i := range a.routes {
				a.routes[i].stall = 2 * a.routes[i].cpu
			}
			a.routes[0].stall = 40
		}},
		{"noisy", func(a *app) { a.noise = .4 }},
		{"no profile", func(a *app) { a.share = true }},
	} {
		a := shop()
		c.mend(&a)
		res := Judge(evidence(a, 7))
		want := wants()
		if a.share {
			want["quote"] = "" // only samples can name a method
		}
		checkCauses(t, c.what, res, want)
	}
}

func TestMendedFaultsAreNoCauses(t *testing.T) {
	a := shop()
	for i := range a.routes {
		r := &a.routes[i]
		switch r.name {
		case "orders": // a preload: one statement for all users
			r.statements[1] = planSQL{"SELECT * FROM users WHERE id IN ($1)", "app/controllers/orders_controller.rb:6", 1, 0, 1.5, nil}
			r.cpu, r.objects = 8, 9000
		case "track":
			r.statements[0].ms, r.statements[0].scan = .5, nil
		case "export":
			r.cpu, r.gc, r.objects = 9, 0, 20_000
		case "quote":
			r.cpu = 4
		case "rates":
			r.io = 0
		}
	}
	res := Judge(evidence(a, 8))
	for _, r := range res.Routes {
		if r.Cause != nil {
			t.Errorf("%s: %s", r.Name, r.Cause.Title)
		}
	}
	if !slices.ContainsFunc(res.Headline, func(s string) bool { return strings.HasPrefix(s, "No route has a cause") }) {
		t.Errorf("%q", res.Headline)
	}
}

func TestFiguresOfThePlantedShop(t *testing.T) {
	ev := evidence(shop(), 7)
	samples := slices.Clone(ev.Profile.Samples)
	res := Judge(ev)
	first, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(Judge(ev)); string(first) != string(again) || !slices.Equal(samples, ev.Profile.Samples) {
		t.Error("judging twice gives two results, or changed the evidence")
	}
	orders := routeOf(res, "orders")
	if f := find(res, NPlusOne, "orders"); f == nil || f.Evidence[0].Line != "app/views/orders/_row.html.erb:3" || !strings.Contains(f.Title, "50 statements") {
		t.Errorf("%+v", f)
	}
	// 50 x 0.35 ms of SQL and all CPU, which is under the row's line, x 49/50
	if e := orders.Cause.Regained; e.Point < .035 || e.Point > .045 || e.Reached == 0 {
		t.Errorf("regained by orders: %+v", e)
	}
	if c := orders.Cause.Capacity; c == nil || c.Point <= 0 || c.Point > orders.Share.Point {
		t.Errorf("capacity regained by orders: %+v of %+v", c, orders.Share)
	}
	if f := find(res, Scan, "track"); f == nil || f.Next[0] != "CREATE INDEX CONCURRENTLY ON tracking_events (tracking)" || f.Next[1] != compareCommand {
		t.Errorf("%+v", f)
	}
	for name, want := range map[string]string{"quote": "Pricing#simulate", "rates": "Net::HTTP#get in Rates.ask (app/models/rates.rb:18)", "export": "Export#build_rows"} {
		if c := routeOf(res, name).Cause; !strings.Contains(c.Title, want) {
			t.Errorf("%s: %q does not name %s", name, c.Title, want)
		}
	}
	if find(res, Cached, "checkout") == nil || find(res, NPlusOne, "checkout") != nil {
		t.Error("cached statements of checkout")
	}
	if res.Sustained == nil || math.Abs(res.Sustained.Point-40) > 6 || res.Sustained.Reached == 0 {
		t.Errorf("sustained %+v", res.Sustained)
	}
	if res.Latency.P99 == nil || orders.Latency.P99 != nil || orders.Latency.P50 == nil {
		t.Error("p99 for the whole app, and per route only with ten requests beyond it")
	}
	if o := orders.Own; o.Statements.Point != 51 || o.Objects.Point != 30_000 || math.Abs(o.CPU.Point-.026) > .003 {
		t.Errorf("own work of orders %+v", o)
	}
	checkSplit(t, res)
	checkWhole(t, res)
}

// checkSplit compares the split of a route with what was planted.
func checkSplit(t *testing.T, res *lap.Result) {
	t.Helper()
	rates := routeOf(res, "rates")
	var total float64
	shares := map[string]float64{}
	for _, s := range rates.Split {
		total += s.Share.Point
		shares[s.Name] = s.Share.Point
	}
	if math.Abs(total-1) > 1e-6 {
		t.Errorf("shares of a split add up to %g", total)
	}
	if shares["io"] < .75 || shares["queue"] <= 0 || shares["sql"] > .05 || shares["gvl_wait"] < .05 {
		t.Errorf("split of rates %v", shares)
	}
	for _, slice := range routeOf(res, "track").Split {
		if slice.Name == "sql" && (slice.Share.Point < .6 || slice.Mean < .055) {
			t.Errorf("SQL of track: %+v of %g s", slice.Share, slice.Mean)
		}
		shares[slice.Name+" of track"] = slice.Share.Point
	}
	if shares["sql of track"] == 0 || shares["io of track"] > 0 {
		t.Errorf("split of track %v", shares)
	}
}

func checkWhole(t *testing.T, res *lap.Result) {
	t.Helper()
	var total float64
	for i, r := range res.Routes {
		total += r.Share.Point
		if i > 0 && r.Share.Point > res.Routes[i-1].Share.Point {
			t.Error("the work list is not sorted")
		}
		if r.Flame == nil || len(r.Top) == 0 || r.Samples == 0 || r.Action != r.Name+"#show" {
			t.Errorf("%s has no flame", r.Name)
		}
	}
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("shares of the server's time add up to %g", total)
	}
	if c := res.Capacity; c == nil || c.Workers != 2 || c.Threads != 5 || c.Needed != nil || c.Enough < 1 {
		t.Errorf("%+v", res.Capacity)
	}
	if len(res.Overhead) != 4 || math.Abs(res.Overhead[1].Value.Point-1.02) > .1 {
		t.Errorf("%+v", res.Overhead)
	}
	if len(res.Memory) != 1 || res.Memory[0].PID != 11 || res.Memory[0].PSS != -1 || res.Memory[0].GrowthPerS == nil {
		t.Errorf("%+v", res.Memory)
	}
	if len(res.Headline) < 3 || len(res.Headline) > 5 || res.Flame == nil || len(res.States) < 3 || res.Queue == nil {
		t.Errorf("%q", res.Headline)
	}
	if len(res.Lost)+len(res.Doubts) != 0 {
		t.Errorf("lost %q, doubts %q", res.Lost, res.Doubts)
	}
}

func TestErrorsLeadAndOverloadIsNoCauseOfQuickRoutes(t *testing.T) {
	a := shop()
	a.routes[2].errors = .1
	res := Judge(evidence(a, 9))
	if c := routeOf(res, "orders").Cause; c == nil || c.Kind != lap.Erring || c.Finding != RouteErrors {
		t.Errorf("%+v", c)
	}
	if f := res.Findings[0]; f.Severity != finding.Critical || f.ID != RouteErrors {
		t.Errorf("%+v", f)
	}
	// Two routes of moderate, unremarkable work that wait for each other's lock.
	plain := app{rate: 30, gvl: 60, noise: .1, agent: true, routes: []planted{
		{name: "a", weight: 1, cpu: 30, objects: 5000, hot: shop().routes[0].hot, gem: shop().routes[0].gem},
		{name: "b", weight: 1, cpu: 3, objects: 900, hot: shop().routes[0].hot, gem: shop().routes[0].gem},
	}}
	res = Judge(evidence(plain, 3))
	checkCauses(t, "waiting", res, map[string]lap.CauseKind{"a": lap.GVLWait, "b": ""})
	if find(res, GVLWait, "process") == nil {
		t.Error("the process's wait for the GVL is not a finding")
	}
}

// A page whose time is rendering, by gems, and a big report in one statement:
// what a lap meets in other people's apps.
func TestUnplantedCauses(t *testing.T) {
	gem := []profile.Frame{ruby("ActionView::Helpers::UrlHelper#link_to", "/usr/lib/ruby/vendor_ruby/action_view/helpers/url_helper.rb", 200)}
	res := Judge(evidence(app{rate: 10, gvl: 1, noise: .1, agent: true, routes: []planted{
		{name: "issues", weight: 1, cpu: 140, objects: 60_000, hot: []profile.Frame{ruby("IssuesController#index", "/usr/share/redmine/app/controllers/issues_controller.rb", 50), ruby("_app_views_issues_list", "/usr/share/redmine/app/views/issues/_list.html.erb", 20)}, gem: gem},
		{name: "report", weight: 1, cpu: 5, objects: 2000, hot: shop().routes[0].hot, statements: []planSQL{{"SELECT SUM(total_cents), status FROM orders GROUP BY status", "app/controllers/reports_controller.rb:7", 1, 0, 90,
			&request.Node{Type: "Seq Scan", Relation: "orders", Rows: 200_000, TableRows: 200_000}}}},
		{name: "loop", weight: 1, cpu: 12, objects: 3000, hot: shop().routes[0].hot, statements: []planSQL{
			{"SELECT * FROM a", "app/x.rb:1", 2, 0, .5, nil}, {"SELECT * FROM b", "app/x.rb:1", 2, 0, .5, nil}, {"SELECT * FROM c", "app/x.rb:1", 2, 0, .5, nil}}, framework: .8},
	}}, 5))
	checkCauses(t, "unplanted", res, map[string]lap.CauseKind{"issues": lap.CPUBound, "report": lap.SlowSQL, "loop": ""})
	if c := routeOf(res, "issues").Cause; !strings.HasSuffix(c.Title, "of CPU in app/views/issues/_list.html.erb") {
		t.Errorf("%q", c.Title)
	}
	if f := find(res, SlowSQL, "report"); f == nil || f.Evidence[1].Text != "Seq Scan on orders (200,000 rows)" {
		t.Errorf("%+v", f)
	}
}

// Latency and the work list are those of bare windows, and what watching cost
// is said.
func TestFiguresComeFromBareWindows(t *testing.T) {
	slow := shop()
	slow.watch = 1
	a, b := Judge(evidence(shop(), 7)), Judge(evidence(slow, 7))
	if a.Latency.P50.Point != b.Latency.P50.Point || routeOf(a, "quote").Mean.Point != routeOf(b, "quote").Mean.Point {
		t.Error("watched windows took part in latency")
	}
	if e := b.Overhead[1].Value; math.Abs(e.Point-2) > .2 || e.Low <= 1.5 {
		t.Errorf("%+v", e)
	}
	if !slices.ContainsFunc(b.Doubts, func(s string) bool { return strings.HasPrefix(s, "watching was not cheap") }) {
		t.Errorf("%q", b.Doubts)
	}
}

// A route that takes little is fine, though it repeats a statement: that is a
// finding, and no cause.
func TestQuickRouteIsFine(t *testing.T) {
	a := shop()
	a.routes[0].statements = append(a.routes[0].statements, planSQL{"SELECT * FROM tags WHERE id = $1", "app/views/products/show.html.erb:4", 6, 0, .5, nil})
	res := Judge(evidence(a, 7))
	if c := routeOf(res, "product").Cause; c != nil {
		t.Errorf("%+v", c)
	}
	if f := find(res, NPlusOne, "product"); f == nil || f.Severity != finding.Advice {
		t.Errorf("%+v", f)
	}
}

func TestAppFiles(t *testing.T) {
	for file, want := range map[string]bool{
		"/srv/shop/app/models/a.rb": true, "app/models/a.rb": true, "/usr/share/redmine/lib/redmine.rb": true,
		"": false, "<internal:kernel>": false, "(eval)": false, "/usr/lib/ruby/vendor_ruby/puma/server.rb": false,
		"/usr/share/rubygems-integration/all/gems/rails-6.1/lib/rails.rb": false, "/srv/shop/vendor/bundle/ruby/3.1.0/gems/pg/lib/pg.rb": false,
		"/opt/rubies/3.3/lib/ruby/3.3.0/json.rb": false, "/tmp/x/pitwall_agent/meter.rb": false,
	} {
		if appFile(file) != want {
			t.Errorf("%q: %v", file, !want)
		}
	}
}

func TestEveryFindingIsRegistered(t *testing.T) {
	known := map[finding.ID]bool{}
	for _, e := range finding.Register() {
		known[e.ID] = true
	}
	for _, id := range []finding.ID{NPlusOne, Scan, SlowSQL, Cached, Allocates, CPUHot, IOWait, GVLWait, Queue, RouteErrors, CapThreads, CapNeeded, MemGrowth, Driver, NotSteady} {
		if !known[id] {
			t.Errorf("%s is not in the register", id)
		}
	}
}

func TestAgainstStored(t *testing.T) {
	old, mended := Judge(evidence(shop(), 7)), shop()
	mended.routes[2].statements[1].n = 1
	mended.routes[2].objects = 9000
	mended.routes[0].objects += 7 // a few more, which is no change
	new := Judge(evidence(mended, 8))
	for _, r := range []*lap.Result{old, new} {
		r.Run.App, r.Run.Machine.Fingerprint, r.Run.Settings, r.Run.Revision = "shop", "m", "s", "abc+dirty"
	}
	c := AgainstStored(old, new, nil)
	if len(c.Refused) > 0 || len(c.Routes) != len(old.Routes) || c.Paired {
		t.Fatalf("%+v", c)
	}
	for _, r := range c.Routes {
		want := stat.Same // of its counters; the text says that times are open
		if !strings.Contains(r.Text, "undecided") && r.Route != "orders" {
			t.Errorf("%s: %q does not say that times are undecided", r.Route, r.Text)
		}
		if r.Route == "orders" {
			want = stat.Better
		}
		if r.Verdict != want {
			t.Errorf("%s: %s, %s", r.Route, r.Verdict, r.Text)
		}
		for _, m := range append(r.Own, r.Load...) {
			if (m.Metric == "time" || m.Metric == "p50") && m.Verdict != stat.Undecided {
				t.Errorf("a time was judged: %+v", m)
			}
		}
		if want == stat.Undecided && !strings.Contains(r.Text, "pitwall lap --against abc`") {
			t.Errorf("%q does not say what would decide", r.Text)
		}
	}
	new.Run.Settings = "other"
	if c := AgainstStored(old, new, nil); len(c.Refused) == 0 || len(c.Routes) != 0 {
		t.Errorf("%+v", c)
	}
	if c := AgainstStored(nil, new, nil); len(c.Refused) == 0 {
		t.Errorf("%+v", c)
	}
}
