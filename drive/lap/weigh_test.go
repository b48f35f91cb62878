package lap

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	core "pitwall/core/lap"
	"pitwall/core/route"
	"pitwall/core/spec"
)

func weighed(t *testing.T, log string) (*turn, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "production.log"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &spec.Spec{Dir: dir, RoutesFrom: "production.log"}
	u := &turn{o: Options{Spec: s, Sink: func(Event) {}}, ev: &core.Evidence{Routes: []route.Route{
		{Name: "orders", Path: "/orders"}, {Name: "order", Path: "/orders/{id}"}, {Name: "never", Path: "/never"},
	}}}
	return u, u.weigh()
}

func TestWeightsComeFromTheLog(t *testing.T) {
	u, err := weighed(t, `Started GET "/orders" for 127.0.0.1 at 2026-11-23 10:00:00 +0000
Started GET "/orders/17" for 127.0.0.1 at 2026-11-23 10:00:00 +0000
Started GET "/orders/18" for 127.0.0.1 at 2026-11-23 10:00:01 +0000
Started GET "/elsewhere" for 127.0.0.1 at 2026-11-23 10:00:01 +0000
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(u.ev.Routes) != 2 || u.ev.Routes[0].Weight != 1 || u.ev.Routes[1].Weight != 2 {
		t.Errorf("routes %+v", u.ev.Routes)
	}
	if len(u.ev.Notes) != 1 {
		t.Errorf("notes %q: the route that the log never saw is not named", u.ev.Notes)
	}
}

func TestLogOfSomethingElseIsRefused(t *testing.T) {
	var refused *RefusedError
	if _, err := weighed(t, "nothing of a request\n"); !errors.As(err, &refused) {
		t.Errorf("%v, want a refusal", err)
	}
}
