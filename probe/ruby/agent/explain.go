package agent

import (
	"context"
	"encoding/json"
	"sort"
	"strconv"
	"strings"
	"time"

	"pitwall/core/request"
)

type planBody struct {
	ID    int            `json:"id"`
	Nodes []request.Node `json:"nodes"`
	Error string         `json:"error"`
}

const (
	maxPlans = 500
	maxNodes = 500

	explainWait = time.Minute // a process stops by itself after 20 s
)

// Explain asks the processes what the database would do for each statement
// that they have an example of, without executing it, and adds the plans to
// the log, one for each fingerprint. Each process uses a connection of its own
// pool, so ask when the app is not driven.
func (s *Server) Explain(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, explainWait)
		defer cancel()
	}
	for _, c := range s.live() {
		ids := s.unplanned(c)
		if len(ids) == 0 {
			continue
		}
		replies, err := s.ask(ctx, []*conn{c}, "explain", strings.Join(ids, ","))
		if err != nil {
			return err
		}
		for _, r := range replies {
			s.plans(r)
		}
	}
	return nil
}

// unplanned lists the process's ids of statements that have no plan yet, the
// earliest seen first.
func (s *Server) unplanned(c *conn) []string {
	planned := s.log.planned()
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []int
	for id, fp := range c.fps {
		if !planned[fp] {
			ids = append(ids, id)
		}
	}
	sort.Ints(ids)
	var list []string
	for _, id := range ids[:min(len(ids), maxPlans)] {
		list = append(list, strconv.Itoa(id))
	}
	return list
}

func (s *Server) plans(r reply) {
	var list []planBody
	if json.Unmarshal(r.body, &list) != nil || len(list) > maxPlans {
		s.log.lose(1)
		return
	}
	for _, p := range list {
		r.conn.mu.Lock()
		fp, ok := r.conn.fps[p.ID]
		r.conn.mu.Unlock()
		if !ok || len(p.Nodes) > maxNodes {
			s.log.lose(1)
			continue
		}
		s.log.plan(cleanPlan(fp, p))
	}
}

// cleanPlan bounds what the process said.
func cleanPlan(fp int, p planBody) request.Plan {
	plan := request.Plan{Fingerprint: fp, Nodes: []request.Node{}, Error: clip(p.Error, maxName)}
	for _, n := range p.Nodes {
		n.Depth = min(max(n.Depth, 0), maxNodes)
		n.Type, n.Relation, n.Index = clip(n.Type, maxName), clip(n.Relation, maxName), clip(n.Index, maxName)
		n.Columns = n.Columns[:min(len(n.Columns), 64)]
		for i, c := range n.Columns {
			n.Columns[i] = clip(c, maxName)
		}
		plan.Nodes = append(plan.Nodes, n)
	}
	return plan
}

// planned is the set of fingerprints that have a plan.
func (c *collector) planned() map[int]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	set := make(map[int]bool, len(c.log.Plans))
	for _, p := range c.log.Plans {
		set[p.Fingerprint] = true
	}
	return set
}

func (c *collector) plan(p request.Plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.log.Plans) < maxFingerprints {
		c.log.Plans = append(c.log.Plans, p)
	}
}
