package lap

import (
	"pitwall/core/finding"
	"pitwall/core/profile"
	"pitwall/core/run"
	"pitwall/core/series"
	"pitwall/core/stat"
)

// Schema is the version of Result's JSON.
const Schema = 1

// Result is what a lap says. Slices are never nil.
type Result struct {
	Schema      int               `json:"schema"`
	Run         run.Run           `json:"run"`
	App         string            `json:"app"`
	Partial     string            `json:"partial"`         // why it ended early; empty when whole
	Headline    []string          `json:"headline"`        // three to five sentences that a manager could read
	Sustained   *stat.Estimate    `json:"sustained_per_s"` // on this machine, driver beside it; nil when not driven
	OfferedPerS float64           `json:"offered_per_s"`
	Latency     Latency           `json:"latency"`  // whole app, bare windows
	Queue       *stat.Estimate    `json:"queue_s"`  // mean; nil when unknown
	Routes      []Route           `json:"routes"`   // by share of server time, largest first
	Overhead    []Overhead        `json:"overhead"` // of measuring
	Capacity    *Capacity         `json:"capacity"`
	Memory      []Memory          `json:"memory"`
	Flame       *profile.Tree     `json:"flame"` // all routes
	Top         []TopFrame        `json:"top"`
	States      []Slice           `json:"states"` // thread time of web processes by state
	Series      []series.Series   `json:"series"`
	Windows     []Window          `json:"windows"`
	Setup       Setup             `json:"setup"`
	Boot        []Stage           `json:"boot"`
	Findings    []finding.Finding `json:"findings"` // most severe first
	Lost        []string          `json:"lost"`     // samples, records, windows: what is missing and why
	Doubts      []string          `json:"doubts"`   // what should make a reader careful
	Comparison  *Comparison       `json:"comparison"`
}

// Latency is response time from the intended start.
type Latency struct {
	Count   int64          `json:"count"`
	P50     *stat.Estimate `json:"p50_s"` // nil: too few requests
	P95     *stat.Estimate `json:"p95_s"`
	P99     *stat.Estimate `json:"p99_s"`
	Max     float64        `json:"max_s"`
	Buckets []Bucket       `json:"buckets"` // for drawing
}

// Bucket is a bar of a latency histogram.
type Bucket struct {
	Low   float64 `json:"low_s"`
	High  float64 `json:"high_s"`
	Count int64   `json:"n"`
}

// Route is one row of the work list.
type Route struct {
	Name       string           `json:"name"`
	Method     string           `json:"method"`
	Path       string           `json:"path"`
	Action     string           `json:"action"`
	Requests   int64            `json:"requests"`
	Errors     int64            `json:"errors"`
	ErrorKinds map[string]int64 `json:"error_kinds"`
	RatePerS   float64          `json:"rate_per_s"`
	Mean       *stat.Estimate   `json:"mean_s"` // service time
	Share      *stat.Estimate   `json:"share"`  // of all server time: rate x mean
	Latency    Latency          `json:"latency"`
	Split      []Slice          `json:"split"` // where a request's time goes, under load
	Own        *Own             `json:"own"`   // nil without the agent
	Statements []Statement      `json:"statements"`
	Cause      *Cause           `json:"cause"` // the one leading cause; nil when nothing stands out
	Flame      *profile.Tree    `json:"flame"`
	Top        []TopFrame       `json:"top"`
	Samples    int64            `json:"samples"`
}

// Slice is a part of time: "cpu", "gvl_wait", "sql", "io", "gc", "queue",
// "sleep", "lock", "other".
type Slice struct {
	Name  string         `json:"name"`
	Share *stat.Estimate `json:"share"`  // of the whole
	Mean  float64        `json:"mean_s"` // per request
}

// Own is a route's own work, with one request in flight.
type Own struct {
	Requests   int64          `json:"requests"`
	Time       *stat.Estimate `json:"time_s"`
	CPU        *stat.Estimate `json:"cpu_s"`
	GC         *stat.Estimate `json:"gc_s"`
	Statements *stat.Estimate `json:"statements"`
	Objects    *stat.Estimate `json:"objects"`
	SQL        *stat.Estimate `json:"sql_s"`
}

// Statement is one fingerprint from one line, per request of the route.
type Statement struct {
	SQL    string  `json:"sql"`
	Line   string  `json:"line"`
	Count  float64 `json:"count"` // a request
	Cached float64 `json:"cached"`
	Mean   float64 `json:"mean_s"`  // of one statement
	Total  float64 `json:"total_s"` // a request
	Rows   float64 `json:"rows"`    // of one statement; -1 unknown
	Plan   string  `json:"plan"`    // "Seq Scan on orders (1,000,000 rows)"; empty when unknown
}

// Cause is why a route is slow, in one word and one line.
type Cause struct {
	Kind     CauseKind      `json:"kind"`
	Title    string         `json:"title"`
	Finding  finding.ID     `json:"finding"`
	Regained *stat.Estimate `json:"regained_s"`     // a request
	Capacity *stat.Estimate `json:"regained_share"` // of all server time
}

// CauseKind names the leading causes.
type CauseKind string

const (
	NPlusOne  CauseKind = "n_plus_one"
	TableScan CauseKind = "table_scan"
	SlowSQL   CauseKind = "slow_sql"
	Allocates CauseKind = "allocations"
	CPUBound  CauseKind = "cpu"
	IOBound   CauseKind = "io"
	GVLWait   CauseKind = "gvl_wait"
	Queueing  CauseKind = "queue"
	Erring    CauseKind = "errors"
)

// Overhead is what measuring cost.
type Overhead struct {
	Name  string         `json:"name"`  // "watched over bare, p50", "sampler CPU", "driver CPU"
	Value *stat.Estimate `json:"value"` // a ratio, or seconds a request
	Text  string         `json:"text"`
}

// Capacity is the GVL law and Little's law for this app.
type Capacity struct {
	Workers     int            `json:"workers"`
	Threads     int            `json:"threads"`
	Cores       int            `json:"cores"`
	GVLSeconds  *stat.Estimate `json:"gvl_s"`      // per request
	FreeSeconds *stat.Estimate `json:"released_s"` // per request
	Curve       []ThreadPoint  `json:"curve"`
	Enough      int            `json:"threads_95"` // threads for 95 % of a process's ceiling
	Needed      *stat.Estimate `json:"needed"`     // processes by Little's law; nil without an arrival rate
	Text        []string       `json:"text"`
}

// ThreadPoint is throughput per process at a thread count.
type ThreadPoint struct {
	Threads     int     `json:"threads"`
	PerS        float64 `json:"per_s"`
	Utilisation float64 `json:"utilisation_ratio"`
}

// Memory is one process's memory over the lap.
type Memory struct {
	Process    string         `json:"process"`
	PID        int            `json:"pid"`
	RSS        int64          `json:"rss_bytes"`          // at the end
	PSS        int64          `json:"pss_bytes"`          // -1 unknown
	GrowthPerS *stat.Estimate `json:"growth_bytes_per_s"` // nil: too short to say
}

// TopFrame is a method with its shares.
type TopFrame struct {
	Frame profile.Frame  `json:"frame"`
	Self  *stat.Estimate `json:"self"` // share of samples
	Total *stat.Estimate `json:"total"`
}

// Comparison is this lap, or this version, against another.
type Comparison struct {
	Against string            `json:"against"` // "main", "SHOP_FIX=n_plus_one", a run id
	Paired  bool              `json:"paired"`  // boots in balanced order; else a stored lap
	Boots   int               `json:"boots"`   // of each version
	Seed    uint64            `json:"seed"`
	Refused []string          `json:"refused"` // why the two do not compare; empty when they do
	Routes  []RouteComparison `json:"routes"`
}

// RouteComparison judges one route twice.
type RouteComparison struct {
	Route   string            `json:"route"`
	Own     []stat.Comparison `json:"own"`     // statements, objects, cpu, time: one request in flight
	Load    []stat.Comparison `json:"load"`    // under the same offered rate
	Text    string            `json:"text"`    // "better: 51 statements to 2", "shares workers with orders"
	Verdict stat.Verdict      `json:"verdict"` // on its own work
}
