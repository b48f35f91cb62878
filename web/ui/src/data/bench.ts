// The JSON of bench.Result (core/bench), as it is written by Go.
import { list, type Comparison, type Estimate, type Run } from "./lap";

export interface Arm { name: string; role: string; revision?: string; ruby?: string; env?: Record<string, string> | null }
export interface Because { source: string; date?: string; share?: number; text?: string }
export interface Confirmation { metric: string; rounds: number; ratio: Estimate; held: boolean }
export interface Change {
  arm: number;
  comparisons: Comparison[] | null;
  verdict: string;
  text: string;
  confirmed: Confirmation | null;
  stopped: string;
  weak?: string;
}
export interface Figure { arm: number; metric: string; estimate: Estimate }
export interface Noise { metric: string; ratio: Estimate; spread_ratio: number; smallest_ratio: number; alarm: boolean }
export interface Warmed { arm: number; classes: Record<string, number> | null; took_s: number }
export interface GC { mode: string; time_ratio: number; minor: number; major: number } // -1: unknown
export interface Budget { text: string; value: Estimate; holds: string; why: string }
export interface Block { calls: number; wall_ns: number; cpu_ns: number; gc_ns: number }
export interface WarmUp { class: string; first: number; took_ns: number; change_points?: number[] | null; why: string }
export interface Unit {
  arm: number;
  round: number;
  place: number;
  start_ns: number;
  end_ns: number;
  values: Record<string, number> | null;
  blocks: Block[] | null;
  warm_up: WarmUp;
  gc: GC;
  overhead_s: number; // -1: unknown
  pad_bytes: number;
  discarded?: string;
  notes?: string[] | null;
}
export interface Benchmark {
  name: string;
  kind: string;
  file: string;
  because: Because | null;
  changes: Change[] | null;
  figures: Figure[] | null;
  noise: Noise[] | null;
  warm_up: Warmed[] | null;
  gc: (GC & { arm: number })[] | null;
  budgets: Budget[] | null;
  macro?: string;
  units: Unit[] | null;
  rounds: number;
  refused?: string;
  hint?: string;
  notes: string[] | null;
}
export interface Bench {
  schema: number;
  run: Run;
  arms: Arm[] | null;
  seed: number;
  margin_ratio: number;
  gc: string;
  benchmarks: Benchmark[] | null;
  partial: string;
  doubts: string[] | null;
  verdict: string;
  text: string;
}

// SCHEMA is the newest version of the JSON that this page can draw.
export const SCHEMA = 1;

// metrics in order of trust, as people call them: of a call unless the name
// says otherwise. Those that gate decide a run's verdict unless --gate says
// otherwise.
const metrics: Record<string, [name: string, unit: string, gates: boolean]> = {
  statements: ["SQL statements", "1", true],
  objects: ["Objects allocated", "1", true],
  bytes: ["Bytes allocated", "bytes", false],
  syscalls: ["System calls", "1", false],
  instructions: ["Instructions", "1", true],
  cpu: ["CPU time", "s", true],
  time: ["Time", "s", true],
  memory: ["Largest memory", "bytes", false],
  collections: ["GC runs", "1", false],
};

// metricName is what a metric is called; an unknown one keeps its name.
export const metricName = (metric: string): string => (Object.hasOwn(metrics, metric) ? metrics[metric]![0] : metric);

export const metricUnit = (metric: string): string => (Object.hasOwn(metrics, metric) ? metrics[metric]![1] : "");

// gateOf says of a metric whether it may have decided a run's verdict: one that
// gates, one that --gate named, and one that this page does not know.
export function gateOf(run: Run): (metric: string) => boolean {
  const args = list(run.args);
  const named = args.flatMap((arg, i) => (arg === "--gate" ? [args[i + 1] ?? ""] : arg.startsWith("--gate=") ? [arg.slice(7)] : [])).join(",").split(",");
  return (metric) => !Object.hasOwn(metrics, metric) || metrics[metric]![2] || named.includes(metric);
}

// ofCall says that a metric is counted a call, not once a process.
export const ofCall = (metric: string): boolean => metric !== "memory";

// byTrust sorts metrics as they are to be believed.
export function byTrust(a: string, b: string): number {
  const order = Object.keys(metrics);
  const at = (name: string): number => (Object.hasOwn(metrics, name) ? order.indexOf(name) : order.length);
  return at(a) - at(b);
}

// armName is an arm in words; a control is the old version again.
export function armName(arms: Arm[], at: number): string {
  const arm = arms[at];
  if (!arm) return `arm ${at + 1}`;
  return arm.role === "control" ? "control" : arm.name || arm.role || `arm ${at + 1}`;
}

// repeated is what a control runs again: the version that its name says.
export const repeated = (control: Arm): string => control.name.replace(/, again$/, "");

// compares says that a run has an old version to compare with.
export const compares = (arms: Arm[]): boolean => arms.some((arm) => arm.role === "old");

// armsOf are the arms that some units are of, in order.
export const armsOf = (units: Unit[]): number[] => [...new Set(units.map((u) => u.arm))].sort((a, b) => a - b);

// armKind picks how an arm is drawn, whatever the JSON says.
export function armKind(arms: Arm[], at: number): string {
  const role = arms[at]?.role;
  if (role === "control" || role === "old") return role;
  const news = arms.map((arm, i) => (arm.role === "control" || arm.role === "old" ? -1 : i)).filter((i) => i >= 0);
  return "new-" + (Math.max(0, news.indexOf(at)) % 3);
}

// verdictOf is what a benchmark as a whole came to: its worst change.
export function verdictOf(b: Benchmark): string {
  const all = list(b.changes).map((c) => c.verdict);
  return worst.find((v) => all.includes(v)) ?? "";
}

// worst are the verdicts as a reader wants them: what to act on first.
export const worst = ["worse", "undecided", "better", "same"];

// textOf is what a benchmark says in a line.
export function textOf(b: Benchmark): string {
  if (b.refused) return b.refused;
  const verdict = verdictOf(b);
  return beside(verdict, list(b.changes).find((c) => c.verdict === verdict)?.text ?? "");
}

// beside is a text that stands beside its verdict, whose word is not said twice.
export const beside = (verdict: string, text: string): string => (text.startsWith(verdict + ": ") ? text.slice(verdict.length + 2) : text);

const comparisons = (bench: Bench): Comparison[] => list(bench.benchmarks).flatMap((b) => list(b.changes).flatMap((c) => list(c.comparisons)));

// marginOf is the margin of a run: its own, else that of its comparisons; NaN
// when none has one. A comparison may have another.
export function marginOf(bench: Bench): number {
  return bench.margin_ratio > 0 ? bench.margin_ratio : median(comparisons(bench).map((m) => m.margin).filter((m) => m > 0));
}

// margins are those that comparisons have beside the run's own.
export const margins = (bench: Bench): number[] => [...new Set(comparisons(bench).map((m) => m.margin))].filter((m) => m > 0 && m !== marginOf(bench));

// early says that some interval is of a look before the last one: its level is
// above the usual 95 %.
export const early = (bench: Bench): boolean => comparisons(bench).some((m) => m.ratio.n > 0 && m.ratio.low < m.ratio.high && m.ratio.asked_level > 0.9505);

// median of some numbers; NaN of none.
export function median(values: number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
