package judge

import (
	"strings"
	"testing"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/request"
)

// Redmine on SQLite answers 500 now and then, on any route, when another
// process holds the database.
func TestErrorsScatteredOverRoutesAreAFindingOfTheApp(t *testing.T) {
	rows := func(errors ...int64) []*row {
		var out []*row
		for i, n := range errors {
			out = append(out, &row{out: lap.Route{Name: string(rune('a' + i)), Requests: 30, Errors: n, ErrorKinds: map[string]int64{"status": n}}})
		}
		return out
	}
	busy := request.Request{Error: "SQLite3::BusyException"}
	s := &scene{load: map[string][]request.Request{"a": {busy, {}}, "b": {busy}, "c": {{Error: "Other"}}}}
	list := s.scattered(rows(2, 1, 0))
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	f := list[0]
	if f.ID != RouteErrors || f.Subject != "app" || f.Severity != finding.Warning || f.Title != "3 of 90 answers are bad, mostly by their status, on 2 of 3 routes" {
		t.Errorf("%+v", f)
	}
	if len(f.Evidence) != 2 || !strings.HasSuffix(f.Evidence[0].Text, ": a 2, b 1") || f.Evidence[1].Text != "SQLite3::BusyException, 2 times" {
		t.Errorf("%+v", f.Evidence)
	}
	if list := s.scattered(rows(1, 1, 0)); list != nil {
		t.Errorf("two errors: %+v", list)
	}
	own := rows(5, 1, 0)
	own[0].errors = &candidate{} // said already
	if list := s.scattered(own); list != nil {
		t.Errorf("beside a route of its own: %+v", list)
	}
}
