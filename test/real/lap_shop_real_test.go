package real

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/internal/realtest"
)

// TestRealLapShop is the main job on the real app: a lap must name the planted
// fault of each route as its leading cause, and invent none where there is
// none. ANSWERS.md is the oracle; Rails' own log vouches for it
// (TestRealShopAnswers).
func TestRealLapShop(t *testing.T) {
	realtest.Rails(t)
	realtest.Postgres(t)
	realtest.Redis(t)
	path, err := pitwall()
	if err != nil {
		t.Fatal(err)
	}
	shop, err := filepath.Abs("../../examples/shop")
	if err != nil {
		t.Fatal(err)
	}
	tmp := shortDir(t)
	if err := os.Chmod(tmp, 0o755); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	s := &site{t: t, app: shop, tmp: tmp, mark: "PITWALL_TEST_MARK=shop", wait: 5 * time.Minute}
	report := filepath.Join(tmp, "lap.html")
	p := s.run(path, "lap", "--time", "60s", "--json", "--store", filepath.Join(tmp, "store"), "-o", report)
	s.await(p, "the shop's lap", p.over)
	s.expect(p, 0)
	s.nothingLeft()
	var result lap.Result
	if err := json.Unmarshal([]byte(p.out.String()), &result); err != nil {
		t.Fatal(err)
	}
	rows := map[string]lap.Route{}
	for _, r := range result.Routes {
		rows[r.Name] = r
	}
	for _, a := range answers(t) {
		t.Run(a.route, func(t *testing.T) { checkRoute(t, a, rows[a.route]) })
	}
	if html, err := os.ReadFile(report); err != nil || !strings.Contains(string(html), "id=\"lap\"") {
		t.Errorf("report: %v", err)
	}
	if t.Failed() {
		t.Logf("it said:\n%s", p.err.String())
	}
}

func checkRoute(t *testing.T, a answer, r lap.Route) {
	if r.Name == "" || r.Requests == 0 || r.Own == nil {
		t.Fatalf("not measured: %+v", r)
	}
	if r.Errors > 0 {
		t.Errorf("%d errors: %v", r.Errors, r.ErrorKinds)
	}
	cause := "none"
	if r.Cause != nil && r.Cause.Kind != lap.GVLWait && r.Cause.Kind != lap.Queueing {
		cause = string(r.Cause.Kind)
	}
	if cause != a.cause {
		t.Errorf("leading cause %s, planted %s: %+v", cause, a.cause, r.Cause)
	}
	if own := r.Own.Statements; own == nil || int(own.Point+.5) != a.statements {
		t.Errorf("statements %+v, ANSWERS.md says %d", own, a.statements)
	}
	if own := r.Own.Objects; own == nil || own.Point < float64(a.objects)/2 {
		t.Errorf("objects %+v, ANSWERS.md says %d in the action alone", own, a.objects)
	}
	if a.cause == string(lap.NPlusOne) && !strings.Contains(r.Cause.Title, a.from) {
		t.Errorf("%q does not name the line %s", r.Cause.Title, a.from)
	}
	if a.cause == string(lap.TableScan) && !strings.Contains(r.Cause.Title, a.table) {
		t.Errorf("%q does not name the table %s", r.Cause.Title, a.table)
	}
}
