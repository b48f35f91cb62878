package real

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/internal/realtest"
)

// TestRealBenchShop measures three kinds of work of a real app with and without
// its planted fault: the page that has it becomes better by the statements that
// ANSWERS.md names, a form and a job that have not stay the same, and what they
// write is rolled back. Statements decide: a form makes a few objects more for
// one person than for another.
func TestRealBenchShop(t *testing.T) {
	realtest.Rails(t)
	realtest.Puma(t)
	realtest.Sidekiq(t)
	realtest.Postgres(t)
	realtest.Redis(t)
	shop, err := filepath.Abs("../../examples/shop")
	if err != nil {
		t.Fatal(err)
	}
	tmp := shortDir(t)
	if err := os.Chmod(tmp, 0o755); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	s := &site{t: t, app: shop, tmp: tmp, mark: "PITWALL_TEST_MARK=benchmarks of the shop", wait: 5 * time.Minute}
	p := s.bench("benchmarks/routes.yml", "benchmarks/jobs.yml", "--only", "^(orders|signup|ship an order)$", "--against", "SHOP_FIX=n_plus_one",
		"--gate", "statements", "--json", "--store", s.inTMP("store"))
	s.nothingLeft()
	s.expect(p, 0)
	r := p.benchResult(t)
	planted := 0
	for _, a := range answers(t) {
		if a.route == "orders" {
			planted = a.statements
		}
	}
	for name, want := range map[string]struct {
		verdict  stat.Verdict
		old, new float64 // statements
		note     string
	}{
		"orders":        {stat.Better, float64(planted), 2, "answers match"},
		"signup":        {stat.Same, 2, 2, "rolled back"},
		"ship an order": {stat.Same, 2, 2, "rolled back"},
	} {
		b := named(r, name)
		if b == nil || b.Refused != "" || len(b.Changes) != 1 {
			t.Errorf("%s was not measured: %+v", name, b)
			continue
		}
		c := b.Changes[0]
		if c.Verdict != want.verdict || !strings.Contains(strings.Join(b.Notes, "\n"), want.note) {
			t.Errorf("%s: %s (%s), want %s with a note of %q: %q", name, c.Verdict, c.Text, want.verdict, want.note, b.Notes)
		}
		for _, m := range c.Comparisons {
			if m.Metric == string(bench.Statements) && (m.Old.Point != want.old || m.New.Point != want.new) {
				t.Errorf("%s: %v to %v statements, want %v to %v", name, m.Old.Point, m.New.Point, want.old, want.new)
			}
		}
	}
	if b := named(r, "orders"); b != nil && len(b.Changes) == 1 {
		if len(b.Budgets) != 1 || b.Budgets[0].Holds != stat.Same {
			t.Errorf("the budget of orders: %+v", b.Budgets)
		}
		for _, m := range b.Changes[0].Comparisons {
			if m.Metric == string(bench.Objects) && (m.Verdict != stat.Better || m.New.Point > m.Old.Point/2) {
				t.Errorf("objects of orders: %+v", m)
			}
		}
	}
	if t.Failed() {
		t.Logf("it said:\n%s", p.err.String())
	}
}

func named(r *bench.Result, name string) *bench.Benchmark {
	for i, b := range r.Benchmarks {
		if b.Name == name {
			return &r.Benchmarks[i]
		}
	}
	return nil
}
