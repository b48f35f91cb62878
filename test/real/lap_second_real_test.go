package real

import (
	"fmt"
	"testing"
)

// TestRealLapBesideAnother has a second lap refused, waiting, and forced.
func TestRealLapBesideAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t, tinyYML("", "/fast", "/slow"))
	first := s.start("lap", "--time", "20s", "--json")
	s.await(first, "the first lap's answers", func() bool { return first.reached("answers") })

	refused := s.lap()
	s.expect(refused, 3, "another measurement runs on this machine", fmt.Sprintf("pid %d", first.Process.Pid), "--wait", "--force")
	if refused.reached("boot") {
		t.Error("the refused lap booted the app")
	}
	waiting := s.start("lap", "--time", "10s", "--wait", "--json")
	forced := s.lap("--force", "--json")
	s.expect(forced, 0)
	if waiting.reached("boot") && !first.over() {
		t.Error("the waiting lap did not wait")
	}
	s.await(first, "the first lap's end", first.over)
	s.expect(first, 0)
	s.await(waiting, "the waiting lap's end", waiting.over)
	s.expect(waiting, 0)
	s.nothingLeft()
	for name, p := range map[string]*program{"first": first, "forced": forced} {
		if r := p.result(t); found(r, "PW-MACHINE-SHARED", "machine") == nil {
			t.Errorf("the %s lap does not say that it shared the machine: %v", name, subjects(r))
		}
	}
	if r := waiting.result(t); found(r, "PW-MACHINE-SHARED", "machine") != nil {
		t.Error("the lap that waited says that it shared the machine")
	}
}
