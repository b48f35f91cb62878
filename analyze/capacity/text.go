package capacity

import (
	"fmt"
	"math"
	"strconv"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

// curve is the law from one thread to past what helps and what is set.
func curve(l Law, set int) []lap.ThreadPoint {
	last := min(max(8, set+2, l.Threads(0.99)+1), 64)
	out := make([]lap.ThreadPoint, 0, last)
	for t := 1; t <= last; t++ {
		out = append(out, lap.ThreadPoint{Threads: t, PerS: l.PerSecond(t), Utilisation: l.Utilisation(t)})
	}
	return out
}

// manyMore is how many times the threads set the law may ask for before it is
// the law that is doubted: it knows the GVL, not what requests wait for.
const manyMore = 4

// threadText says how many of a process's threads help.
func threadText(l Law, set int) []string {
	enough, most := l.Threads(0.95), l.Threads(0.99)
	ceiling := figure(1 / l.GVL)
	if enough == 0 || most == 0 {
		return []string{fmt.Sprintf("a process could answer at most %s requests a second, but would need more than %d threads for it", ceiling, mostThreads)}
	}
	reach := fmt.Sprintf("%s %s 95 %% of what a process can do (%s requests a second), %d %s 99 %%", plural(enough, "thread"), reaches(enough), ceiling, most, reaches(most))
	switch {
	case set <= 0:
		return []string{reach}
	case enough < set:
		return []string{
			fmt.Sprintf("%d of your %s help: %s", enough, plural(set, "thread"), reach),
			fmt.Sprintf("the other %d mostly wait for the GVL: they add %s of throughput, and make every request wait longer under load", set-enough, percent(1-l.PerSecond(enough)/l.PerSecond(set))),
		}
	case enough > manyMore*set:
		return []string{fmt.Sprintf("your %s are few: requests mostly wait without the GVL, so more threads would answer more, as long as what they wait for keeps up; try %d", plural(set, "thread"), 2*set)}
	case enough > set:
		gain := l.PerSecond(enough)/l.PerSecond(set) - 1
		return []string{fmt.Sprintf("your %s reach %s of what a process can do; %s would answer %s more", plural(set, "thread"), percent(l.Utilisation(set)), plural(enough, "thread"), percent(gain))}
	}
	return []string{fmt.Sprintf("your %s are right: %s", plural(set, "thread"), reach)}
}

// coreText says how many processes fill the machine's cores: one process uses
// at most U of a core.
func coreText(l Law, a App) []string {
	if a.Cores <= 0 || a.Threads <= 0 {
		return nil
	}
	u := l.Utilisation(a.Threads)
	fill := int(math.Ceil(float64(a.Cores)/u - 0.05))
	text := fmt.Sprintf("with %s a process uses at most %s of a core, so about %s fill %s", plural(a.Threads, "thread"), percent(u), plural(fill, "process"), plural(a.Cores, "core"))
	if a.Workers > 0 {
		text += fmt.Sprintf("; you run %d", a.Workers)
	}
	return []string{text}
}

// needed is how many processes an arrival rate keeps busy: rate x mean service
// time by Little's law, and where the threads of a process share a lock,
// rate / X(T), which is the same with one thread. nil when the rate or the
// service time is unknown.
func needed(a App) *stat.Estimate {
	if !(a.Rate > 0) || math.IsInf(a.Rate, 0) {
		return nil
	}
	if l, ok := a.law(); ok && a.Threads > 0 {
		e := a.GVL.Scaled(a.Rate/l.Utilisation(a.Threads), "processes")
		e.Method = "Little's law over the GVL law: arrivals / throughput of a process"
		return known(e)
	}
	if a.Service == nil || !(a.Service.Point > 0) {
		return nil
	}
	e := a.Service.Scaled(a.Rate, "processes")
	e.Method = "Little's law: arrivals x service time"
	return known(e)
}

// known drops an estimate that rests on nothing.
func known(e stat.Estimate) *stat.Estimate {
	if !e.Known() {
		return nil
	}
	return &e
}

// neededText says what Little's law asks for, and what keeps waiting rare.
func neededText(need stat.Estimate, a App) string {
	text := fmt.Sprintf("%s arrivals a second keep %s processes fully busy", figure(a.Rate), figure(need.Point))
	if n := Staff(need.Point, rarely); n > 0 {
		text += fmt.Sprintf("; about %d keep the chance of waiting for one under %s", n, percent(rarely))
	}
	return text
}

// rarely is the chance of waiting that neededText staffs for.
const rarely = 0.05

// figure prints a number with three digits.
func figure(v float64) string {
	if math.Abs(v) >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func percent(share float64) string { return figure(100*share) + " %" }

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun[len(noun)-1] == 's':
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func reaches(n int) string {
	if n == 1 {
		return "reaches"
	}
	return "reach"
}
