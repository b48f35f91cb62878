package saturation

import (
	"math"
	"testing"

	"pitwall/core/lap"
)

// run makes a step of four one-second blocks and two routes at a rate.
func run(connections int, rate float64) Step {
	s := Step{Connections: connections}
	for b := range int64(4) {
		wobble := []float64{0.99, 1.01, 1.01, 0.99}[b]
		for _, name := range []string{"a", "b"} {
			s.Cells = append(s.Cells, lap.Cell{Start: b * 1e9, Length: 1e9, Route: name, Good: int64(rate * wobble / 2)})
		}
	}
	return s
}

// climb follows the plan against a law until it holds.
func climb(t *testing.T, law func(connections int) float64) (held int, steps []Step) {
	for range 20 {
		p := Next(steps, 1)
		if p.Hold {
			return p.Connections, steps
		}
		steps = append(steps, run(p.Connections, law(p.Connections)))
	}
	t.Fatal("never holds")
	return 0, nil
}

func TestClimb(t *testing.T) {
	cases := map[string]struct {
		law  func(n int) float64
		held int
		most int
	}{
		"six threads":     {func(n int) float64 { return 100 * math.Min(float64(n), 6) }, 8, 16},
		"one worker":      {func(int) float64 { return 50 }, 1, 2},
		"falls beyond 4":  {func(n int) float64 { return 1000 * math.Min(float64(n), 4) / (1 + 0.1*math.Max(0, float64(n)-4)) }, 4, 8},
		"never saturates": {func(n int) float64 { return 100 * float64(n) }, Most, Most},
		"dead":            {func(int) float64 { return 0 }, 1, 1},
	}
	for name, c := range cases {
		held, steps := climb(t, c.law)
		if most := steps[len(steps)-1].Connections; held != c.held || most != c.most {
			t.Errorf("%s: holds %d after trying up to %d, want %d and %d", name, held, most, c.held, c.most)
		}
	}
}

func TestSustained(t *testing.T) {
	e := Sustained(run(4, 2000).Cells, 0.95)
	// Four blocks of 1980 and 2020: mean 2000, standard error 20/sqrt(3),
	// t(0.975, 3) = 3.182.
	want := 3.182 * 20 / math.Sqrt(3)
	if e.Point != 2000 || math.Abs(e.High-2000-want) > 0.1 || math.Abs(2000-e.Low-want) > 0.1 || e.Unit != "1/s" {
		t.Errorf("%+v, want 2000 +- %.1f", e, want)
	}
	if got := Sustained(nil, 0.95); got.Known() {
		t.Errorf("of nothing: %+v", got)
	}
}

// A ramp that begins at the app's threads never ends below them.
func TestRampBeginsWhereItIsTold(t *testing.T) {
	if p := Next(nil, 6); p.Connections != 6 || p.Hold {
		t.Errorf("first step %+v", p)
	}
	if p := Next(nil, 0); p.Connections != 1 {
		t.Errorf("first step of an app with unknown threads %+v", p)
	}
	if p := Next(nil, 10*Most); p.Connections != Most {
		t.Errorf("first step of a huge app %+v", p)
	}
}
