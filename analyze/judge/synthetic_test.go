package judge

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pitwall/core/finding"
	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/route"
	"pitwall/core/run"
	"pitwall/core/series"
)

// planted is one route of a made-up app: what one request does by itself.
type planted struct {
	name       string
	weight     float64
	cpu, io    float64 // milliseconds
	gc         float64
	objects    int64
	statements []planSQL
	hot        []profile.Frame // under which its CPU runs; app code
	gem        []profile.Frame // beneath those, not app code
	waits      []profile.Frame // under which its IO blocks
	errors     float64         // share
	framework  float64         // share of its CPU outside the app's code
	stall      float64         // milliseconds without a core, though it could run
}

// planSQL is a statement that is sent n times a request, ms each.
type planSQL struct {
	sql, line string
	n, cached int
	ms        float64
	scan      *request.Node
}

// app is a made-up app and how loaded it is.
type app struct {
	routes []planted
	rate   float64 // requests a second
	gvl    float64 // mean wait for the GVL before each piece of CPU, ms, under load
	noise  float64 // of every time
	share  bool    // no profile
	watch  float64 // what watching adds to a time, beside the usual 2 %
	agent  bool
}

const ms = int64(1e6)

func ruby(name, file string, line int32) profile.Frame {
	return profile.Frame{Name: name, File: file, Line: line}
}

func cfunc(name string) profile.Frame { return profile.Frame{Name: name, Kind: profile.CFunc} }

const root = "/srv/shop/"

// shop is examples/shop as it is planted: one fault a route, and routes that
// are fine.
func shop() app {
	scan := &request.Node{Type: "Seq Scan", Relation: "tracking_events", Columns: []string{"tracking"}, Rows: 25, TableRows: 1_000_000}
	return app{rate: 40, gvl: 8, noise: .08, agent: true, routes: []planted{
		{name: "product", weight: 30, cpu: 3.5, objects: 1800, statements: []planSQL{{"SELECT * FROM products WHERE id = $1 LIMIT $2", "app/controllers/products_controller.rb:5", 1, 0, .4, nil}},
			hot: []profile.Frame{ruby("ProductsController#show", root+"app/controllers/products_controller.rb", 5)}, gem: []profile.Frame{ruby("ActiveRecord::Core#find", "/usr/share/rubygems-integration/all/gems/activerecord-6.1/lib/active_record/core.rb", 338)}},
		{name: "home", weight: 10, cpu: 5, objects: 4500, statements: []planSQL{{"SELECT * FROM stories ORDER BY id LIMIT $1", "app/views/stories/index.html.erb:3", 1, 0, .4, nil}, {"SELECT * FROM products ORDER BY id LIMIT $1", "app/views/stories/index.html.erb:9", 1, 0, .4, nil}},
			hot: []profile.Frame{ruby("_app_views_stories_index", root+"app/views/stories/index.html.erb", 3)}, gem: []profile.Frame{ruby("ActionView::Template#render", "/usr/share/rubygems-integration/all/gems/actionview-6.1/lib/action_view/template.rb", 155)}},
		{name: "orders", weight: 12, cpu: 26, gc: 1, objects: 30_000, statements: []planSQL{
			{"SELECT * FROM orders ORDER BY id LIMIT $1 OFFSET $2", "app/views/orders/index.html.erb:5", 1, 0, 1.5, nil},
			{"SELECT * FROM users WHERE id = $1 LIMIT $2", "app/views/orders/_row.html.erb:3", 50, 0, .35, nil}},
			hot: []profile.Frame{ruby("_app_views_orders_index", root+"app/views/orders/index.html.erb", 5), ruby("_app_views_orders__row", root+"app/views/orders/_row.html.erb", 3)},
			gem: []profile.Frame{ruby("ActiveRecord::Associations#reader", "/usr/share/rubygems-integration/all/gems/activerecord-6.1/lib/active_record/associations.rb", 10)}},
		{name: "track", weight: 5, cpu: 4, objects: 4000, statements: []planSQL{{"SELECT * FROM tracking_events WHERE tracking = $1 ORDER BY seen_at", "app/controllers/tracking_controller.rb:6", 1, 0, 65, scan}},
			hot: []profile.Frame{ruby("TrackingController#show", root+"app/controllers/tracking_controller.rb", 6)}, gem: []profile.Frame{ruby("ActiveRecord::Relation#to_a", "/usr/share/rubygems-integration/all/gems/activerecord-6.1/lib/active_record/relation.rb", 1)}},
		{name: "export", weight: 4, cpu: 150, gc: 35, objects: 420_000, statements: []planSQL{{"SELECT * FROM lines WHERE order_id >= $1 ORDER BY id", "app/models/export.rb:20", 1, 0, 6, nil}},
			hot: []profile.Frame{ruby("ExportsController#show", root+"app/controllers/exports_controller.rb", 5), ruby("Export#build_rows", root+"app/models/export.rb", 21)}, gem: []profile.Frame{cfunc("String#split")}},
		{name: "quote", weight: 8, cpu: 28, objects: 2000, statements: []planSQL{{"SELECT * FROM products WHERE id = $1 LIMIT $2", "app/controllers/quotes_controller.rb:5", 1, 0, .4, nil}},
			hot: []profile.Frame{ruby("QuotesController#show", root+"app/controllers/quotes_controller.rb", 7), ruby("Pricing#simulate", root+"app/models/pricing.rb", 30)}},
		{name: "rates", weight: 8, cpu: 4, io: 105, objects: 3000,
			hot: []profile.Frame{ruby("RatesController#show", root+"app/controllers/rates_controller.rb", 6)}, gem: []profile.Frame{ruby("JSON.parse", "/usr/lib/ruby/3.1.0/json/common.rb", 216)},
			waits: []profile.Frame{ruby("Rates.ask", root+"app/models/rates.rb", 18), ruby("Net::HTTP#get", "/usr/lib/ruby/3.1.0/net/http.rb", 1255), cfunc("IO#wait_readable")}},
		{name: "login", weight: 6, cpu: 6, framework: .7, objects: 3500, statements: []planSQL{{"SELECT * FROM users WHERE email = $1 LIMIT $2", "app/models/user.rb:12", 1, 0, .4, nil}},
			hot: []profile.Frame{ruby("Password.digest", root+"app/models/password.rb", 12)}, gem: []profile.Frame{cfunc("OpenSSL::KDF.pbkdf2_hmac")}},
		{name: "checkout", weight: 5, cpu: 8, objects: 9000, statements: []planSQL{
			{"BEGIN", "app/models/order.rb:15", 6, 0, .1, nil}, {"SELECT * FROM products WHERE id = $1", "app/controllers/checkouts_controller.rb:12", 1, 0, .4, nil},
			{"INSERT INTO orders (user_id) VALUES ($1)", "app/models/order.rb:16", 6, 0, .4, nil},
			{"SELECT * FROM settings WHERE id = $1", "app/models/order.rb:17", 9, 9, 0, nil}},
			hot: []profile.Frame{ruby("CheckoutsController#create", root+"app/controllers/checkouts_controller.rb", 12)}, gem: []profile.Frame{ruby("ActiveRecord::Base.create!", "/usr/share/rubygems-integration/all/gems/activerecord-6.1/lib/active_record/persistence.rb", 50)}},
	}}
}

// maker builds evidence.
type maker struct {
	app    app
	random *rand.Rand
	ev     *lap.Evidence
	log    *request.Log
	prof   *profile.Builder
	prints map[string]int
	now    int64
	thread int
}

// evidence plays an app through a lap of about a minute.
func evidence(a app, seed uint64) *lap.Evidence {
	m := &maker{app: a, random: rand.New(rand.NewPCG(seed, 1)), prints: map[string]int{}, now: 1_000_000 * ms}
	m.log = &request.Log{Fingerprints: []string{}, Requests: []request.Request{}, Plans: []request.Plan{}}
	m.prof = profile.NewBuilder("wall", 5*ms)
	m.ev = &lap.Evidence{App: "shop", Steady: true, WarmedNS: 9e9, Machine: run.Machine{Cores: 2},
		Processes: []lap.Process{{PID: 11, Role: "web worker 0", Ruby: "3.1.2"}},
		Setup:     lap.Setup{Facts: map[string]string{"puma.workers": "2", "puma.threads": "0:5"}},
		Driver:    lap.Driver{CPUNS: 3e9, Requests: 3000, SamplerNS: 1e9, LagP99NS: 3e5}}
	for _, r := range a.routes {
		m.ev.Routes = append(m.ev.Routes, route.Route{Name: r.name, Path: "/" + r.name})
	}
	start := m.now
	m.solo()
	m.open(lap.Closed, 10)
	for range 4 {
		m.open(lap.Bare, 10)
		m.open(lap.Watched, 10)
	}
	if a.agent {
		m.ev.Requests = m.log
	}
	if !a.share {
		m.ev.Profile = m.prof.Profile(start, m.now)
	}
	rss := series.Series{Name: "rss", Unit: "bytes", Labels: map[string]string{"process": "web worker 0", "pid": "11"}}
	for t := start; t < m.now; t += 500 * ms {
		rss.Points = append(rss.Points, series.Point{Time: t, Value: 2e8 + 1e5*m.random.NormFloat64()})
	}
	m.ev.Series = append(m.ev.Series, rss)
	return m.ev
}

func (m *maker) window(kind lap.Kind, length int64) lap.Window {
	w := lap.Window{Index: len(m.ev.Windows), Kind: kind, Start: m.now, End: m.now + length}
	if kind == lap.Bare || kind == lap.Watched {
		w.Rate = m.app.rate
	}
	m.ev.Windows = append(m.ev.Windows, w)
	m.now = w.End
	return w
}

// solo runs each route twenty times with one request in flight.
func (m *maker) solo() {
	w := m.window(lap.Solo, 20*1000*ms)
	at := w.Start
	for i := 0; i < 20; i++ {
		for _, r := range m.app.routes {
			end := m.request(r, at, false, true)
			at = end + ms
		}
	}
}

// open drives a window of Poisson arrivals, one second to a block.
func (m *maker) open(kind lap.Kind, seconds int64) {
	w := m.window(kind, seconds*1000*ms)
	var total float64
	for _, r := range m.app.routes {
		total += r.weight
	}
	for second := range seconds {
		cells := map[string]*lap.Cell{}
		for _, r := range m.app.routes {
			cells[r.name] = &lap.Cell{Window: w.Index, Start: w.Start + second*1000*ms, Length: 1000 * ms, Route: r.name, Response: hist.New(), Service: hist.New(), Status: map[int]int64{}, Errors: map[string]int64{}}
		}
		at := w.Start + second*1000*ms
		mood := 1 + .2*m.random.Float64()
		for {
			at += int64(m.random.ExpFloat64() / m.app.rate * 1e9)
			if at >= w.Start+(second+1)*1000*ms {
				break
			}
			pick := m.random.Float64() * total
			for _, r := range m.app.routes {
				if pick -= r.weight; pick <= 0 {
					m.answer(r, cells[r.name], at, kind, mood)
					break
				}
			}
		}
		for _, r := range m.app.routes {
			m.ev.Cells = append(m.ev.Cells, *cells[r.name])
		}
	}
}

func (m *maker) answer(r planted, c *lap.Cell, at int64, kind lap.Kind, mood float64) {
	m.app.gvl *= mood
	end := m.request(r, at, true, kind == lap.Watched)
	m.app.gvl /= mood
	if kind == lap.Watched {
		end += int64(float64(end-at) * (.02 + m.app.watch))
	}
	c.Offered++
	c.Done++
	c.Service.Record(end - at)
	c.Response.Record(end - at + 200_000)
	if m.random.Float64() < r.errors {
		c.Errors["status"]++
		c.Status[500]++
		return
	}
	c.Good++
	c.Status[200]++
}

// request plays one request from its start, samples it every 5 ms, and
// returns its end. With load it waits for the GVL before each piece of CPU.
func (m *maker) request(r planted, at int64, load, seen bool) int64 {
	m.thread = m.thread%5 + 1
	q := request.Request{PID: 11, TID: 100 + m.thread, ID: fmt.Sprint(at), Route: r.name, Action: r.name + "#show", Method: "GET", Status: 200, InFlight: 1, Start: at + 300_000, View: -1, Statements: []request.Statement{}}
	if load {
		q.InFlight = 3
		m.thread += 5
		q.TID = int(m.random.Int64N(1 << 30)) // never two requests of one thread at once
	}
	queue := int64(300_000)
	q.Queue = &queue
	factor := math.Exp(m.app.noise * m.random.NormFloat64())
	now := q.Start
	spend := func(state profile.State, length float64, stack int32) {
		end := now + int64(length*factor*float64(ms))
		if load && seen {
			for t := now + m.random.Int64N(5*ms); t < end; t += 5 * ms {
				m.prof.Add(profile.Sample{Time: t, PID: 11, TID: int32(q.TID), Stack: stack, State: state, Route: -1, Weight: 5 * ms})
			}
		}
		now = end
	}
	cpu := m.prof.Path(append(append([]profile.Frame{ruby("Puma::ThreadPool#spawn", "/usr/lib/ruby/vendor_ruby/puma/thread_pool.rb", 120)}, r.hot...), r.gem...)...)
	plumbing := m.prof.Path(ruby("Puma::ThreadPool#spawn", "/usr/lib/ruby/vendor_ruby/puma/thread_pool.rb", 120), ruby("ActionDispatch::Executor#call", "/usr/share/rubygems-integration/all/gems/actionpack-6.1/lib/action_dispatch/middleware/executor.rb", 14))
	run := func(length float64) {
		if load && m.app.gvl > 0 {
			spend(profile.Waiting, m.app.gvl*m.random.ExpFloat64(), cpu)
		}
		spend(profile.Running, length*r.framework, plumbing)
		spend(profile.Running, length*(1-r.framework), cpu)
	}
	spend(profile.Running, r.stall, cpu)
	run(r.cpu / 2)
	for _, st := range r.statements {
		m.statement(&q, st, factor)
		db := m.prof.Path(append(append([]profile.Frame{}, r.hot...), ruby("PostgreSQLAdapter#exec_no_cache", "/usr/share/rubygems-integration/all/gems/activerecord-6.1/lib/active_record/connection_adapters/postgresql_adapter.rb", 670), cfunc("PG::Connection#exec_params"))...)
		spend(profile.Blocked, st.ms*float64(st.n-st.cached), db)
	}
	if r.io > 0 {
		spend(profile.Blocked, r.io, m.prof.Path(r.waits...))
	}
	run(r.cpu/2 - r.gc)
	spend(profile.GC, r.gc, cpu)
	q.End = now
	q.CPU, q.GC, q.Objects = int64(r.cpu*factor*float64(ms)), int64(r.gc*factor*float64(ms)), r.objects
	if seen {
		m.log.Requests = append(m.log.Requests, q)
	}
	return now + 200_000
}

func (m *maker) statement(q *request.Request, st planSQL, factor float64) {
	fp, ok := m.prints[st.sql]
	if !ok {
		fp = len(m.log.Fingerprints)
		m.prints[st.sql] = fp
		m.log.Fingerprints = append(m.log.Fingerprints, st.sql)
		if st.scan != nil {
			m.log.Plans = append(m.log.Plans, request.Plan{Fingerprint: fp, Nodes: []request.Node{{Type: "Sort"}, *st.scan}})
		}
	}
	q.Statements = append(q.Statements, request.Statement{Fingerprint: fp, Line: st.line, Count: st.n, Cached: st.cached, Time: int64(st.ms * float64(st.n-st.cached) * factor * float64(ms)), Rows: int64(st.n)})
}

func find(res *lap.Result, id finding.ID, subject string) *finding.Finding {
	for i, f := range res.Findings {
		if f.ID == id && f.Subject == subject {
			return &res.Findings[i]
		}
	}
	return nil
}

func routeOf(res *lap.Result, name string) *lap.Route {
	for i, r := range res.Routes {
		if r.Name == name {
			return &res.Routes[i]
		}
	}
	return nil
}
