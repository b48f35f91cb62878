// A process's blocks as a line to draw.
import { median, type Unit } from "../data/bench";
import { list } from "../data/lap";

export interface Curve {
  unit: Unit;
  values: number[]; // seconds a call
  at: number[]; // block of each value
  blocks: number;
  points: number[]; // blocks at which the level changed
  steady: number; // first steady block; -1 when there was none
  near(block: number): number; // value around a block
}

const finest = 300; // values of a line; longer ones are drawn by medians

// curveOf is the time of a call in each block. Blocks without calls are left
// out.
export function curveOf(unit: Unit): Curve {
  const all = list(unit.blocks);
  const step = Math.max(1, Math.ceil(all.length / finest));
  const values: number[] = [];
  const at: number[] = [];
  for (let from = 0; from < all.length; from += step) {
    const some = all.slice(from, from + step).filter((b) => b.calls > 0 && b.wall_ns >= 0).map((b) => b.wall_ns / b.calls / 1e9);
    if (some.length === 0) continue;
    values.push(median(some));
    at.push(from + (step - 1) / 2);
  }
  const w = unit.warm_up;
  const within = (b: number): boolean => b > 0 && b < all.length;
  const judged = w.class === "flat" || w.class === "warm-up" || w.class === "slowdown";
  return {
    unit, values, at, blocks: all.length,
    points: list(w.change_points).filter(within).slice(0, 50),
    steady: judged && w.first >= 0 && w.first < all.length ? w.first : -1,
    near: (block) => values[Math.max(0, at.findIndex((a) => a >= block))] ?? 0,
  };
}

// Level is the median of a stretch of blocks between two change points.
export interface Level { from: number; to: number; value: number }

export function levels(c: Curve): Level[] {
  const cuts = [0, ...c.points, c.blocks];
  return cuts.slice(1).map((to, i) => {
    const from = cuts[i]!;
    return { from, to, value: median(c.values.filter((_, j) => c.at[j]! >= from && c.at[j]! < to)) };
  }).filter((l) => Number.isFinite(l.value));
}
