// The JSON of lap.Result (core/lap/result.go), as it is written by Go. A null
// estimate means "unknown"; it is never read as zero.

export interface Estimate {
  point: number;
  low: number;
  high: number;
  unit: string;
  asked_level: number;
  reached_level: number; // 0: there is no interval, low = high = point
  n: number;
  method: string;
}

export type Maybe = Estimate | null;

export interface Bucket { low_s: number; high_s: number; n: number }

export interface Latency {
  count: number;
  p50_s: Maybe;
  p95_s: Maybe;
  p99_s: Maybe;
  max_s: number;
  buckets: Bucket[] | null;
}

export interface Slice { name: string; share: Maybe; mean_s: number }

export interface Own {
  requests: number;
  time_s: Maybe;
  cpu_s: Maybe;
  gc_s: Maybe;
  statements: Maybe;
  objects: Maybe;
  sql_s: Maybe;
}

export interface Statement {
  sql: string;
  line: string;
  count: number;
  cached: number;
  mean_s: number;
  total_s: number;
  rows: number; // -1: unknown
  plan: string;
}

export interface Cause {
  kind: string;
  title: string;
  finding: string;
  regained_s: Maybe;
  regained_share: Maybe;
}

export interface Frame { name: string; file: string; line: number; kind: number }
export interface Node { p: number; f: number; t: number; s: number }
export interface Tree { frames: Frame[]; nodes: Node[]; unit: string }
export interface TopFrame { frame: Frame; self: Maybe; total: Maybe }

export interface Route {
  name: string;
  method: string;
  path: string;
  action: string;
  requests: number;
  errors: number;
  error_kinds: Record<string, number> | null;
  rate_per_s: number;
  mean_s: Maybe;
  share: Maybe;
  latency: Latency;
  split: Slice[] | null;
  own: Own | null;
  statements: Statement[] | null;
  cause: Cause | null;
  flame: Tree | null;
  top: TopFrame[] | null;
  samples: number;
}

export interface Overhead { name: string; value: Maybe; text: string }
export interface ThreadPoint { threads: number; per_s: number; utilisation_ratio: number }

export interface Capacity {
  workers: number;
  threads: number;
  cores: number;
  gvl_s: Maybe;
  released_s: Maybe;
  curve: ThreadPoint[] | null;
  threads_95: number;
  needed: Maybe;
  text: string[] | null;
}

export interface Memory {
  process: string;
  pid: number;
  rss_bytes: number;
  pss_bytes: number; // -1: unknown
  growth_bytes_per_s: Maybe;
}

export interface Series {
  name: string;
  unit: string;
  labels: Record<string, string> | null;
  points: { t_ns: number; v: number }[] | null;
  gaps: { start_ns: number; end_ns: number; why: string }[] | null;
}

export interface Window {
  index: number;
  kind: string; // warmup, solo, closed, bare, watched
  start_ns: number;
  end_ns: number;
  rate_per_s: number;
  connections: number;
}

export interface Host { purpose: string; address: string; local: boolean; allowed: boolean }
export interface Setup {
  facts: Record<string, string> | null;
  hosts: Host[] | null;
  rows: Record<string, number> | null;
}
export interface Stage { name: string; ready_ns: number }

export interface Evidence { text: string; part?: string; line?: string }
export interface Finding {
  id: string;
  severity: string; // critical, warning, advice, note
  subject: string;
  title: string;
  detail: string;
  evidence: Evidence[] | null;
  estimate?: Maybe;
  caveats: string[] | null;
  next: string[] | null;
}

export interface Comparison {
  metric: string;
  old: Estimate;
  new: Estimate;
  ratio: Estimate;
  ratio_90: Estimate;
  margin: number;
  verdict: string; // better, worse, same, undecided
  pairs_needed: number;
  why: string;
}
export interface RouteComparison {
  route: string;
  own: Comparison[] | null;
  load: Comparison[] | null;
  text: string;
  verdict: string;
}
export interface Against {
  against: string;
  paired: boolean;
  boots: number;
  seed: number;
  refused: string[] | null;
  routes: RouteComparison[] | null;
}

export interface Machine {
  fingerprint: string;
  hostname: string;
  os: string;
  kernel: string;
  arch: string;
  cpu: string;
  cores: number;
  memory_bytes: number;
  container: string;
}

export interface Run {
  id: string;
  command: string;
  args: string[] | null;
  app: string;
  labels: Record<string, string> | null;
  started: string;
  ended: string;
  status: string;
  machine: Machine;
  settings_digest: string;
  revision: string;
  ruby: string;
  gems: Record<string, string> | null;
  env: Record<string, string> | null;
  seed: number;
  pitwall: string;
  dropped: string[] | null;
  summary: string;
  parts: { name: string }[] | null;
}

export interface Lap {
  schema: number;
  run: Run;
  app: string;
  partial: string;
  headline: string[] | null;
  sustained_per_s: Maybe;
  offered_per_s: number;
  latency: Latency;
  queue_s: Maybe;
  routes: Route[] | null;
  overhead: Overhead[] | null;
  capacity: Capacity | null;
  memory: Memory[] | null;
  flame: Tree | null;
  top: TopFrame[] | null;
  states: Slice[] | null;
  series: Series[] | null;
  windows: Window[] | null;
  setup: Setup;
  boot: Stage[] | null;
  findings: Finding[] | null;
  lost: string[] | null;
  doubts: string[] | null;
  comparison: Against | null;
}

// SCHEMA is the newest version of the JSON that this page can draw.
export const SCHEMA = 1;

// list makes "none" of a null slice.
export function list<T>(values: T[] | null | undefined): T[] {
  return values ?? [];
}

// entries are a map's pairs by key, so that a report reads the same twice.
export function entries<T>(map: Record<string, T> | null | undefined): [string, T][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
