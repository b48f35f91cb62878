package judge

import (
	"fmt"
	"math"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/profile"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

const (
	manyObjects = 100_000 // a request
	// dense is how many objects a second of CPU makes where making them is the
	// work; a computation that takes as long makes a tenth of them. It is a
	// rate, so that a slow machine changes it less than any time.
	dense = 300_000
	// objectCost is the CPU of making and filling one object, its collection
	// aside: 500 strings took 141 to 179 µs on Ruby 3.1, a quarter of it GC
	// (docs/methods/allocations.md).
	objectCost = 0.2e-6
)

// allocates says that objects and their collection take a route's CPU.
func (s *scene) allocates(r *row, w work) []candidate {
	if w.objects < manyObjects {
		return nil
	}
	var values []float64
	for _, q := range r.requests {
		if q.Objects < 0 || !q.Alone() {
			continue
		}
		f := figures(q)
		values = append(values, math.Min(f.cpu, f.gc+objectCost*float64(q.Objects)))
	}
	gain := bounded(stat.Mean(values, "s", level), w.wall)
	gcShare := 0.0
	if w.cpu > 0 {
		gcShare = w.gc / w.cpu
	}
	c := candidate{
		kind: lap.Allocates, id: Allocates,
		leads:    w.objects >= dense*w.cpu && w.cpu >= 0.3*w.busy(r),
		least:    partSeen,
		title:    fmt.Sprintf("Allocates %s objects a request", unit.Count(w.objects)),
		detail:   "Making objects and collecting them again takes the request's CPU, with the GVL held, and makes every other request collect garbage more often.",
		regained: gain,
		evidence: []finding.Evidence{{Text: fmt.Sprintf("%s objects and %s of GC a request with one in flight; GC is %s of its CPU", unit.Count(w.objects), unit.Seconds(w.gc), unit.Percent(gcShare)), Part: "requests"}},
		caveats:  []string{"the estimate is GC time and 0.2 µs an object; what is built anyway stays"},
		next:     []string{compareCommand},
	}
	if h := s.hotMethod(s.samplesOf(r.out.Name)); h.frame.Name != "" {
		c.title += ", mostly under " + methodName(h.frame)
		c.evidence = append(c.evidence, finding.Evidence{Text: fmt.Sprintf("%s of its CPU samples are in the app's own code, under %s", unit.Percent(h.share), methodName(h.frame)), Part: "profile", Line: short(h.frame.File)})
	}
	return []candidate{c}
}

// cpuBound names the app's own method that takes a route's CPU: its own code
// has two fifths of it, or, on a route with a lot of CPU and no other cause,
// what of the app most of it passes through.
func (s *scene) cpuBound(r *row, w work, found []candidate) []candidate {
	if w.cpu < slowRoute || w.cpu < dominating*w.busy(r) {
		return nil
	}
	samples := s.samplesOf(r.out.Name)
	h := s.hotMethod(samples)
	if h.share >= 0.4 && h.frame.Name != "" {
		return []candidate{heavyCPU(w, h.frame, h.share, h.n, nil)}
	}
	if h.share >= 0.4 || w.cpu < 5*slowRoute || len(found) > 0 {
		return nil
	}
	sp, ok := s.wherePassed(samples)
	switch {
	case !ok || sp.share < 0.5:
		return nil
	case 2*sp.own >= sp.share || len(sp.parts) == 0:
		return []candidate{heavyCPU(w, sp.door, sp.share, sp.n, nil)}
	}
	return []candidate{heavyCPU(w, sp.parts[0].frame, sp.parts[0].share, sp.n, sp.listed())}
}

// heavyCPU is the cause that a share of a route's n CPU samples is under one
// method of the app. parts are where all of them go; nil says nothing of that.
func heavyCPU(w work, f profile.Frame, share float64, n int, parts []finding.Evidence) candidate {
	e := stat.Wilson(int64(share*float64(n)+.5), int64(n), level).Scaled(w.cpu, "s")
	e.Method = "share of CPU samples x own CPU"
	first := finding.Evidence{Text: fmt.Sprintf("%s of the route's %d CPU samples are under %s", unit.Percent(share), n, methodName(f)), Part: "profile", Line: short(f.File)}
	evidence := []finding.Evidence{first}
	title := fmt.Sprintf("%s of CPU in %s", unit.Seconds(share*w.cpu), methodName(f))
	if parts != nil {
		first.Text = fmt.Sprintf("the route's %d CPU samples are spread over the app's code", n)
		first.Line = ""
		evidence = append([]finding.Evidence{first}, parts...)
		title = fmt.Sprintf("%s of CPU, spread: %s of it under %s", unit.Seconds(w.cpu), unit.Percent(share), methodName(f))
	}
	return candidate{
		kind: lap.CPUBound, id: CPUHot, leads: true, title: title,
		detail:   "The request computes with the GVL held: no other thread of the process runs Ruby meanwhile, and more threads do not help.",
		regained: bounded(e, w.wall),
		evidence: append(evidence, finding.Evidence{Text: fmt.Sprintf("%s of CPU a request of %s", unit.Seconds(w.cpu), unit.Seconds(w.wall)), Part: "requests"}),
		caveats:  []string{"this is all of its time: how much of it can go depends on what it computes"},
		next:     []string{compareCommand},
	}
}

// ioBound says that a route waits outside Ruby and the database, and for what.
// Samples have to show it where there are any: on a machine that is too busy a
// thread that waits for a core looks the same to a clock.
func (s *scene) ioBound(r *row, w work) []candidate {
	if w.rest < slowRoute || w.rest < 0.5*w.wall {
		return nil
	}
	wait := r.wait
	sampled := r.out.Samples > 0
	if sampled && wait.share < 0.4 {
		return nil
	}
	if !sampled && (w.rest < 2*slowRoute || w.rest < dominating*w.wall) {
		return nil
	}
	var values []float64
	for _, q := range r.requests {
		values = append(values, figures(q).rest)
	}
	c := candidate{
		kind: lap.IOBound, id: IOWait, leads: true,
		title:    fmt.Sprintf("Waits %s of %s for %s", unit.Seconds(w.rest), unit.Seconds(w.wall), waitName(wait)),
		detail:   "The request does nothing but wait for something outside Ruby and the database. Asking before, in a job or from a cache takes the wait away; a timeout bounds it.",
		regained: bounded(stat.Mean(values, "s", level), w.wall),
		evidence: []finding.Evidence{{Text: fmt.Sprintf("%s of %s is neither CPU nor SQL", unit.Seconds(w.rest), unit.Seconds(w.wall)), Part: "requests", Line: wait.line}},
		caveats:  []string{"this is all of the wait: a cache pays it now and then"},
		next:     []string{compareCommand},
	}
	if sampled {
		c.evidence = append(c.evidence, finding.Evidence{Text: fmt.Sprintf("%s of its samples outside the GVL's queue block or sleep there", unit.Percent(wait.share)), Part: "profile", Line: wait.line})
	}
	if !w.alone {
		c.regained = bounded(stat.None(w.rest, "s", level, 1, "split under load"), w.wall)
	}
	return []candidate{c}
}

func waitName(w waiter) string {
	switch {
	case w.callee != "" && w.line != "":
		return fmt.Sprintf("%s in %s (%s)", w.callee, w.caller, w.line)
	case w.callee != "":
		return w.callee
	}
	return "something outside Ruby and the database"
}

// erring says that a route answers badly: three times at least, and once in a
// hundred.
func (s *scene) erring(r *row) *candidate {
	o := r.out
	total := asked(&o)
	if o.Errors < enoughErrors || float64(o.Errors) < errorShare*float64(total) {
		return nil
	}
	share := stat.Wilson(o.Errors, total, level)
	kind := errorWords(mostErrors(o.ErrorKinds))
	return &candidate{
		kind: lap.Erring, id: RouteErrors, leads: true,
		title:    fmt.Sprintf("%d of %d answers are bad, mostly %s", o.Errors, total, kind),
		detail:   "A bad answer is fast or slow for reasons of its own: the route's times say nothing until it answers well.",
		evidence: append([]finding.Evidence{{Text: fmt.Sprintf("%s of its requests [%s, %s]", unit.Percent(share.Point), unit.Percent(share.Low), unit.Percent(share.High)), Part: "cells"}}, s.exceptions(r)...),
		caveats:  []string{},
		next:     []string{"pitwall lap --time 60s"},
	}
}

func mostErrors(kinds map[string]int64) string {
	best := "unknown"
	for kind, n := range kinds {
		if kind != "unfinished" && (best == "unknown" || n > kinds[best] || n == kinds[best] && kind < best) {
			best = kind
		}
	}
	return best
}

// exceptions are what the app itself raised in the route.
func (s *scene) exceptions(r *row) []finding.Evidence {
	counts := s.raised(r.out.Name)
	if len(counts) == 0 {
		return nil
	}
	worst := mostErrors(counts)
	return []finding.Evidence{{Text: fmt.Sprintf("%s, %d times", worst, counts[worst]), Part: "requests"}}
}

// quickRoute is the own work, in seconds, under which a route that waits under
// load is a victim of others and not slow itself.
const quickRoute = 2.5 * slowRoute

// underLoad says that a route whose own work explains nothing spends most of
// its time waiting for the GVL or for a thread. A route that is quick by
// itself gets none: its waiting is a finding about the process.
func (s *scene) underLoad(r *row) (candidate, bool) {
	w, ok := s.work(r)
	if !ok || !w.alone || w.wall < quickRoute || len(r.out.Split) == 0 {
		return candidate{}, false
	}
	largest := r.out.Split[0]
	for _, slice := range r.out.Split {
		if slice.Mean > largest.Mean {
			largest = slice
		}
	}
	if largest.Share == nil || largest.Share.Low < 0.4 || largest.Mean < slowRoute {
		return candidate{}, false
	}
	gain := largest.Share.Scaled(point(r.out.Mean), "s")
	c := candidate{
		leads: true, regained: &gain,
		evidence: []finding.Evidence{{Text: fmt.Sprintf("%s of %s under load; %s with one request in flight", unit.Seconds(largest.Mean), unit.Seconds(point(r.out.Mean)), unit.Seconds(w.wall)), Part: "profile"}},
		caveats:  []string{"under this lap's load on this machine; the wait depends on what else runs in the process"},
		next:     []string{compareCommand},
	}
	switch part(largest.Name) {
	case gvlWait:
		c.kind, c.id, c.title = lap.GVLWait, GVLWait, fmt.Sprintf("Waits %s for the GVL", unit.Seconds(largest.Mean))
		c.detail = "Threads of the same process hold the Ruby VM lock meanwhile. Fewer threads and more processes shorten the wait; more servers of the same kind do not."
	case queued:
		c.kind, c.id, c.title = lap.Queueing, Queue, fmt.Sprintf("Waits %s for a thread", unit.Seconds(largest.Mean))
		c.detail = "All threads are busy when the request comes. More processes, or less work in each request, shorten the queue."
	default:
		return candidate{}, false
	}
	return c, true
}
