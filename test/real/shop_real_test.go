package real

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pitwall/core/lap"
	"pitwall/core/spec"
	"pitwall/internal/realtest"
)

// TestRealShopAnswers holds ANSWERS.md against what Rails itself logs.
func TestRealShopAnswers(t *testing.T) {
	s := startShop(t, "", "debug")
	rates := int64(2)
	for _, a := range answers(t) {
		t.Run(a.route, func(t *testing.T) {
			v := newVisitor(t, s)
			ask(v, a.route) // the first one warms up
			seen := ask(v, a.route)
			if seen.statements != a.statements { // it warmed up another process than the one that answered now
				seen = ask(v, a.route)
				if a.route == "rates" {
					rates++
				}
			}
			if seen.statements != a.statements {
				t.Errorf("%d statements, ANSWERS.md says %d", seen.statements, a.statements)
			}
			if a.from != "" && 2*seen.lines[a.from] <= a.statements {
				t.Errorf("from %s come %d, ANSWERS.md says most of %d: %v", a.from, seen.lines[a.from], a.statements, seen.lines)
			}
		})
	}
	if plan := explainTrack(t, s); !strings.Contains(plan, "Seq Scan on tracking_events") {
		t.Errorf("no scan of tracking_events:\n%s", plan)
	}
	if calls := int64(s.slowCalls.Load()); calls != rates {
		t.Errorf("%d calls of the slow service by %d requests of rates", calls, rates)
	}
	v := newVisitor(t, s)
	v.login()
	eventually(t, "the shipping of the checkout's orders", func() bool {
		page, _ := v.get("/account")
		return strings.Count(page, "shipped") >= 2
	}, s.log)
}

// TestRealShopFixes turns every fault off, beside a shop that has them all: the
// work changes, the answers do not.
func TestRealShopFixes(t *testing.T) {
	faulty := newVisitor(t, startShop(t, "", "info"))
	s := startShop(t, "n_plus_one,missing_index,allocations,cpu,io", "debug")
	fixed := newVisitor(t, s)
	seen := map[string]record{}
	for route, path := range readPaths {
		fixed.get(path)
		got, work := fixed.get(path)
		seen[route] = work
		if want, _ := faulty.get(path); withoutToken(got) != withoutToken(want) {
			t.Errorf("%s: with the fixes\n%s\nwithout\n%s", path, got, want)
		}
	}
	if n := seen["orders"].statements; n != 2 {
		t.Errorf("orders: %d statements, want 2", n)
	}
	if n := seen["export"].objects; n > 40_000 {
		t.Errorf("export: %d objects, want at most 40000", n)
	}
	if calls := s.slowCalls.Load(); calls != 1 {
		t.Errorf("%d calls of the slow service by 2 requests of rates in one process, want 1", calls)
	}
	if plan := explainTrack(t, s); !strings.Contains(plan, "index_tracking_events_on_tracking") {
		t.Errorf("the index is not used:\n%s", plan)
	}
	checkObjects(t, faulty)
}

// checkObjects holds ANSWERS.md against a shop whose log is as in production:
// the one at debug allocates more than the rest.
func checkObjects(t *testing.T, v *visitor) {
	t.Helper()
	for _, a := range answers(t) {
		ask(v, a.route)
		n := ask(v, a.route).objects
		if n >= 0 && (n < a.objects*2/3 || n > a.objects*3/2) {
			t.Errorf("%s: %d objects, ANSWERS.md says %d", a.route, n, a.objects)
		}
	}
}

// TestRealShopPostgres sees that nothing is left of a database that was
// stopped, and that a server does not outlive a script that was killed.
func TestRealShopPostgres(t *testing.T) {
	s := &shop{run: shortDir(t), log: &output{}}
	env := []string{"PG_BIN=" + realtest.Postgres(t), "SHOP_RUN=" + s.run}
	seed(t, env)
	stopped := s.start(t, env, shopPath(t, "bin/postgres"))
	eventually(t, "the database", s.databaseUp, s.log)
	stopped.Process.Signal(syscall.SIGTERM)
	if err := stopped.Wait(); err != nil {
		t.Errorf("bin/postgres after TERM: %v\n%s", err, s.log)
	}
	if _, err := os.Stat(s.run + "/pg"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}

	killed := s.start(t, env, shopPath(t, "bin/postgres"))
	eventually(t, "the database", s.databaseUp, s.log)
	killed.Process.Kill()
	eventually(t, "the server's end", func() bool { return !s.databaseUp() }, s.log)
}

// TestShopPitwall holds pitwall.yml and ANSWERS.md against each other.
func TestShopPitwall(t *testing.T) {
	app, err := spec.Load(filepath.Join(shopDir, "pitwall.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, a := range answers(t) {
		described = append(described, a.route)
		causes := []lap.CauseKind{lap.NPlusOne, lap.TableScan, lap.Allocates, lap.CPUBound, lap.IOBound, "none"}
		if !slices.Contains(causes, lap.CauseKind(a.cause)) {
			t.Errorf("%s: pitwall knows no cause %q", a.route, a.cause)
		}
	}
	for _, r := range app.Routes {
		if !slices.Contains(described, r.Name) {
			t.Errorf("ANSWERS.md says nothing of the route %s", r.Name)
		}
	}
	if len(described) != len(app.Routes) {
		t.Errorf("ANSWERS.md describes %v, pitwall.yml has %d routes", described, len(app.Routes))
	}
}

var readPaths = map[string]string{
	"home": "/", "story": "/stories/7", "product": "/products/7", "orders": "/orders?page=3", "track": "/track/PW100777",
	"export": "/export.csv?batch=3", "quote": "/quote/5?quantity=2", "rates": "/rates?currency=USD",
}

// ask sends one request of a route, after what has to come before it.
func ask(v *visitor, route string) record {
	v.t.Helper()
	switch route {
	case "login":
		return v.login()
	case "signup":
		email := fmt.Sprintf("v%d@visitor.example", v.requests)
		return v.post("/signup", url.Values{"email": {email}, "name": {"V"}, "password": {"x"}})
	case "checkout":
		v.login()
		return v.post("/checkout", url.Values{"product_id": {"3"}, "quantity": {"2"}})
	case "account":
		v.login()
		_, seen := v.get("/account")
		return seen
	}
	path, known := readPaths[route]
	if !known {
		v.t.Fatalf("this test does not know how to ask for %s", route)
	}
	_, seen := v.get(path)
	return seen
}

func explainTrack(t *testing.T, s *shop) string {
	t.Helper()
	psql := filepath.Join(realtest.Postgres(t), "psql")
	out, err := exec.Command(psql, "-X", "-At", "-h", s.run+"/pg", "-U", "shop", "shop", "-c",
		"EXPLAIN SELECT * FROM tracking_events WHERE tracking = 'PW100777' ORDER BY seen_at").CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(out)
}

func answers(t *testing.T) []answer {
	t.Helper()
	all, err := readAnswers(filepath.Join(shopDir, "ANSWERS.md"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%d answers, %v", len(all), err)
	}
	return all
}

func withoutToken(page string) string {
	var kept []string
	for line := range strings.Lines(page) {
		if !strings.Contains(line, "csrf-token") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
