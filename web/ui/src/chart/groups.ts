// Which series share a chart, in which order, and under what name.
import type { Series } from "../data/lap";

export interface Group { key: string; title: string; unit: string; series: Series[] }

// known names, in the order of the report: queue, GC, memory, CPU, the rest.
const titles: [RegExp, string][] = [
  [/backlog|listen_queue|queue_depth/, "Queue: waiting requests"],
  [/queue/, "Queue time"],
  [/busy|running|pool_capacity/, "Puma threads"],
  [/gc/, "Garbage collection"],
  [/rss|pss|memory|heap/, "Memory"],
  [/cpu|load/, "CPU"],
];

// group puts series of one topic and one unit into one chart.
export function group(all: Series[]): Group[] {
  const groups = new Map<string, Group & { rank: number }>();
  for (const s of all) {
    const rank = titles.findIndex(([pattern]) => pattern.test(s.name));
    const title = rank >= 0 ? titles[rank]![1] : s.name.replaceAll("_", " ");
    const key = `${title} ${s.unit}`;
    const found = groups.get(key);
    if (found) found.series.push(s);
    else groups.set(key, { key, title, unit: s.unit, series: [s], rank: rank >= 0 ? rank : titles.length });
  }
  return [...groups.values()].sort((a, b) => a.rank - b.rank);
}

// nameOf tells a series from the others of its chart.
export function nameOf(s: Series): string {
  const labels = Object.entries(s.labels ?? {}).map(([key, value]) => (key === "process" ? value : `${key} ${value}`));
  return [s.name.replaceAll("_", " "), ...labels].join(", ");
}
