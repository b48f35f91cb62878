package real

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/internal/realtest"
)

// result is what a lap with --json printed.
func (p *program) result(t *testing.T) *lap.Result {
	t.Helper()
	var r lap.Result
	if err := json.Unmarshal([]byte(p.out.String()), &r); err != nil {
		t.Fatalf("reading the result: %v\n%s", err, p.said())
	}
	return &r
}

func found(r *lap.Result, id finding.ID, subject string) *finding.Finding {
	for i, f := range r.Findings {
		if f.ID == id && f.Subject == subject {
			return &r.Findings[i]
		}
	}
	return nil
}

// TestRealLapGoesOnBesideABrokenRoute also holds what --json prints against
// its promises.
func TestRealLapGoesOnBesideABrokenRoute(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/boom", "/call"))
	p := s.lap("--json")
	s.nothingLeft()
	s.expect(p, 0)
	r := p.result(t)
	if found(r, "PW-ANSWER-ERROR", "boom") == nil {
		t.Errorf("no finding names the route that answers 500: %v", subjects(r))
	}
	if f := found(r, "PW-SAFE-OUTGOING", "call"); f == nil {
		t.Errorf("no finding names the route that calls elsewhere: %v", subjects(r))
	} else if !strings.Contains(f.Title, "192.0.2.1") || !strings.Contains(f.Title, "stub it") {
		t.Errorf("the finding says %q", f.Title)
	}
	if r.Run.Status != run.Complete {
		t.Errorf("the run is %s", r.Run.Status)
	}
	checkJSON(t, []byte(p.out.String()))
	if runs := s.stored(); len(runs) != 1 || runs[0].Status != run.Complete || windows(runs[0]) == 0 {
		t.Errorf("stored: %+v", runs)
	}
}

func subjects(r *lap.Result) []string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, string(f.ID)+" "+f.Subject)
	}
	return list
}

// checkJSON sees that a result carries its schema, and no null where a list
// or a map should be.
func checkJSON(t *testing.T, b []byte) {
	t.Helper()
	var top struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(b, &top); err != nil || top.Schema != 1 {
		t.Errorf("schema %d, %v", top.Schema, err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var r lap.Result
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("more than one JSON value on stdout")
	}
	checkLists(t, "", reflect.ValueOf(r))
}

// checkLists walks a value that was read from JSON: a list that is nil there
// was null, unless its tag lets it be left out.
func checkLists(t *testing.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			checkLists(t, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag := f.Tag.Get("json")
			if !f.IsExported() || tag == "-" || strings.Contains(tag, "omitempty") && v.Field(i).IsZero() {
				continue
			}
			checkLists(t, path+"."+f.Name, v.Field(i))
		}
	case reflect.Slice, reflect.Map:
		if v.IsNil() {
			t.Errorf("%s is null", path)
		}
		if v.Kind() == reflect.Slice {
			for i := range v.Len() {
				checkLists(t, path+"[]", v.Index(i))
			}
		}
	}
}

// TestRealLapAppDies has the app end in the middle, of itself and by a route.
func TestRealLapAppDies(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/die"))
	p := s.lap()
	s.nothingLeft()
	s.expect(p, 3, "the app died", "killed")
}

// TestRealLapAppDiesWhileDriven kills the app once windows are stored.
func TestRealLapAppDiesWhileDriven(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/slow"))
	heavy <- struct{}{}
	defer func() { <-heavy }()
	p := s.start("lap", "--time", "20s")
	s.await(p, "the windows", func() bool { return p.reached("windows") })
	s.kill("puma ")
	s.await(p, "the end", p.over)
	s.nothingLeft()
	s.expect(p, 3, "Partial", "the app died", "killed")
	runs := s.stored()
	if len(runs) != 1 || runs[0].Status != run.Partial || windows(runs[0]) == 0 {
		t.Errorf("stored: %+v", runs)
	}
}

// TestRealLapSaysThatAWorkerDied goes on with the worker's successor.
func TestRealLapSaysThatAWorkerDied(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/slow"))
	heavy <- struct{}{}
	defer func() { <-heavy }()
	p := s.start("lap", "--time", "12s", "--json")
	s.await(p, "the windows", func() bool { return p.reached("windows") })
	s.kill("puma: cluster worker 0")
	s.await(p, "the end", p.over)
	s.nothingLeft()
	s.expect(p, 0)
	if lost := strings.Join(p.result(t).Lost, "\n"); !strings.Contains(lost, "web worker 0") {
		t.Errorf("it does not say which process ended: %s", lost)
	}
}

// TestRealLapForeignHost stops before the first request when the app is set
// up for a database elsewhere.
func TestRealLapForeignHost(t *testing.T) {
	realtest.Rails(t)
	realtest.Sidekiq(t)
	for host, env := range map[string]string{
		"db.example.com":   "TINY_DATABASE: 'postgres://u:secret@db.example.com/shop'",
		"jobs.example.com": "TINY_SIDEKIQ: 'redis://:secret@jobs.example.com:6379/0'",
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tinyYML("env: {"+env+"}", "/fast"))
			p := s.lap()
			s.nothingLeft()
			s.expect(p, 3, host, "not this machine", "allow:", "- "+host)
			if strings.Contains(p.said(), "secret") {
				t.Error("it prints the password")
			}
			if p.reached("answers") {
				t.Error("requests were sent all the same")
			}
		})
	}
}

// TestRealLapConnectsToNoForeignHost counts what arrives at an address of this
// machine that is not loopback: not even the agent may look at that database.
func TestRealLapConnectsToNoForeignHost(t *testing.T) {
	t.Parallel()
	realtest.Rails(t)
	address := outwardAddress(t)
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	var arrived atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			arrived.Add(1)
			c.Close()
		}
	}()
	s := newSite(t, tinyYML("env: {TINY_DATABASE: 'postgres://u:secret@"+l.Addr().String()+"/shop'}", "/fast"))
	p := s.lap()
	l.Close()
	s.nothingLeft()
	s.expect(p, 3, address, "not this machine")
	if n := arrived.Load(); n > 0 {
		t.Errorf("%d connections arrived", n)
	}
}

// outwardAddress is an IPv4 address of this machine that is not loopback.
func outwardAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() && ip.IP.IsGlobalUnicast() {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has no address beside loopback")
	return ""
}

// kill ends the site's first process whose command line begins so.
func (s *site) kill(title string) {
	s.t.Helper()
	for _, pid := range s.running() {
		if strings.HasPrefix(commandLine(pid), title) {
			if err := kill(pid); err != nil {
				s.t.Fatal(err)
			}
			return
		}
	}
	s.t.Fatal(fmt.Errorf("no process %q runs", title))
}
