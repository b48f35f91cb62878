package lap

import (
	"testing"
	"time"

	core "pitwall/core/lap"
)

func TestDivideKeepsTheProportionsAndTheSum(t *testing.T) {
	b := divide(DefaultTime)
	want := budget{warm: 25 * time.Second, closed: 15 * time.Second, solo: 20 * time.Second, open: 80 * time.Second}
	if b != want {
		t.Errorf("divide(150s) = %+v, want %+v", b, want)
	}
	if b := divide(30 * time.Second); b.warm+b.closed+b.solo+b.open > 30*time.Second {
		t.Errorf("divide(30s) = %+v spends more than it has", b)
	}
}

func TestWindowsAreBalancedInPairsAndSeeded(t *testing.T) {
	kinds, length := openWindows(80*time.Second, true, 7)
	if len(kinds) != 16 || length != 5*time.Second {
		t.Fatalf("%d windows of %s", len(kinds), length)
	}
	for i := 0; i < len(kinds); i += 2 {
		if kinds[i] == kinds[i+1] {
			t.Errorf("pair %d is twice %s", i/2, kinds[i])
		}
	}
	again, _ := openWindows(80*time.Second, true, 7)
	differs := false
	for seed := uint64(8); seed < 12; seed++ {
		other, _ := openWindows(80*time.Second, true, seed)
		for i := range kinds {
			differs = differs || other[i] != kinds[i]
		}
	}
	for i := range kinds {
		if kinds[i] != again[i] {
			t.Fatal("the same seed gives another order")
		}
	}
	if !differs {
		t.Error("every seed gives the same order")
	}
	unwatched, _ := openWindows(80*time.Second, false, 7)
	for _, k := range unwatched {
		if k != core.Bare {
			t.Errorf("without a sampler or an agent a window is %s", k)
		}
	}
}
