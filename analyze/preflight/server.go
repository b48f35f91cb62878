package preflight

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/core/finding"
	"pitwall/core/unit"
)

// server judges the workers and threads of Puma and the allocator.
func server(in Input) []finding.Finding {
	var found []finding.Finding
	facts := in.Setup.Facts
	workers, known := number(facts, "puma.workers")
	if known && workers > 0 && facts["puma.preload_app"] == "false" {
		found = append(found, claim{
			id: "PW-PRE-PRELOAD", severity: finding.Advice, subject: "app", title: "workers do not share the loaded app",
			detail:   "Each worker loads the app by itself: booting takes longer, and their memory pages are their own.",
			evidence: fmt.Sprintf("%d workers, preload_app is off", workers),
			next:     []string{"add preload_app! to config/puma.rb"},
		}.finding())
	}
	if known && in.Machine.Cores > 0 && workers > in.Machine.Cores {
		found = append(found, claim{
			id: "PW-PRE-CORES", severity: finding.Warning, subject: "app", title: "more workers than cores",
			detail:   "Busy workers take processor time from each other, and from the load driver; latency holds that waiting.",
			evidence: fmt.Sprintf("%d workers, %d usable cores", workers, in.Machine.Cores),
			next:     []string{fmt.Sprintf("set WEB_CONCURRENCY: %d under env: in pitwall.yml", in.Machine.Cores)},
		}.finding())
	}
	return append(found, allocator(in)...)
}

// arenaThreads is the number of threads from which glibc's arenas matter.
const arenaThreads = 3

func allocator(in Input) []finding.Finding {
	name := in.Setup.Facts["allocator"]
	threads, known := number(in.Setup.Facts, "puma.threads_max")
	arenas := in.Setup.Facts["malloc.arena_max"]
	if !strings.Contains(name, "glibc") || !known || threads < arenaThreads || arenas == "1" || arenas == "2" {
		return nil
	}
	return []finding.Finding{claim{
		id: "PW-PRE-MALLOC", severity: finding.Advice, subject: "app", title: "glibc's malloc with many threads",
		detail:   "glibc gives threads arenas of their own, which fragment in a long-running Ruby server. jemalloc, or a limit of two arenas, usually lowers memory.",
		evidence: fmt.Sprintf("%s, %d threads a process", name, threads),
		next:     []string{"pitwall lap --against MALLOC_ARENA_MAX=2"},
	}.finding()}
}

// emptyRows is the number of rows below which the largest table says nothing
// of how the app behaves in production.
const emptyRows = 1000

func database(in Input) []finding.Finding {
	var found []finding.Finding
	facts := in.Setup.Facts
	if adapter := facts["db.adapter"]; strings.Contains(adapter, "sqlite") {
		found = append(found, claim{
			id: "PW-PRE-SQLITE", severity: finding.Warning, subject: "database", title: "the database runs inside the process",
			detail:   "SQLite's adapter holds the GVL through a query, so that threads do not overlap as with a database server: what is said of threads does not carry over.",
			evidence: "db.adapter is " + adapter,
			next:     []string{"use the adapter of production"},
		}.finding())
	}
	pool, knownPool := number(facts, "db.pool")
	threads, knownThreads := number(facts, "puma.threads_max")
	if knownPool && knownThreads && pool < threads {
		found = append(found, claim{
			id: "PW-PRE-POOL", severity: finding.Warning, subject: "database", title: "fewer database connections than threads",
			detail:   "Threads of a process wait for each other's connection, and give up under load.",
			evidence: fmt.Sprintf("a pool of %d for %d threads", pool, threads),
			next:     []string{fmt.Sprintf("set pool: %d in config/database.yml", threads)},
		}.finding())
	}
	return append(found, rows(in)...)
}

func rows(in Input) []finding.Finding {
	if len(in.Setup.Rows) == 0 {
		return nil
	}
	table, most := "", int64(-1)
	names := make([]string, 0, len(in.Setup.Rows))
	for name := range in.Setup.Rows {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if n := in.Setup.Rows[name]; n > most {
			table, most = name, n
		}
	}
	if most >= emptyRows {
		return nil
	}
	f := claim{
		id: "PW-PRE-ROWS", severity: finding.Warning, subject: "database", title: "the tables are almost empty",
		detail:   "With few rows every plan is fast and every page short: missing indexes and N+1 queries stay hidden.",
		evidence: fmt.Sprintf("the largest table, %s, has about %s rows", table, unit.Count(float64(most))),
		next:     []string{"load as many rows as production has before the next lap"},
	}.finding()
	f.Caveats = append(f.Caveats, "row counts are the database's estimates, which are old until it has run ANALYZE")
	return []finding.Finding{f}
}
