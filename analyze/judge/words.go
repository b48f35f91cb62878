package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/core/lap"
	"pitwall/core/stat"
	"pitwall/core/unit"
)

// headline is the lap in up to five sentences for someone who reads nothing else.
func (s *scene) headline(res *lap.Result) []string {
	out := []string{}
	if text := throughput(res); text != "" {
		out = append(out, text)
	}
	if text := watched(res); text != "" {
		out = append(out, text)
	}
	if text := busiest(res); text != "" {
		out = append(out, text)
	}
	if text := gain(res); text != "" {
		out = append(out, text)
	} else if len(res.Routes) > 0 {
		out = append(out, "No route has a cause of slowness of its own that stands out.")
	}
	if c := res.Capacity; c != nil && len(c.Text) > 0 {
		out = append(out, sentence(c.Text[0]))
	}
	if why := s.ev.Driver.Invalid; why != "" {
		out = append(out, "Do not trust the times of this lap: the load driver was the limit ("+why+").")
	}
	if len(out) == 0 {
		out = append(out, "Nothing was measured.")
	}
	return out
}

// throughput is what the machine sustained and how long answers took.
func throughput(res *lap.Result) string {
	var parts []string
	if e := res.Sustained; e != nil {
		parts = append(parts, fmt.Sprintf("%s answered %s at most on this machine, with the load driver beside it", subject(res.App), unit.Rate(e.Point)))
	}
	if l := res.Latency; l.P50 != nil {
		text := "half of the answers came within " + unit.Seconds(l.P50.Point)
		if l.P95 != nil {
			text += ", 95 % within " + unit.Seconds(l.P95.Point)
		}
		if l.P99 != nil {
			text += ", 99 % within " + unit.Seconds(l.P99.Point)
		}
		if res.OfferedPerS > 0 {
			text = "at " + unit.Rate(res.OfferedPerS) + " " + text
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	return sentence(strings.Join(parts, "; "))
}

func subject(app string) string {
	if app == "" {
		return "the app"
	}
	return app
}

// busiest names the routes that together take most of the server's time.
func busiest(res *lap.Result) string {
	var names []string
	total := 0.0
	for _, r := range res.Routes {
		if r.Share == nil || len(names) == 3 || total >= 0.8 {
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", r.Name, unit.Percent(r.Share.Point)))
		total += r.Share.Point
	}
	if len(names) == 0 {
		return ""
	}
	return sentence(fmt.Sprintf("%s of the server's time goes to %s", unit.Percent(total), strings.Join(names, ", ")))
}

// gain names the one change that would give back most of the capacity.
func gain(res *lap.Result) string {
	var best *lap.Route
	for i := range res.Routes {
		r := &res.Routes[i]
		if r.Cause == nil || r.Cause.Capacity == nil {
			continue
		}
		if best == nil || r.Cause.Capacity.Point > best.Cause.Capacity.Point {
			best = r
		}
	}
	for i := range res.Routes {
		if r := &res.Routes[i]; best == nil && r.Cause != nil {
			return sentence(r.Name + ": " + r.Cause.Title)
		}
	}
	if best == nil {
		return ""
	}
	return sentence(fmt.Sprintf("Mend %s first (%s): it would give back up to %s a request and %s of all server time",
		best.Name, best.Cause.Title, unit.Seconds(best.Cause.Regained.Point), unit.Percent(best.Cause.Capacity.Point)))
}

func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// lost is what is missing from the evidence, and why.
func (s *scene) lost() []string {
	out := []string{}
	if s.broken != "" {
		out = append(out, s.broken)
	}
	if p := s.ev.Profile; p != nil {
		for _, cause := range slices.Sorted(maps.Keys(p.Lost)) {
			if n := p.Lost[cause]; n > 0 {
				out = append(out, fmt.Sprintf("%s samples lost: %s", unit.Count(float64(n)), cause))
			}
		}
		if p.Repaired > 0 {
			out = append(out, fmt.Sprintf("%s samples cut to what two copies agreed on", unit.Count(float64(p.Repaired))))
		}
	} else {
		out = append(out, "no samples: stacks and waits for the GVL are unknown")
	}
	switch l := s.ev.Requests; {
	case l == nil && !slices.ContainsFunc(s.ev.Notes, func(note string) bool { return strings.HasPrefix(note, "attached: ") }):
		out = append(out, "no agent: statements, objects and queue time are unknown")
	case l != nil && l.Lost > 0:
		out = append(out, fmt.Sprintf("%s records of the agent lost", unit.Count(float64(l.Lost))))
	}
	return append(out, s.ev.Notes...)
}

const (
	fewRequests = 30   // under which a route's figures are little
	costly      = 1.10 // watched over bare from which watching itself shows
	lateSend    = 5e6  // ns of send lag, 99 %
)

// doubts are what should make a reader careful.
func (s *scene) doubts(res *lap.Result) []string {
	out := []string{}
	if s.ev.Driver.Invalid != "" {
		out = append(out, "the load driver was the limit: "+s.ev.Driver.Invalid)
	}
	if len(s.driven()) > 0 && !s.ev.Steady {
		out = append(out, "latency was not steady when measuring began")
	}
	if len(s.driven()) > 0 && len(s.bare) == 0 {
		out = append(out, "no bare windows: latency includes what watching costs")
	}
	if lag := s.ev.Driver.LagP99NS; lag > lateSend {
		out = append(out, fmt.Sprintf("in the worst window 1 %% of requests were sent %s late or more; latency counts from when they should have been", unit.Nanos(lag)))
	}
	for _, o := range res.Overhead {
		if e := o.Value; e != nil && strings.HasPrefix(o.Name, "watched") && e.Reached > 0 && e.Low > costly {
			out = append(out, "watching was not cheap: "+o.Text)
		}
	}
	var few, unfinished []string
	none := 0
	for _, r := range res.Routes {
		switch {
		case r.Requests == 0:
			none++
		case r.Requests < fewRequests:
			few = append(few, fmt.Sprintf("%s (%d)", r.Name, r.Requests))
		}
		if n := r.ErrorKinds["unfinished"]; n > 0 && n*20 > r.Requests {
			unfinished = append(unfinished, r.Name)
		}
	}
	if none > 0 {
		out = append(out, fmt.Sprintf("%d of %d routes were not asked under load", none, len(res.Routes)))
	}
	if len(few) > 0 {
		out = append(out, "few requests: "+strings.Join(few, ", "))
	}
	if len(unfinished) > 0 {
		out = append(out, "many requests were still under way when their window ended: "+strings.Join(unfinished, ", "))
	}
	if p := s.ev.Profile; p != nil {
		out = append(out, p.Notes...)
	}
	return append(out, s.unmatched()...)
}

// unmatched says when most samples lie in no request that the agent told of.
func (s *scene) unmatched() []string {
	if s.all == nil || s.ev.Requests == nil || len(s.all.Samples) == 0 || len(s.requestsOf("")) == 0 {
		return nil
	}
	var served float64
	for _, r := range s.requestsOf("") {
		served += float64(r.End - r.Start)
	}
	got := float64(s.prof.Weight())
	if served > 0 && got < 0.5*served {
		e := stat.None(got/served, "ratio", level, 1, "")
		return []string{fmt.Sprintf("samples cover %s of the time that requests took", unit.Percent(e.Point))}
	}
	return nil
}

// watched says what the threads of an app that was only watched did.
func watched(res *lap.Result) string {
	if len(res.Routes) > 0 || len(res.States) == 0 {
		return ""
	}
	parts := []string{}
	for _, state := range res.States[:min(len(res.States), 4)] {
		parts = append(parts, fmt.Sprintf("%s %s", state.Name, unit.Percent(state.Share.Point)))
	}
	text := "The threads of the web processes were " + strings.Join(parts, ", ") + " of the time"
	if len(res.Top) > 0 && res.Top[0].Self != nil {
		text += fmt.Sprintf("; at work they were in %s most (%s)", res.Top[0].Frame.Name, unit.Percent(res.Top[0].Self.Point))
	}
	return text + "."
}
