package agent

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/core/request"
)

// fake is a process that speaks the protocol.
type fake struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Scanner
}

func dial(t *testing.T, s *Server) *fake {
	t.Helper()
	c, err := net.Dial("unix", s.Socket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &fake{t: t, conn: c, in: bufio.NewScanner(c)}
}

func (f *fake) say(lines ...string) {
	f.t.Helper()
	for _, l := range lines {
		if _, err := f.conn.Write([]byte(l + "\n")); err != nil {
			f.t.Fatal(err)
		}
	}
}

// answer waits for a command and replies to it with body.
func (f *fake) answer(command, body string) string {
	for f.in.Scan() {
		var seq int
		var args string
		word, rest, _ := strings.Cut(f.in.Text(), " ")
		if _, err := fmt.Sscan(rest, &seq); err != nil || word != command {
			continue
		}
		_, args, _ = strings.Cut(rest, " ")
		f.conn.Write(fmt.Appendf(nil, "pw1 42 7 a {\"seq\":%d,\"body\":%s}\n", seq, body))
		return args
	}
	return ""
}

const (
	helloLine  = `pw1 42 7 h {"role":"web","ruby":"3.1.7","root":"/srv/app"}`
	textLine   = `pw1 42 7 f {"id":0,"text":"SELECT ?"}`
	goodLine   = `pw1 42 7 r {"b":10,"e":20,"w":1700000000000000000,"t":5,"s":200,"c":3,"g":0,"gn":0,"o":9,"f":1,"v":-1,"lo":2,"a":"orders#index","id":"pw-1","m":"GET","x":"t=1699999999.5","bw":100,"q":[[0,"app/a.rb:1",3,1,30,-1]]}`
	outLine    = `pw1 42 7 o {"b":5,"h":"api.example","p":443,"l":"a.rb:2","a":"x#y","id":"pw-2"}`
	skewedLine = `pw1 42 7 r {"b":10,"e":20,"w":1700000000000000000,"s":200,"f":2,"x":"t=1700000001","q":[]}`
)

// settle waits until the server has read all that was said.
func settle(t *testing.T, f *fake, s *Server) {
	t.Helper()
	go f.answer("off", "null")
	must(t, s.Off(within(t, 5*time.Second)))
}

func TestServerCollects(t *testing.T) {
	s := listenHere(t, Options{Route: func(id string) string { return "route of " + id }})
	var told []request.Outgoing
	s.OnOutgoing(func(o request.Outgoing) { told = append(told, o) })
	f := dial(t, s)
	f.say(helloLine)
	must(t, s.WaitHello(within(t, 5*time.Second), 1))
	f.say(textLine, goodLine, outLine, skewedLine, `pw1 42 7 d {"n":4}`, `pw1 42 7 e {"n":1,"what":"TypeError sql.rb:3"}`)
	settle(t, f, s)
	wait := int64(400e6)
	log := s.Log()
	want := &request.Log{
		Fingerprints: []string{"SELECT ?"},
		Requests: []request.Request{
			{PID: 42, TID: 5, ID: "pw-1", Route: "route of pw-1", Action: "orders#index", Method: "GET", Status: 200, Start: 10, End: 20, Queue: &wait,
				CPU: 3, Objects: 9, InFlight: 1, View: -1, Statements: []request.Statement{{Line: "app/a.rb:1", Count: 3, Cached: 1, Time: 30, Rows: -1}}},
			{PID: 42, Status: 200, Start: 10, End: 20, InFlight: 2, Statements: []request.Statement{}},
		},
		Plans:    []request.Plan{},
		Outgoing: []request.Outgoing{{PID: 42, Time: 5, Host: "api.example", Port: 443, Action: "x#y", Route: "route of pw-2", Line: "a.rb:2", Refused: true}},
		Lost:     6, Skewed: 1,
	}
	if a, b := fmt.Sprintf("%+v", deref(log)), fmt.Sprintf("%+v", deref(want)); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
	if !slices.Equal(told, want.Outgoing) {
		t.Errorf("told %+v", told)
	}
	p := s.Processes()
	if len(p) != 1 || p[0] != (Process{PID: 42, Start: 7, Role: Web, Ruby: "3.1.7", Root: "/srv/app", Connected: true, Faults: 1, Fault: "TypeError sql.rb:3"}) {
		t.Errorf("processes %+v", p)
	}
}

// deref makes the queue times comparable as text.
func deref(l *request.Log) request.Log {
	c := *l
	c.Requests = slices.Clone(l.Requests)
	for i, r := range c.Requests {
		if r.Queue != nil {
			c.Requests[i].GC += *r.Queue
			c.Requests[i].Queue = nil
		}
	}
	return c
}

func TestHostileLinesAreLost(t *testing.T) {
	s := listenHere(t, Options{})
	f := dial(t, s)
	f.say(helloLine)
	must(t, s.WaitHello(within(t, 5*time.Second), 1))
	hostile := []string{
		"", "x", "pw2 42 7 h {}", "pw1 -1 7 h {}", "pw1 42 8 h {}", "pw1 42 7 z {}", "pw1 42 7 r {", "pw1 42 7 r {}", "pw1 42 7 d {\"n\":-1}",
		strings.Replace(goodLine, `"e":20`, `"e":9`, 1), strings.Replace(goodLine, `[0,`, `[1,`, 1), strings.Replace(goodLine, `3,1,30`, `0,0,30`, 1),
		strings.Replace(goodLine, `3,1,30`, `3,4,30`, 1), strings.Replace(outLine, "443", "70000", 1), `pw1 42 7 f {"id":-1,"text":"x"}`,
		"pw1 42 7 r " + strings.Repeat("x", maxLine+10),
	}
	f.say(hostile...)
	f.say(textLine, goodLine)
	settle(t, f, s)
	log := s.Log()
	if log.Lost != int64(len(hostile))+2 || len(log.Requests) != 1 {
		t.Errorf("%d lost of %d, %d requests", log.Lost, len(hostile), len(log.Requests))
	}
	f.say(slices.Repeat([]string{"x"}, maxHostile-len(hostile))...)
	f.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if f.in.Scan() {
		t.Errorf("the connection goes on: %q", f.in.Text())
	}
}

func TestFingerprintsMergeAcrossProcesses(t *testing.T) {
	s := listenHere(t, Options{MaxRequests: 2})
	for pid := range 3 {
		f := dial(t, s)
		as := func(l string) string { return strings.Replace(l, "pw1 42", fmt.Sprintf("pw1 %d", pid+100), 1) }
		f.say(as(helloLine), as(strings.Replace(textLine, `"id":0`, fmt.Sprintf(`"id":%d`, pid), 1)), as(strings.Replace(goodLine, "[[0,", fmt.Sprintf("[[%d,", pid), 1)))
		for end := time.Now().Add(5 * time.Second); s.Log().Lost < 2*int64(pid+1) && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	log := s.Log()
	if len(log.Fingerprints) != 1 || len(log.Requests) != 2 || log.Lost != 2*3+1 {
		t.Errorf("%+v", log)
	}
}

func TestSilentProcessIsNamed(t *testing.T) {
	s := listenHere(t, Options{})
	f := dial(t, s)
	f.say(helloLine)
	must(t, s.WaitHello(within(t, 5*time.Second), 1))
	err := s.On(within(t, 50*time.Millisecond))
	var silent *NoAnswerError
	if !errors.As(err, &silent) || !slices.Equal(silent.PIDs, []int{42}) || err.Error() != "asking the Ruby agent to on: no answer from [42]" {
		t.Errorf("%v", err)
	}
	f.conn.Close()
	for end := time.Now().Add(5 * time.Second); s.Processes()[0].Connected && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	must(t, s.On(within(t, 5*time.Second)))
	if err := s.WaitHello(within(t, time.Millisecond), 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if _, err := s.Setup(context.Background()); !errors.Is(err, ErrNobody) {
		t.Errorf("%v", err)
	}
}

func TestExplainAsksOnce(t *testing.T) {
	s := listenHere(t, Options{})
	f := dial(t, s)
	f.say(helloLine, textLine, `pw1 42 7 f {"id":3,"text":"SELECT ?, a"}`)
	must(t, s.WaitHello(within(t, 5*time.Second), 1))
	settle(t, f, s)
	asked := make(chan string, 1)
	go func() {
		asked <- f.answer("explain", `[{"id":0,"nodes":[{"depth":-4,"type":"Seq Scan","relation":"orders","rows":1,"table_rows":-1,"cost":2}]},{"id":3,"error":"X"},{"id":9}]`)
	}()
	must(t, s.Explain(within(t, 5*time.Second)))
	if got := <-asked; got != "0,3" {
		t.Errorf("asked for %q", got)
	}
	must(t, s.Explain(within(t, time.Second))) // nothing is left to ask
	log := s.Log()
	if len(log.Plans) != 2 || log.Plans[0].Nodes[0].Depth != 0 || log.Plans[1].Error != "X" || log.Lost != 1 {
		t.Errorf("%+v, %d lost", log.Plans, log.Lost)
	}
}

func TestEnvKeepsTheUsers(t *testing.T) {
	dir := t.TempDir()
	s, err := Listen(dir, Options{Allow: []string{"a.example", "b.example:80"}})
	must(t, err)
	got := s.Env([]string{"A=1", "RUBYOPT=-W0 -rfoo", "PITWALL_AGENT=old", "B=x=y"})
	want := []string{"A=1", "B=x=y", "RUBYOPT=-r" + dir + "/pitwall_agent -W0 -rfoo", "PITWALL_AGENT=" + s.Socket(), "PITWALL_ALLOW=a.example,b.example:80"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(s.Socket()); err != nil || info.Mode().Perm() != 0o666 { // who may speak is decided by the peer's credentials
		t.Errorf("%v %v", info, err)
	}
	must(t, s.Close())
	must(t, s.Close())
	if _, err := os.Stat(s.Socket()); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// A path that RUBYOPT or a socket could not name is replaced.
func TestListenElsewhere(t *testing.T) {
	for _, name := range []string{"with space", strings.Repeat("long", 30)} {
		dir := filepath.Join(t.TempDir(), name)
		must(t, os.Mkdir(dir, 0o700))
		s, err := Listen(dir, Options{})
		must(t, err)
		if strings.HasPrefix(s.Socket(), dir) {
			t.Errorf("socket %s", s.Socket())
		}
		must(t, s.Close())
		if _, err := os.Stat(filepath.Dir(s.Socket())); !os.IsNotExist(err) {
			t.Errorf("the directory is left: %v", err)
		}
	}
}

func TestSetupPrefersTheApp(t *testing.T) {
	s := listenHere(t, Options{Allow: []string{"db.example"}})
	bodies := map[string]string{
		"1 master": `{"facts":{"puma.workers":"2","master":"x","and":"much","more":"text, so that length alone does not decide here"}}`,
		"2 web":    `{"facts":{"puma.workers":"0"}}`,
		"3 web":    `{"facts":{"puma.workers":"4","rails.env":"production"},"hosts":[{"purpose":"database","address":"db.example:1"},{"purpose":"database","address":"db.example:1"}],"rows":{"a":5,"b":-1}}`,
	}
	for who, body := range bodies {
		pid, role, _ := strings.Cut(who, " ")
		f := dial(t, s)
		f.say(fmt.Sprintf(`pw1 %s 7 h {"role":"%s"}`, pid, role))
		go func() {
			for f.in.Scan() {
				f.conn.Write(fmt.Appendf(nil, "pw1 %s 7 a {\"seq\":%s,\"body\":%s}\n", pid, strings.Fields(f.in.Text())[1], body))
			}
		}()
	}
	for end := time.Now().Add(5 * time.Second); len(s.Processes()) < 3 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	got, err := s.Setup(within(t, 5*time.Second))
	must(t, err)
	if got.Facts["puma.workers"] != "4" || got.Facts["master"] != "x" || len(got.Rows) != 1 || len(got.Hosts) != 1 || !got.Hosts[0].Allowed || got.Hosts[0].Local {
		t.Errorf("%+v", got)
	}
}

func FuzzTake(f *testing.F) {
	for _, l := range []string{helloLine, textLine, goodLine, outLine, skewedLine, `pw1 42 7 d {"n":4}`, `pw1 42 7 e {"n":1}`, `pw1 42 7 a {"seq":1,"body":{}}`} {
		f.Add([]byte(l))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &Server{conns: map[*conn]bool{}, seen: map[identity]*Process{}, hello: make(chan struct{}), log: newCollector(Options{})}
		c := &conn{fps: map[int]int{}, pending: map[int64]chan reply{}}
		s.take(c, []byte(strings.Replace(textLine, "42 7", "1 0", 1)))
		c.id = identity{}
		s.take(c, []byte(textLine))
		for l := range bytes.Lines(text) {
			s.take(c, l)
		}
		// What was taken can be stored and read again.
		var stored bytes.Buffer
		must(t, request.Write(&stored, s.Log()))
		if _, err := request.Read(&stored); err != nil {
			t.Error(err)
		}
	})
}
