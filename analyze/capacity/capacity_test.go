package capacity

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pitwall/core/stat"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g ± %g", what, got, want, tolerance)
	}
}

// Values of octave-queueing and of Erlang tables; M/M/4 and Gross-Harris from
// the books' worked examples.
func TestErlangTables(t *testing.T) {
	for _, c := range []struct {
		load    float64
		servers int
		want    float64
	}{
		{2, 3, .4444444444}, {4, 5, .554112554}, {6, 10, .101299243}, {8, 10, .409180151},
		{18, 20, .550769005}, {90, 100, .216940481}, {990, 1000, .659080422},
	} {
		near(t, "ErlangC", ErlangC(c.servers, c.load), c.want, 1e-9)
	}
	near(t, "M/M/4 wait", MeanWait(4, 10.0/3, 1.0/3), .328860825, 2e-9)
	near(t, "Gross-Harris wait", MeanWait(3, 2, 1.0/3)+1.0/3, .4814815, 1e-7)
	near(t, "Erlang B, one server", ErlangB(1, 1), .5, 0)
	if !math.IsInf(MeanWait(2, 2, 1), 1) || ErlangC(2, 3) != 1 || ErlangB(0, 1) != 1 || ErlangB(3, 0) != 0 || ErlangC(3, math.NaN()) != 0 {
		t.Error("the edges of Erlang's formulas are wrong")
	}
}

func TestStaffing(t *testing.T) {
	for _, c := range []struct {
		load  float64
		wants [3]int
	}{{16.9, [3]int{22, 25, 28}}, {59.98, [3]int{69, 75, 80}}, {180, [3]int{195, 205, 214}}} {
		for i, chance := range []float64{.20, .05, .01} {
			if got := Staff(c.load, chance); got != c.wants[i] {
				t.Errorf("Staff(%g, %g) = %d, want %d", c.load, chance, got, c.wants[i])
			}
		}
	}
	if Staff(math.Inf(1), .1) != 0 || Staff(5, 0) != 0 || Staff(math.NaN(), .1) != 0 {
		t.Error("a load without an answer has one")
	}
}

// Twitter 2007, Shopify 2013, Envato 2013 as told by Speedshop, 2015-07-29.
func TestLittleExamples(t *testing.T) {
	near(t, "Twitter", Little(600, .300), 180, 1e-9)
	near(t, "Shopify", Little(833, .072), 59.98, .005)
	near(t, "Envato", Little(115, .147), 16.9, .01)
	near(t, "Twitter waits with 200", ErlangC(200, 180), .0945, 5e-5)
	near(t, "Shopify waits with 65", ErlangC(65, 59.976), .418, 5e-4)
	near(t, "Envato waits with 20", ErlangC(20, 16.905), .371, 1e-3)
}

// Saturated requests a second of one Puma process measured on Ruby 3.1 at
// 25, 50 and 75 % IO. c and z follow from one thread and from the ceiling.
func TestGVLLawAgainstMeasuredPuma(t *testing.T) {
	for _, c := range []struct {
		name         string
		one, ceiling float64
		threads      []int
		formula      []float64
		measured     []float64
	}{
		{"25 % IO", 60.2, 79.1, []int{1, 2, 3, 5, 8}, []float64{60.2, 76.2, 78.8, 79.0, 79.1}, []float64{59.9, 75.7, 78.0, 78.5, 78.9}},
		{"50 % IO", 59.4, 112.0, []int{1, 2, 3, 5, 8}, []float64{59.4, 92.8, 106.6, 111.8, 112.0}, []float64{59.6, 92.5, 106.8, 111.2, 112.1}},
		{"75 % IO", 49.2, 175.8, []int{1, 2, 3, 5, 8, 16}, []float64{49.2, 91.3, 124.5, 162.6, 175.2, 175.8}, []float64{49.2, 91.0, 123.5, 160.9, 174.1, 175.1}},
	} {
		law := Law{GVL: 1 / c.ceiling, Released: 1/c.one - 1/c.ceiling}
		for i, n := range c.threads {
			near(t, c.name+" formula", law.PerSecond(n), c.formula[i], .25)
			near(t, c.name+" measured", law.PerSecond(n)/c.measured[i], 1, .0115)
		}
	}
}

func TestThreadsThatHelp(t *testing.T) {
	for _, c := range []struct {
		io         float64
		most, full int
	}{{.25, 2, 3}, {1. / 3, 3, 4}, {.5, 4, 5}, {.6, 4, 6}, {.75, 7, 8}, {.9, 14, 17}} {
		law := Law{GVL: 1 - c.io, Released: c.io}
		if a, b := law.Threads(.95), law.Threads(.99); a != c.most || b != c.full {
			t.Errorf("IO %.2f: %d and %d threads, want %d and %d", c.io, a, b, c.most, c.full)
		}
	}
}

// The law is exact mean value analysis of a queueing station and a delay
// (Reiser and Lavenberg 1980), which is written out here.
func TestGVLLawIsMVA(t *testing.T) {
	for _, law := range []Law{{.010, .003}, {.008, .008}, {.005, .030}, {.001, .1}, {.02, 0}} {
		var queue float64
		for n := 1; n <= 40; n++ {
			response := law.GVL * (1 + queue)
			x := float64(n) / (response + law.Released)
			queue = x * response
			near(t, "MVA", law.PerSecond(n), x, 1e-9*x)
		}
	}
	if (Law{}).PerSecond(3) != 0 || (Law{GVL: -1}).Threads(.95) != 0 || (Law{GVL: math.NaN()}).Utilisation(2) != 0 {
		t.Error("a law without figures has an answer")
	}
}

func estimate(v float64) *stat.Estimate {
	e := stat.Mean([]float64{v * .95, v * 1.05, v}, "s", .95)
	return &e
}

func TestDescribe(t *testing.T) {
	c := Describe(App{Workers: 2, Threads: 5, Cores: 2, GVL: estimate(.030), Released: estimate(.010), Rate: 40})
	if c.Enough != 2 || len(c.Curve) < 8 || c.Needed == nil {
		t.Fatalf("%+v", c)
	}
	text := strings.Join(c.Text, "\n")
	for _, want := range []string{"2 of your 5 threads help", "33.3 requests a second"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	near(t, "processes needed", c.Needed.Point, 40*.030/(Law{.030, .010}).Utilisation(5), 1e-9)
	single := Describe(App{Threads: 1, GVL: estimate(.050), Released: estimate(.022), Rate: 833})
	near(t, "Shopify", single.Needed.Point, 59.98, .01)
	few := Describe(App{Threads: 2, GVL: estimate(.005), Released: estimate(.015)})
	if !strings.HasPrefix(few.Text[0], "your 2 threads reach") || few.Needed != nil {
		t.Errorf("%q", few.Text)
	}
	if Describe(App{}) != nil || Describe(App{GVL: estimate(0), Released: estimate(1)}) != nil {
		t.Error("an app without figures is described")
	}
	plain := Describe(App{Rate: 10, Service: estimate(.3)})
	near(t, "Little alone", plain.Needed.Point, 3, 1e-9)
	for _, v := range []any{c, single, few, plain} {
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
	}
}
