package judge

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"pitwall/core/finding"
	"pitwall/core/hist"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/request"
	"pitwall/core/route"
	"pitwall/core/series"
	"pitwall/core/stat"
)

func whole() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(-2, 200), rapid.Int64Range(0, 100e9), rapid.Int64())
}

func real() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, math.MaxFloat64}))
}

func word() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "a", "b", "c", "<script>", "SELECT * FROM t WHERE a = $1", "app/models/a.rb:3", "\xff"})
}

func wild(t *rapid.T) *lap.Evidence {
	kinds := rapid.SampledFrom([]lap.Kind{lap.Solo, lap.Closed, lap.Bare, lap.Watched, ""})
	list := func(name string, most int, f func(i int)) {
		for i := range rapid.IntRange(0, most).Draw(t, name) {
			f(i)
		}
	}
	n := func(name string) int64 { return whole().Draw(t, name) }
	x := func(name string) float64 { return real().Draw(t, name) }
	w := func(name string) string { return word().Draw(t, name) }
	ev := &lap.Evidence{App: w("app"), ArrivalPerS: x("arrivals"), Driver: lap.Driver{CPUNS: n("cpu"), Requests: n("requests"), SamplerNS: n("sampler"), LagP99NS: n("lag"), Invalid: w("invalid")}}
	ev.Setup.Facts = map[string]string{"puma.threads": rapid.SampledFrom([]string{"", "5", "x", "99999999999", "0:3"}).Draw(t, "threads")}
	list("routes", 3, func(int) { ev.Routes = append(ev.Routes, route.Route{Name: w("route")}) })
	list("windows", 6, func(i int) {
		ev.Windows = append(ev.Windows, lap.Window{Index: i, Kind: kinds.Draw(t, "kind"), Start: n("start"), End: n("end"), Rate: x("rate")})
	})
	list("cells", 12, func(int) {
		c := lap.Cell{Window: rapid.IntRange(0, 6).Draw(t, "window"), Start: n("start"), Length: n("length"), Route: w("route"), Offered: n("offered"), Done: n("done"), Good: n("good"), Errors: map[string]int64{w("kind"): n("errors")}}
		if rapid.Bool().Draw(t, "driven") {
			c.Response, c.Service = hist.New(), hist.New()
			list("values", 20, func(int) { c.Response.Record(n("response")); c.Service.Record(n("service")) })
		}
		ev.Cells = append(ev.Cells, c)
	})
	list("series", 3, func(int) {
		s := series.Series{Name: rapid.SampledFrom([]string{"rss", "pss", "x"}).Draw(t, "name"), Labels: map[string]string{"pid": "1"}}
		list("points", 30, func(int) { s.Points = append(s.Points, series.Point{Time: n("time"), Value: x("value")}) })
		ev.Series = append(ev.Series, s)
	})
	list("findings", 2, func(int) {
		v := x("point")
		e := stat.Estimate{Point: v, Low: v, High: v, N: 1}
		ev.Findings = append(ev.Findings, finding.Finding{Severity: finding.Severity(w("severity")), Estimate: &e})
	})
	if rapid.Bool().Draw(t, "agent") {
		ev.Requests = wildLog(t, list, n, x, w)
	}
	if rapid.Bool().Draw(t, "sampler") {
		ev.Profile = wildProfile(t, list, n, w)
	}
	return ev
}

func wildLog(t *rapid.T, list func(string, int, func(int)), n func(string) int64, x func(string) float64, w func(string) string) *request.Log {
	log := &request.Log{Lost: n("lost")}
	list("prints", 3, func(int) { log.Fingerprints = append(log.Fingerprints, w("print")) })
	list("plans", 3, func(i int) {
		log.Plans = append(log.Plans, request.Plan{Fingerprint: i, Nodes: []request.Node{{Type: "Seq Scan", Relation: w("table"), Columns: []string{w("column")}, Rows: x("rows"), TableRows: x("table rows"), Cost: x("cost")}}})
	})
	list("requests", 30, func(int) {
		r := request.Request{PID: int(n("pid")), TID: int(n("tid")), Route: w("route"), Action: w("action"), Status: int(n("status")), Start: n("start"), End: n("end"), CPU: n("cpu"), GC: n("gc"), Objects: n("objects"), InFlight: int(n("flight")), Error: w("error")}
		if q := n("queue"); q > 0 {
			r.Queue = &q
		}
		list("statements", 3, func(int) {
			r.Statements = append(r.Statements, request.Statement{Fingerprint: rapid.IntRange(-1, 4).Draw(t, "fp"), Line: w("line"), Count: int(n("count")), Cached: int(n("cached")), Time: n("time"), Rows: n("rows")})
		})
		log.Requests = append(log.Requests, r)
	})
	return log
}

func wildProfile(t *rapid.T, list func(string, int, func(int)), n func(string) int64, w func(string) string) *profile.Profile {
	p := &profile.Profile{Lost: map[string]int64{"torn": n("torn")}}
	list("frames", 3, func(int) {
		p.Frames = append(p.Frames, profile.Frame{Name: w("name"), File: w("file"), Line: int32(n("line"))})
	})
	small := rapid.Int32Range(-1, 3)
	list("stacks", 3, func(i int) {
		p.Stacks = append(p.Stacks, profile.Stack{Parent: rapid.Int32Range(-1, int32(i)).Draw(t, "parent"), Frame: small.Draw(t, "frame")})
	})
	list("samples", 20, func(int) {
		p.Samples = append(p.Samples, profile.Sample{Time: n("time"), PID: int32(n("pid")), TID: int32(n("tid")), Stack: small.Draw(t, "stack"), State: profile.State(rapid.IntRange(0, 9).Draw(t, "state")), Route: -1, Weight: n("weight")})
	})
	return p
}

// Whatever the evidence, the result is JSON, its slices are there, and its
// intervals are ordered.
func TestAnyEvidenceGivesAWholeResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		res := Judge(wild(t))
		if _, err := json.Marshal(res); err != nil {
			t.Fatal(err)
		}
		walk(t, "result", reflect.ValueOf(res).Elem())
		if _, err := json.Marshal(AgainstStored(res, res, []*lap.Result{res, res, res})); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNothingGivesAWholeResult(t *testing.T) {
	for _, ev := range []*lap.Evidence{nil, {}, {Windows: []lap.Window{{Kind: lap.Bare, End: 5e9}, {Index: 1, Kind: lap.Watched, Start: 5e9, End: 9e9}}, Routes: []route.Route{{Name: "a"}}, Requests: &request.Log{}, Profile: &profile.Profile{}}} {
		res := Judge(ev)
		if _, err := json.Marshal(res); err != nil {
			t.Fatal(err)
		}
		walk(t, "result", reflect.ValueOf(res).Elem())
		if res.Sustained != nil || res.Queue != nil || res.Capacity != nil || len(res.Headline) == 0 {
			t.Errorf("%+v", res)
		}
	}
}

// walk checks every slice and every estimate of the result, the run header and
// the trees aside, which others make.
func walk(t rapid.TB, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(t, path, v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() {
			t.Errorf("%s is nil", path)
		}
		for i := range v.Len() {
			walk(t, path+"[]", v.Index(i))
		}
	case reflect.Struct:
		if e, ok := v.Interface().(stat.Estimate); ok {
			if !(e.Low <= e.Point && e.Point <= e.High) || e.N <= 0 {
				t.Errorf("%s is %+v", path, e)
			}
			return
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Run" {
				walk(t, path+"."+name, v.Field(i))
			}
		}
	}
}
