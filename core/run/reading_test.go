package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUntil(t *testing.T) {
	a := Reading{Time: 0, Busy: 100, Steal: 1, Throttled: 0, SwapIns: 5}
	b := Reading{Time: 10e9, Busy: 110, Steal: 3, Throttled: 0.5, SwapIns: 7}
	if diff := cmp.Diff(Drift{Seconds: 10, Busy: 0.5, Steal: 0.1, Throttled: 0.5, SwapIns: 2}, a.Until(b, 2)); diff != "" {
		t.Error(diff)
	}
	unread := Drift{Seconds: 10, Busy: -1, Steal: -1, Throttled: -1, SwapIns: -1}
	if diff := cmp.Diff(unread, Reading{Busy: -1, Steal: -1, Throttled: -1, SwapIns: -1}.Until(b, 2)); diff != "" {
		t.Errorf("unread before: %s", diff)
	}
	if diff := cmp.Diff(unread, a.Until(Reading{Time: 10e9, Busy: -1, Steal: -1, Throttled: -1, SwapIns: -1}, 2)); diff != "" {
		t.Errorf("unread after: %s", diff)
	}
}
