// The axis of ratios: linear around no change and logarithmic beyond, so that
// 1 % and a half can both be read on it (the inverse hyperbolic sine of the
// logarithm; Burbidge, Magee and Robb 1988).
import { marginOf, type Bench } from "../data/bench";
import { list, type Estimate } from "../data/lap";

export interface Axis { place(ratio: number): number; ticks: Tick[]; width: number; reach: number }
export interface Tick { at: number; text: string; major: boolean }

const EDGE = 20; // room for an arrow, and half of a tick's text
const REACHES = [1.1, 1.25, 2, 4];

// axisOf is the one axis of a page: it reaches as far as its intervals do, but
// never beyond four times, where an arrow says enough.
export function axisOf(bench: Bench, width: number): Axis {
  let far = 1;
  const see = (e: Estimate): void => {
    if (e.n > 0) for (const r of [e.point, e.low, e.high]) if (r > 0) far = Math.max(far, r, 1 / r);
  };
  for (const b of list(bench.benchmarks)) {
    list(b.changes).forEach((c) => list(c.comparisons).forEach((m) => see(m.ratio)));
    list(b.noise).forEach((n) => see(n.ratio));
  }
  const reach = REACHES.find((r) => r >= far) ?? REACHES[REACHES.length - 1]!;
  const knee = Math.log1p(marginOf(bench) || 0.02);
  const bend = (ratio: number): number => Math.asinh(Math.log(Math.max(ratio, 1e-9)) / knee);
  const half = width / 2 - EDGE;
  const place = (ratio: number): number => width / 2 + Math.max(-1.02, Math.min(1.02, bend(ratio) / bend(reach))) * half;
  return { place, ticks: ticksOf(reach, place), width, reach };
}

// ticksOf are changes in percent; the ends of a wide axis are in times.
function ticksOf(reach: number, place: (ratio: number) => number): Tick[] {
  const steps: Record<number, number[]> = { 1.1: [0.02, 0.05], 1.25: [0.02, 0.05, 0.2], 2: [0.02, 0.1], 4: [0.02, 0.1] };
  const ticks: Tick[] = [{ at: place(1), text: "0", major: true }];
  for (const step of steps[reach] ?? []) {
    const text = String(Math.round(step * 100));
    ticks.push({ at: place(1 - step), text: "\u2212" + text, major: false }, { at: place(1 + step), text: "+" + text, major: false });
  }
  if (reach >= 2) {
    ticks.push({ at: place(0.5), text: "\u221250\u00a0%", major: false }, { at: place(2), text: "2\u00d7", major: false });
  }
  return ticks;
}
