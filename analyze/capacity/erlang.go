// Package capacity holds the arithmetic of servers: Erlang's formulas, the law
// of the Ruby VM lock (GVL) under load, and Little's law. It refuses to predict
// percentiles; a simulation has to do that.
package capacity

import "math"

// ErlangB is the chance that an arrival finds all servers busy and is turned
// away, at an offered load in erlangs (Erlang 1917), by the recursion
// B(k) = aB(k-1)/(k+aB(k-1)), which cannot overflow. A load that is not
// positive gives 0, no servers 1.
func ErlangB(servers int, load float64) float64 {
	if !(load > 0) {
		if servers <= 0 {
			return 1
		}
		return 0
	}
	if math.IsInf(load, 1) {
		return 1
	}
	b := 1.0
	for k := 1; k <= servers; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return b
}

// ErlangC is the chance that an arrival has to wait for a server in M/M/c
// (Erlang 1917; Gross and Harris, eq. 2.27), C = B/(1-ρ(1-B)). It is 1 when
// the load is not below the servers.
func ErlangC(servers int, load float64) float64 {
	if !(load > 0) {
		return 0
	}
	if load >= float64(servers) {
		return 1
	}
	b := ErlangB(servers, load)
	rho := load / float64(servers)
	return b / (1 - rho*(1-b))
}

// MeanWait is the mean time in seconds that an arrival waits in M/M/c with the
// given service time (seconds) and load (erlangs): C·s/(c-a). It is +Inf when
// the load is not below the servers.
func MeanWait(servers int, load, service float64) float64 {
	if load >= float64(servers) {
		return math.Inf(1)
	}
	return ErlangC(servers, load) * service / (float64(servers) - load)
}

// Staff is the fewest servers at which an arrival waits with at most the given
// chance: exact where square-root staffing (Halfin and Whitt 1981) says
// load + β·sqrt(load). A chance that is not positive, or a load above
// mostServers, gives 0: no number is worth naming.
func Staff(load, chance float64) int {
	if !(load >= 0) || load > mostServers || !(chance > 0) {
		return 0
	}
	c := max(1, int(math.Ceil(load)))
	for limit := c + mostServers; c < limit; c++ {
		if load < float64(c) && ErlangC(c, load) <= chance {
			return c
		}
	}
	return 0
}

// mostServers bounds the search of Staff.
const mostServers = 20_000

// Little is how many requests are inside a system on average: arrivals per
// second times seconds inside (Little 1961, Oper. Res. 9, 383). With the
// service time in seconds it is how many servers are busy, the least there must be.
func Little(rate, seconds float64) float64 { return rate * seconds }
