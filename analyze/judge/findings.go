package judge

import (
	"cmp"
	"fmt"
	"slices"

	"pitwall/core/finding"
	"pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// findings are those of preflight, safety and boot, and what the lap itself
// shows, most severe first.
func (s *scene) findings(rows []*row, res *lap.Result) []finding.Finding {
	out := make([]finding.Finding, 0, len(s.ev.Findings)+len(rows))
	for _, f := range s.ev.Findings {
		out = append(out, cleanFinding(f))
	}
	for _, r := range rows {
		out = append(out, s.ofRoute(r)...)
	}
	out = append(out, s.scattered(rows)...)
	out = append(out, s.ofThreads(res)...)
	out = append(out, s.ofMemory(res)...)
	out = append(out, s.ofLap()...)
	slices.SortStableFunc(out, func(a, b finding.Finding) int {
		return cmp.Compare(rank(a.Severity), rank(b.Severity))
	})
	return out
}

func rank(s finding.Severity) int {
	i := slices.Index([]finding.Severity{finding.Critical, finding.Warning, finding.Advice, finding.Note}, s)
	if i < 0 {
		return 4
	}
	return i
}

// ofRoute are a route's leading cause as a warning, other repeated statements
// and scans as advice, and what the query cache hides as a note.
func (s *scene) ofRoute(r *row) []finding.Finding {
	var out []finding.Finding
	if r.errors != nil {
		out = append(out, r.errors.finding(r.out.Name, finding.Critical))
	}
	for _, c := range r.causes {
		leading := r.out.Cause != nil && r.out.Cause.Finding == c.id && r.out.Cause.Title == c.title
		switch {
		case leading:
			out = append(out, c.finding(r.out.Name, finding.Warning))
		case c.kind == lap.NPlusOne || c.kind == lap.TableScan:
			out = append(out, c.finding(r.out.Name, finding.Advice))
		}
	}
	for _, g := range r.groups {
		n := float64(len(r.requests))
		if g.cached < repeated*n || !s.selects(g.fp) {
			continue
		}
		out = append(out, finding.Finding{
			ID: Cached, Severity: finding.Note, Subject: r.out.Name,
			Title:    fmt.Sprintf("%s repeated statements a request are answered by the query cache", unit.Count(g.cached/n)),
			Detail:   "They do not reach the database; what they cost is making the same records again.",
			Evidence: []finding.Evidence{{Text: s.sql(g.fp), Part: "requests", Line: g.line}},
			Caveats:  []string{}, Next: []string{},
		})
	}
	return out
}

// finding is a candidate as a finding about a subject.
func (c candidate) finding(subject string, severity finding.Severity) finding.Finding {
	return cleanFinding(finding.Finding{
		ID: c.id, Severity: severity, Subject: subject, Title: c.title, Detail: c.detail,
		Evidence: c.evidence, Estimate: c.regained, Caveats: c.caveats, Next: c.next,
	})
}

// muchWaiting is the share of request time spent waiting for the GVL that is
// worth a finding about the process.
const muchWaiting = 0.25

// ofThreads says where the number of threads is wrong by the GVL law, and
// where requests wait for the lock.
func (s *scene) ofThreads(res *lap.Result) []finding.Finding {
	var out []finding.Finding
	c := res.Capacity
	if c == nil || len(c.Text) == 0 {
		return out
	}
	evidence := []finding.Evidence{}
	for _, text := range c.Text {
		evidence = append(evidence, finding.Evidence{Text: text, Part: "profile"})
	}
	caveat := "a law of throughput at saturation for the mix that was driven; it says nothing of percentiles"
	if c.Enough > 0 && c.Threads > 0 && c.Enough != c.Threads && (c.Enough < c.Threads || c.Enough > c.Threads+1) {
		out = append(out, finding.Finding{
			ID: CapThreads, Severity: finding.Advice, Subject: "process", Title: c.Text[0],
			Detail:   "Threads share one lock for Ruby code. By the machine-repair model, utilisation of the lock is 1 - ErlangB(threads, released/held).",
			Evidence: evidence[1:], Estimate: c.GVLSeconds, Caveats: []string{caveat, "config/puma.rb as Rails writes it reads RAILS_MAX_THREADS; another may not"},
			Next: []string{fmt.Sprintf("pitwall lap --against RAILS_MAX_THREADS=%d", c.Enough)},
		})
	}
	if c.Needed != nil {
		out = append(out, finding.Finding{
			ID: CapNeeded, Severity: finding.Note, Subject: "app",
			Title:    fmt.Sprintf("%s arrivals a second keep %s processes busy", unit.Count(s.ev.ArrivalPerS), unit.Count(c.Needed.Point)),
			Detail:   "Little's law: what is inside is arrivals times the time inside. It is the least that carries the load; waiting needs more.",
			Evidence: evidence, Estimate: c.Needed, Caveats: []string{"with service times of this machine", caveat}, Next: []string{},
		})
	}
	share, _ := s.stateShare(gvlWait)
	if share < muchWaiting {
		return out
	}
	blocks, clock := make([]stat.Block, splitBlocks), newClock(s.ev.Windows)
	for _, x := range s.samplesOf("") {
		b := &blocks[clock.block(x.Time)]
		b.Weight += float64(x.Weight)
		if s.partOf(x) == gvlWait {
			b.Sum += float64(x.Weight)
		}
	}
	e := stat.ShareOverBlocks(blocks, max(1, len(s.requestsOf(""))), level)
	return append(out, finding.Finding{
		ID: GVLWait, Severity: finding.Advice, Subject: "process",
		Title:    fmt.Sprintf("Requests spend %s of their time waiting for the GVL", unit.Percent(share)),
		Detail:   "They wait inside the process while another thread of it runs Ruby: queue time does not show it. Less CPU in the routes at the top of the work list, or fewer threads and more processes, shorten it.",
		Evidence: evidence, Estimate: known(e), Caveats: []string{"under this lap's load on this machine"}, Next: []string{compareCommand},
	})
}

// ofMemory names processes that grew all through the lap by a fifth of their
// size an hour.
func (s *scene) ofMemory(res *lap.Result) []finding.Finding {
	var out []finding.Finding
	for _, m := range res.Memory {
		if m.GrowthPerS == nil || m.GrowthPerS.Reached == 0 || m.GrowthPerS.Low*3600 < 0.2*float64(m.RSS) {
			continue
		}
		out = append(out, finding.Finding{
			ID: MemGrowth, Severity: finding.Note, Subject: m.Process,
			Title:    fmt.Sprintf("%s (%d) grew by %s a minute", m.Process, m.PID, unit.Bytes(60*m.GrowthPerS.Point)),
			Detail:   "Its memory rose all through the driven windows.",
			Evidence: []finding.Evidence{{Text: unit.Bytes(float64(m.RSS)) + " at the end", Part: "series"}}, Estimate: m.GrowthPerS,
			Caveats: []string{"minutes after a boot most processes still grow; a leak shows over hours"},
			Next:    []string{"pitwall lap --time 30m"},
		})
	}
	return out
}

// ofLap are reasons not to trust the lap's times.
func (s *scene) ofLap() []finding.Finding {
	var out []finding.Finding
	if why := s.ev.Driver.Invalid; why != "" {
		out = append(out, finding.Finding{
			ID: Driver, Severity: finding.Critical, Subject: "machine", Title: "The load driver was the limit: " + why,
			Detail:   "Latency and throughput are the driver's, not the app's.",
			Evidence: []finding.Evidence{{Text: "in the worst window 99 % of requests were sent within " + unit.Nanos(max(0, s.ev.Driver.LagP99NS)) + " of their time", Part: "cells"}},
			Caveats:  []string{"other work on this machine delays the driver too"}, Next: []string{"pitwall lap --share 0.25"},
		})
	}
	if len(s.driven()) > 0 && !s.ev.Steady {
		out = append(out, finding.Finding{
			ID: NotSteady, Severity: finding.Warning, Subject: "app", Title: "Latency never became steady in the warm-up",
			Detail:   "The app still changed its speed when measuring began: caches, compilation, or a machine that does other work.",
			Evidence: []finding.Evidence{}, Caveats: []string{}, Next: []string{"pitwall lap --time 300s"},
		})
	}
	return out
}
