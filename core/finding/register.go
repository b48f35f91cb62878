package finding

import (
	"slices"
	"strings"
)

// Entry describes one kind of finding.
type Entry struct {
	ID    ID
	Title string // what it says, in a few words
	Doc   string // what was seen, why it matters, what to do; one paragraph
}

// Register lists every kind of finding, by ID. An ID is never given a second
// meaning and never reused. docs/findings.md is written from it.
func Register() []Entry {
	all := slices.Concat(routeEntries(), appEntries(), preflightEntries(), machineEntries(), safetyEntries(), answerEntries())
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all
}

func routeEntries() []Entry {
	return []Entry{
		{"PW-SQL-NPLUSONE", "one statement for each row of another", "A route runs the same statement many times a request from one line, with other values each time: one query for a list, then one for each row. Load the rows together (`includes`, `preload`), or ask for all of them in one statement."},
		{"PW-SQL-SCAN", "a large table is read from end to end", "The database's plan for a statement reads every row of a large table to find a few. An index on the columns that the statement filters by lets it read only those."},
		{"PW-SQL-SLOW", "time goes into SQL", "A route spends most of its time waiting for the database, without the pattern of an N+1 or a scan of a large table. The statements with the most time are listed with the lines that issue them."},
		{"PW-SQL-CACHED", "the same statement again, from the query cache", "A route asks for the same rows several times in one request. The query cache answers, but building the statement and the objects still takes time: keep the result in a variable."},
		{"PW-ALLOC-HEAVY", "many objects a request", "A route allocates so many objects that allocating and collecting them is a large part of its time. Stream the result, select fewer columns, use `pluck`, or build fewer strings."},
		{"PW-CPU-HOT", "time goes into Ruby code", "A route keeps the processor busy in Ruby for most of its time. The frames with the largest share are named; the flame graph shows who calls them."},
		{"PW-IO-WAIT", "time goes into waiting for something outside", "A route waits for another service or a file for most of its time, without the database being the reason. Cache the answer, ask concurrently, or move the call into a job."},
		{"PW-GVL-WAIT", "time goes into waiting for the GVL", "Threads of one process wait for each other to run Ruby: more threads make this longer, not shorter. Fewer threads and more processes shorten it."},
		{"PW-QUEUE", "requests wait before a thread takes them", "Requests arrive faster than threads become free. Either the app needs more workers for this rate, or its slowest routes need mending first."},
		{"PW-ROUTE-ERRORS", "answers that are not what the route expects", "A share of a route's answers has another status, type or size than expected. Their times say nothing about the route's work."},
	}
}

func appEntries() []Entry {
	return []Entry{
		{"PW-LAP-NOTSTEADY", "latency was still changing when warm-up ended", "The time for warming up was over before latency became steady, so the figures may include compiling, caching and filling of connection pools. Give the lap more time."},
		{"PW-LAP-DRIVER", "the load driver was the limit", "The driver sent requests later than intended, or used so much of the machine that it took time from the app: the highest figures are the driver's, not the app's. Drive at a lower rate, or when less else runs on the machine."},
		{"PW-MEM-GROWTH", "memory grows under constant load", "A process's memory kept growing through the lap at a constant rate of requests. It is a leak, a cache without a bound, or a heap that has not found its size yet: a longer lap tells them apart."},
		{"PW-MEM-WORKER", "memory of one worker", "What one worker costs in memory, which bounds how many fit on a server."},
		{"PW-CAP-THREADS", "threads that do not help", "By the measured share of time that a request holds the GVL, a process gains almost nothing from its last threads: they add waiting and memory."},
		{"PW-CAP-NEEDED", "processes needed for the arrival rate", "By Little's law and the measured service times, this many processes carry the arrival rate given under `traffic:`."},
		{"PW-BOOT-SLOW", "the app takes long to become ready", "The time from starting a process until it answers. It is what a deploy, a restart after a crash and every step of automatic scaling wait for."},
	}
}

func preflightEntries() []Entry {
	return []Entry{
		{"PW-PRE-ENV", "the app does not run in production mode", "RAILS_ENV (or RACK_ENV) is not production. Development and test modes reload code, log more and cache less, so that the figures are those of another program."},
		{"PW-PRE-EAGER", "code is loaded on first use", "`config.eager_load` is off: the first request of each kind pays for loading code, workers share less memory, and threads wait for the loader's lock."},
		{"PW-PRE-RELOAD", "classes are reloaded between requests", "`config.cache_classes` is off (or `config.enable_reloading` on): every request checks files for changes."},
		{"PW-PRE-LOGLEVEL", "the log is at debug level", "At debug level each statement is formatted and written, which costs time in production code paths and hides in every measurement."},
		{"PW-PRE-PRELOAD", "workers do not share the loaded app", "`preload_app!` is off: each worker loads the app by itself, so that booting takes longer and memory pages are not shared."},
		{"PW-PRE-YJIT", "the JIT compiler is off", "This Ruby has YJIT and it is off. On Rails apps it usually saves a tenth to a quarter of the time in Ruby code; `RUBY_YJIT_ENABLE=1` switches it on."},
		{"PW-PRE-MALLOC", "glibc's malloc with many arenas", "The app uses glibc's allocator with several threads and without a limit of its arenas, which fragments: jemalloc, or MALLOC_ARENA_MAX=2, usually lowers the memory of a threaded Ruby server."},
		{"PW-PRE-CORES", "more busy workers than cores", "More worker processes than usable cores: they take time from each other, and the measured latency holds that waiting."},
		{"PW-PRE-POOL", "fewer database connections than threads", "The connection pool of a process is smaller than its number of threads: threads wait for a connection, and time out under load."},
		{"PW-PRE-SQLITE", "the database runs inside the process", "SQLite's adapter holds the GVL through a query, so that threads do not overlap as they do with a database server: conclusions about threads do not carry over."},
		{"PW-PRE-ROWS", "the tables are almost empty", "With few rows every plan is fast and every page short. Missing indexes and N+1 queries show only with as many rows as production has."},
		{"PW-PRE-DEVGEMS", "development tools are loaded", "Gems that are meant for development are loaded and take part in every request."},
		{"PW-PRE-LOCAL", "errors are shown in full", "`config.consider_all_requests_local` is on: an error builds its debugging page, which production does not."},
		{"PW-PRE-CACHE", "fragment caching is off", "`config.action_controller.perform_caching` is off: views are rendered that production would take from its cache."},
	}
}

func machineEntries() []Entry {
	return []Entry{
		{"PW-MACHINE-LOAD", "other work runs on this machine", "Processes other than the app took processor time during the lap. Times are longer and noisier than on an idle machine."},
		{"PW-MACHINE-SHARED", "another lap ran at the same time", "Two laps on one machine share processors, memory and caches. Counters such as statements and objects hold; times and throughput do not."},
		{"PW-MACHINE-STEAL", "the hypervisor took time away", "The virtual machine wanted to run and was not let: time that shows in every latency and belongs to none of the app's code."},
		{"PW-MACHINE-THROTTLED", "the container's quota stopped it", "The control group used up its processor quota and was stopped until the next period, which adds tens of milliseconds to whatever ran."},
		{"PW-MACHINE-FREQUENCY", "the processor's speed changes", "The processor clock is not held constant, so that the same work takes another time from one moment to the next. The performance governor holds it."},
		{"PW-MACHINE-MEMORY", "little memory is free", "The kernel has little memory left: it drops file caches and may swap, which makes times depend on what ran before."},
		{"PW-MACHINE-SWAP", "the machine swaps", "Pages were read back from swap during the lap. Their waiting is in the measured times."},
	}
}

func safetyEntries() []Entry {
	return []Entry{
		{"PW-SAFE-HOST", "set up to use a host that is not this machine", "The app's configuration names a host that is neither loopback nor under `allow:`. A lap would send it load, so it stops first."},
		{"PW-SAFE-OUTGOING", "a connection to somewhere else", "The app tried to reach a host that is neither loopback nor allowed while it was driven. Stub it: a benchmark must not send load to others, and their answers are not the app's time."},
		{"PW-SAFE-CONNECTED", "a connection was seen from outside", "A process of the app was connected to a host that is neither loopback nor allowed. It was seen in the kernel's table of sockets: it was not made through Ruby, where it could have been refused."},
		{"PW-SAFE-WRITE", "a route that writes was not driven", "A route writes, and its database is not marked as disposable in pitwall.yml, so that it was left out. Name a copy that you can lose under `disposable:`."},
		{"PW-SAFE-MAIL", "mail would be delivered", "The app's mail delivery is neither the test delivery nor off."},
	}
}

func answerEntries() []Entry {
	return []Entry{
		{"PW-ANSWER-HTTPS", "everything redirects to https", "The app answers every request with a redirect to https, so that only the redirect is measured."},
		{"PW-ANSWER-LOGIN", "everything redirects to a login", "The app answers with a redirect to its login page: describe the login under `session:` and mark the routes with `session: true`."},
		{"PW-ANSWER-REDIRECT", "everything redirects", "The app answers with a redirect to somewhere else than https or a login, so that only the redirect is measured."},
		{"PW-ANSWER-HOST", "the host name is refused", "Rails' host authorization refuses the name that the requests carry."},
		{"PW-ANSWER-THROTTLED", "requests are throttled", "The app limits the rate of requests from one address and answers 429 beyond it."},
		{"PW-ANSWER-SECRET", "no secret key", "The app has no secret_key_base and cannot make sessions."},
		{"PW-ANSWER-ASSETS", "assets are missing", "The compiled assets that pages refer to are not there."},
		{"PW-ANSWER-ERROR", "the app fails", "Answers have a status of 500 or above: what is measured is how fast the app fails."},
		{"PW-ANSWER-TOKEN", "the CSRF token is refused", "A request that writes came without a token that the app takes: name the page that holds it under `csrf:`."},
		{"PW-ANSWER-UNIFORM", "all routes answer the same", "Different routes gave the same short answer, so that it is probably no page of the app but one of something before it."},
		{"PW-ANSWER-NONE", "no answers at all", "No request was answered: nothing was measured."},
	}
}
