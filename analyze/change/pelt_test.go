package change

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// series reads a file of values, one a line.
func series(t *testing.T, name string) []float64 {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, field := range strings.Fields(string(text)) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// The cuts of R 4.2.2 with changepoint 2.3 (Killick and Eckley 2014, J. Stat.
// Softw. 58, 3), of the series of its paper's section 4, set.seed(10), in
// levels.txt,
//
//	cpts(cpt.mean(x, method="PELT", penalty="Manual", pen.value=P))
//
// and of a series with changing spread, set.seed(250), in spreads.txt, by
// cpt.meanvar with minseglen.
func TestPELTAgainstChangepoint(t *testing.T) {
	for _, c := range []struct {
		file string
		s    Segments
		want []int
	}{
		{"levels.txt", Segments{Cost: MeanOnly, Penalty: 20}, []int{97, 192}},
		{"levels.txt", Segments{Cost: MeanOnly, Penalty: 1.5 * math.Log(400)}, []int{97, 192, 273}},
		{"levels.txt", Segments{Cost: MeanOnly, Penalty: 4}, []int{52, 56, 79, 95, 97, 140, 143, 153, 172, 192, 236, 240, 252, 274, 276, 310, 323, 353, 362, 366}},
		{"levels.txt", Segments{Cost: MeanSpread, Penalty: 3 * math.Log(400)}, []int{97, 198, 200}},
		{"levels.txt", Segments{Cost: MeanSpread, Penalty: 8}, []int{34, 36, 82, 84, 95, 97, 116, 120, 136, 140, 143, 153, 155, 172, 192, 198, 200, 204, 241, 243, 245, 247, 249, 252, 257, 260, 262, 269, 273, 293, 295, 297, 308, 310, 319, 323, 328, 330, 332, 353, 362, 366, 394, 396}},
		{"spreads.txt", Segments{Cost: MeanSpread}, []int{103, 200}}, // 15 ln n
		{"spreads.txt", Segments{Cost: MeanSpread, Penalty: 4, Least: 10}, []int{23, 103, 122, 135, 148, 166, 179, 200, 210, 258, 272, 289}},
		{"spreads.txt", Segments{Cost: MeanSpread, Penalty: 8, Least: 10}, []int{23, 103, 200}},
	} {
		if got := c.s.PELT(series(t, c.file)); !slices.Equal(got, c.want) {
			t.Errorf("%s, %+v: %v, want %v", c.file, c.s, got, c.want)
		}
	}
}

// With penalty 8 and segments of 2, changepoint 2.3 prunes a start at once that
// could be needed within the least length, and misses the optimum.
func TestPELTBeyondChangepoint(t *testing.T) {
	x, s := series(t, "spreads.txt"), Segments{Cost: MeanSpread, Penalty: 8, Least: 2, Floor: 1e-6}
	theirs := []int{2, 4, 10, 12, 14, 41, 44, 59, 61, 86, 88, 103, 115, 117, 139, 141, 148, 152, 156, 158, 160, 200, 235, 237, 241, 261, 263, 268}
	if ours := total(s, x, s.PELT(x)); ours >= total(s, x, theirs) || math.Abs(ours-optimal(s, x)) > 1e-6 {
		t.Errorf("ours cost %v, theirs %v, the least is %v", ours, total(s, x, theirs), optimal(s, x))
	}
}

// total is the cost of a series cut at points, penalties included, worked out
// from the definition.
func total(s Segments, x []float64, points []int) float64 {
	sum, from := 0.0, 0
	for _, to := range append(slices.Clone(points), len(x)) {
		n, m, squares := float64(to-from), mean(x[from:to]), 0.0
		for _, v := range x[from:to] {
			squares += (v - m) * (v - m)
		}
		if s.Cost == MeanSpread {
			variance := max(squares/n, s.Floor*s.Floor)
			squares = n*math.Log(2*math.Pi*variance) + squares/variance
		}
		sum += squares
		from = to
	}
	return sum + s.Penalty*float64(len(points))
}

// optimal tries every way to cut a series (Jackson et al. 2005, optimal
// partitioning, without pruning): O(n²) steps.
func optimal(s Segments, x []float64) float64 {
	best := []float64{-s.Penalty}
	one := s
	one.Penalty = 0
	for t := 1; t <= len(x); t++ {
		best = append(best, math.Inf(1))
		for from := 0; from <= t-s.Least; from++ {
			best[t] = min(best[t], best[from]+total(one, x[from:t], nil)+s.Penalty)
		}
	}
	return best[len(x)]
}

func TestPELTIsOptimal(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		x := make([]float64, 1+random.IntN(60))
		level, spread := 0.0, 1.0
		for i := range x {
			if random.IntN(8) == 0 {
				level, spread = 4*random.NormFloat64(), math.Exp(random.NormFloat64())
			}
			x[i] = level + spread*random.NormFloat64()
			if random.IntN(3) == 0 {
				x[i] = math.Round(x[i]) // ties, and stretches without any spread
			}
		}
		for _, s := range []Segments{
			{Cost: MeanOnly, Penalty: 3, Least: 1},
			{Cost: MeanOnly, Penalty: 8, Least: 4},
			{Cost: MeanSpread, Penalty: 3, Least: 2, Floor: 0.05},
			{Cost: MeanSpread, Penalty: 9, Least: 5, Floor: 0.3},
		} {
			if len(x) < s.Least {
				continue
			}
			points := s.PELT(x)
			if got, want := total(s, x, points), optimal(s, x); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Fatalf("%+v: %v of %v cost %v, the least is %v", s, points, x, got, want)
			}
			from := 0
			for _, to := range append(slices.Clone(points), len(x)) {
				if to-from < s.Least {
					t.Fatalf("%+v: %v of %d values", s, points, len(x))
				}
				from = to
			}
		}
	}
}

func TestPELTOfLittle(t *testing.T) {
	nan := math.NaN()
	for _, x := range [][]float64{nil, {1}, {1, 2}, {1, 2, 3}, {5, 5, 5, 5, 5, 5}, {nan, nan, 1, 2, 3, 4}, {math.Inf(1), 1, 2, 3}} {
		for _, cost := range []Cost{MeanSpread, MeanOnly} {
			if got := (Segments{Cost: cost}).PELT(x); got == nil || len(got) != 0 {
				t.Errorf("%v: %v", x, got)
			}
		}
	}
}

// The least spread is the caller's: nanoseconds are cut as minutes are.
func TestPELTOfAnyScale(t *testing.T) {
	x := series(t, "spreads.txt")
	for _, scale := range []float64{1e-12, 1e9} {
		scaled := make([]float64, len(x))
		for i, v := range x {
			scaled[i] = scale * (v + 1000)
		}
		if got := (Segments{}).PELT(scaled); !slices.Equal(got, []int{103, 200}) {
			t.Errorf("times %g: %v", scale, got)
		}
	}
}

func BenchmarkPELT(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 1000)
	for i := range x {
		x[i] = random.NormFloat64()
	}
	for b.Loop() {
		Segments{}.PELT(x)
	}
}
