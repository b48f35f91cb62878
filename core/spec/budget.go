package spec

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pitwall/core/bench"
)

// Budget is an assertion of a benchmark file: what a metric may at most be.
type Budget struct {
	Metric   bench.Metric // bench.Time when Quantile is set
	Quantile float64      // of the times of single calls: 0.95 of "p95"; 0 for the metric's own value
	Op       string       // "<", "<=", "=="
	Limit    float64      // in the metric's unit: seconds, bytes, or a count
	Text     string       // as it is shown: standard name, scaled limit
}

// Holds says whether a value keeps the budget; an unknown one (NaN) does not.
func (b Budget) Holds(v float64) bool {
	switch b.Op {
	case "<":
		return v < b.Limit
	case "<=":
		return v <= b.Limit
	}
	return v == b.Limit
}

var budgetForm = regexp.MustCompile(`^\s*([A-Za-z0-9_]+)\s*(<=|==|>=|!=|=<|<|>|=|≤)\s*([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([A-Za-zµμ%]*)\s*$`)

// mostBudget bounds the text of a budget.
const mostBudget = 200

// ParseBudget reads "objects <= 120", "statements == 3", "p95 < 80ms",
// "memory < 200MB". Metrics are those of core/bench, with allocations for
// objects and sql for statements, and p50, p95 and p99 of the time of single
// calls. Times want a unit, sizes may have one (KB is 1000 bytes, KiB 1024),
// counts have none.
func ParseBudget(text string) (Budget, error) {
	m := budgetForm.FindStringSubmatch(text[:min(len(text), mostBudget+1)])
	if m == nil || len(text) > mostBudget {
		return Budget{}, fmt.Errorf(`wants a budget such as "objects <= 120" or "p95 < 80ms", not %s`, strconv.Quote(text[:min(len(text), 60)]))
	}
	b, trait, err := budgetMetric(m[1])
	if err != nil {
		return Budget{}, err
	}
	b.Op = strings.ReplaceAll(m[2], "≤", "<=")
	switch {
	case b.Op == "=":
		return Budget{}, fmt.Errorf(`%q: write "=="`, text)
	case b.Op != "<" && b.Op != "<=" && b.Op != "==":
		return Budget{}, fmt.Errorf("a budget is what a metric may at most be: <, <= or ==, not %s", b.Op)
	case b.Op == "==" && !trait.Counter:
		return Budget{}, fmt.Errorf("%s is measured and never equal to anything: write <=", m[1])
	}
	if b.Limit, err = budgetLimit(m[3], m[4], trait.Unit); err != nil {
		return Budget{}, err
	}
	b.Text = strings.TrimSpace(budgetName(b) + " " + b.Op + " " + m[3] + " " + m[4])
	return b, nil
}

// budgetMetric finds a metric by its name or alias.
func budgetMetric(name string) (Budget, bench.Trait, error) {
	b := Budget{Metric: bench.Metric(strings.ToLower(name))}
	switch b.Metric {
	case "allocations":
		b.Metric = bench.Objects
	case "sql":
		b.Metric = bench.Statements
	case "p50", "p95", "p99":
		b.Quantile, _ = strconv.ParseFloat("0."+string(b.Metric)[1:], 64)
		b.Metric = bench.Time
	}
	names := []string{}
	for _, t := range bench.Traits() {
		if t.Metric == b.Metric {
			return b, t, nil
		}
		names = append(names, string(t.Metric))
	}
	names = append(names, "p50", "p95", "p99")
	if near := nearest(name, append(slices.Clone(names), "allocations", "sql")); near != "" {
		return b, bench.Trait{}, fmt.Errorf("%q is no metric; did you mean %s?", name, near)
	}
	return b, bench.Trait{}, fmt.Errorf("%q is no metric; there are %s", name, strings.Join(names, ", "))
}

func budgetName(b Budget) string {
	if b.Quantile > 0 {
		return fmt.Sprintf("p%.0f", 100*b.Quantile)
	}
	return string(b.Metric)
}

// budgetLimit is a number with its unit, in the metric's own.
func budgetLimit(number, name, of string) (float64, error) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(number, "_", ""), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s is no number", number)
	}
	scales := map[string]map[string]float64{
		"1": {"": 1},
		"s": {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600},
		"bytes": {"": 1, "B": 1, "bytes": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
			"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40},
	}[of]
	scale, ok := scales[name]
	switch {
	case ok && !math.IsInf(v*scale, 0):
		if scale < 1 {
			return v / math.Round(1/scale), nil // 80ms is 80/1000, the nearest to 0.08
		}
		return v * scale, nil
	case of == "1":
		return 0, fmt.Errorf("a count has no unit, unlike %s%s", number, name)
	case of == "s" && name == "":
		return 0, fmt.Errorf("a time wants a unit: %ss, %sms", number, number)
	case of == "s":
		return 0, fmt.Errorf("%q is no unit of time: ns, us, ms, s, min, h", name)
	}
	return 0, fmt.Errorf("%q is no unit of size: KB, MB, GB (of 1000), KiB, MiB, GiB (of 1024)", name)
}
