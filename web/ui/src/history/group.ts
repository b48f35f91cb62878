// Series by the benchmark that they belong to.
import { byTrust } from "../data/bench";
import type { Point, Series } from "../data/history";
import { list } from "../data/lap";

export interface Subject {
  name: string;
  file: string;
  metrics: Map<string, Series[]>; // the newest series first
  shown: string; // metric that is shown first
}

export function subjects(all: Series[]): Subject[] {
  const found = new Map<string, Subject>();
  for (const s of all) {
    if (list(s.points).length === 0) continue;
    const key = JSON.stringify([s.file, s.benchmark]);
    const subject = found.get(key) ?? { name: s.benchmark, file: s.file, metrics: new Map<string, Series[]>(), shown: "" };
    found.set(key, subject);
    subject.metrics.set(s.metric, [...(subject.metrics.get(s.metric) ?? []), s]);
  }
  for (const subject of found.values()) {
    for (const series of subject.metrics.values()) series.sort((a, b) => Date.parse(latest(b)!.time) - Date.parse(latest(a)!.time));
    subject.shown = first(subject.metrics);
  }
  return [...found.values()];
}

// first is the metric with the newest change, in order of trust; else time,
// else the most trusted.
function first(metrics: Map<string, Series[]>): string {
  const names = [...metrics.keys()].sort(byTrust);
  return names.find((m) => list(metrics.get(m)![0]!.change_points).length > 0) ?? (metrics.has("time") ? "time" : names[0]!);
}

export const latest = (s: Series): Point | undefined => list(s.points).at(-1);
