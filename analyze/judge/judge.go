// Package judge works a lap's result out of its evidence: the work list, one
// leading cause for each route that has one, findings, capacity and doubts.
// It is pure, so a stored lap can be judged again at any time. What the
// evidence cannot carry stays nil and is said; it invents no cause.
package judge

import (
	"pitwall/core/lap"
)

// level is the confidence of every interval in a result.
const level = 0.95

// Judge judges a lap. It never fails: missing evidence gives missing figures
// and a line in Lost or Doubts. Run, Partial and Comparison are the caller's.
// The evidence is not changed. A nil evidence gives an empty result.
func Judge(ev *lap.Evidence) *lap.Result {
	if ev == nil {
		ev = &lap.Evidence{}
	}
	s := newScene(ev)
	res := &lap.Result{
		Schema: lap.Schema, App: ev.App,
		Sustained: s.sustained(), OfferedPerS: s.offered(),
		Latency: s.latency(""), Queue: s.queueMean(""),
		Overhead: s.overhead(), Memory: s.memory(),
		Series: cleanSeries(ev.Series), Windows: cleanWindows(ev.Windows), Setup: cleanSetup(ev.Setup),
		Boot:   append([]lap.Stage{}, ev.Boot...),
		States: s.states(),
	}
	res.Flame, res.Top = s.flame("")
	rows := s.rows()
	res.Routes = make([]lap.Route, 0, len(rows))
	for _, r := range rows {
		res.Routes = append(res.Routes, r.out)
	}
	res.Capacity = s.capacity()
	res.Findings = s.findings(rows, res)
	res.Lost, res.Doubts = s.lost(), s.doubts(res)
	res.Headline = s.headline(res)
	return res
}
