package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"pitwall/core/finding"
	core "pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/run"
	"pitwall/core/stat"
	"pitwall/drive/boot"
	"pitwall/drive/lap"
	"pitwall/internal/golden"
)

func known(point float64) *stat.Estimate {
	return &stat.Estimate{Point: point, Low: point / 2, High: point * 2, Asked: .95, Reached: .95, N: 20}
}

// madeUp is a result with something hostile in every text that an app chooses.
func madeUp() *core.Result {
	return &core.Result{
		Run: run.Run{ID: "01a20a24-e68f-7000-8000-000000000000"}, App: "shop",
		Headline: []string{"Shop answered 98.7/s at most on this machine.", "Mend orders first."},
		Routes: []core.Route{
			{Name: "orders", RatePerS: 12.5, Mean: known(.0601), Share: known(.62), Latency: core.Latency{P95: known(.124)}, Errors: 7,
				Cause: &core.Cause{Kind: core.NPlusOne, Title: "51 statements from app/models/order.rb:12\x1b[31m"}},
			{Name: "quote", RatePerS: 1.25, Share: known(.004)},
		},
		Findings: []finding.Finding{
			{ID: "PW-A", Severity: finding.Note, Subject: "app", Title: "only a note", Evidence: []finding.Evidence{{Text: "not shown"}}, Next: []string{"not shown"}},
			{ID: "PW-B", Severity: finding.Critical, Subject: "orders\n", Title: "called 192.0.2.1: stub it",
				Evidence: []finding.Evidence{{Text: "192.0.2.1:80", Line: "app/a.rb:1"}, {Text: "second"}, {Text: "third, not shown"}},
				Next:     []string{"add to pitwall.yml:\nallow:\n  - 192.0.2.1", "not shown"}},
		},
		Overhead: []core.Overhead{{Text: "the sampler used 4 % of one core while watching"}},
		Capacity: &core.Capacity{Text: []string{"your 3 threads are right"}},
		Lost:     []string{"12 samples lost: late"},
		Doubts:   []string{"latency was not steady when measuring began"},
	}
}

func shown(t *testing.T, r *core.Result) string {
	t.Helper()
	var out bytes.Buffer
	app := &App{Stdout: &out, Stderr: &out}
	if err := app.showLap(&lapFlags{}, r, "/reports/lap.html", " --store s", true); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLapInText(t *testing.T) {
	golden.Check(t, "lap.txt", shown(t, madeUp()))

	partial := madeUp()
	partial.Partial, partial.Routes, partial.Findings = "interrupted", nil, nil
	partial.States = []core.Slice{{Name: "waiting for GVL", Share: known(.31)}, {Name: "running"}}
	partial.Top = []core.TopFrame{{Frame: profile.Frame{Name: "Order#total", File: "app/models/order.rb", Line: 12}, Self: known(.2), Total: known(.5)}}
	golden.Check(t, "lap-attach-partial.txt", shown(t, partial))

	against := madeUp()
	against.Comparison = comparison(stat.Worse)
	golden.Check(t, "lap-against.txt", shown(t, against))
}

func comparison(verdicts ...stat.Verdict) *core.Comparison {
	c := &core.Comparison{Against: "main", Paired: true, Boots: 4, Seed: 7}
	for _, v := range verdicts {
		c.Routes = append(c.Routes, core.RouteComparison{Route: "orders", Verdict: v, Text: string(v) + ": 2 statements to 51"})
	}
	return c
}

// The order of design.md: 5, 2, 3, 1, 4, 0.
func TestExitCodesOfLaps(t *testing.T) {
	refused, interrupted := &lap.RefusedError{Reason: "no"}, context.Canceled
	died := &boot.Error{Unit: "web", Err: errors.New("exited with code 1")}
	full := errors.New("no space left")
	refusal := comparison()
	refusal.Refused = []string{"another machine"}
	for _, c := range []struct {
		name string
		c    *core.Comparison // nil: nothing is compared
		err  error
		fail error
		want Code
	}{
		{"whole", nil, nil, nil, Fine},
		{"interrupted", nil, interrupted, nil, NotDecided},
		{"refused", nil, refused, nil, Unmeasured},
		{"died", nil, died, nil, Unmeasured},
		{"report lost", nil, nil, full, Unmeasured},
		{"report lost, interrupted", nil, interrupted, full, Unmeasured},
		{"better", comparison(stat.Better, stat.Undecided), nil, nil, Fine},
		{"worse", comparison(stat.Better, stat.Worse), nil, nil, Regression},
		{"worse, interrupted", comparison(stat.Worse), interrupted, nil, Regression},
		{"worse, died", comparison(stat.Worse), died, nil, Unmeasured},
		{"worse, report lost", comparison(stat.Worse), nil, full, Unmeasured},
		{"undecided", comparison(stat.Undecided), nil, nil, NotDecided},
		{"undecided, interrupted", comparison(stat.Undecided), interrupted, nil, NotDecided},
		{"same", comparison(stat.Same), nil, nil, Fine},
		{"does not compare", refusal, nil, nil, Unmeasured},
	} {
		exit := lapExit
		if c.c != nil {
			exit = compareExit
		}
		err := ending(exit(&core.Result{Comparison: c.c}, c.err), c.fail)
		got := Fine
		var ended *ExitError
		if errors.As(err, &ended) {
			got = ended.Code
		}
		if got != c.want || (c.fail != nil && !strings.Contains(err.Error(), c.fail.Error())) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}
