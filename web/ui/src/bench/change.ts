// Ratios and values of a comparison in words.
import type { Noise } from "../data/bench";
import type { Estimate } from "../data/lap";
import { digits, scaleFor, times, UNKNOWN, withUnit } from "../data/units";

// changeText is a ratio as people say it: "−8.2 %", and "2.4×" from twice on.
// width is that of its interval: no digit is finer than it can carry.
export function changeText(ratio: number, width = 0): string {
  if (!Number.isFinite(ratio) || ratio < 0) return UNKNOWN;
  if (ratio >= 2) return times(ratio);
  return signed((ratio - 1) * 100, width * 100) + "\u00a0%";
}

function signed(percent: number, width: number): string {
  const size = Math.abs(percent);
  const fine = width > 0 ? width / 4 : size / 100;
  const places = size === 0 ? 0 : Math.max(0, Math.min(2, -Math.floor(Math.log10(Math.max(fine, 1e-9)))));
  const text = size.toLocaleString("en-GB", { minimumFractionDigits: width > 0 ? places : 0, maximumFractionDigits: places });
  if (Number(text.replaceAll(",", "")) === 0) return text;
  return (percent < 0 ? "\u2212" : "+") + text;
}

// Said is an estimate in words.
export interface Said { value: string; interval: string; how: string }

// say writes a ratio with its interval: "−8.2 %", "[−9.9 to −6.5 %]".
export function say(e: Estimate): Said {
  if (e.n <= 0) return { value: UNKNOWN, interval: "", how: e.method };
  const how = howOf(e);
  if (!ranges(e)) return { value: changeText(e.point), interval: "", how };
  const width = e.high - e.low;
  const [low, high] = [changeText(e.low, width), changeText(e.high, width)];
  const bare = low.endsWith("%") && high.endsWith("%") ? low.replace(/\s*%$/, "") : low;
  return { value: changeText(e.point, width), interval: `[${bare} to ${high}]`, how };
}

const ranges = (e: Estimate): boolean => e.reached_level > 0 && e.high > e.low;

function howOf(e: Estimate): string {
  const level = e.reached_level <= 0 ? "no interval" : ranges(e) ? `${levelText(e.reached_level)} interval` : "no spread";
  return [level, `n = ${e.n}`, e.method].filter(Boolean).join(", ");
}

// levelText is an interval's level: an early look's is not rounded up to all.
function levelText(level: number): string {
  return (level > 0.99995 && level < 1 ? "99.99" : digits(level * 100, 4)) + "\u00a0%";
}

const coarsest = 3; // significant digits of a measured value and of the ends of its interval
const finest = 6;

// measured writes a value with its interval: "41.2 ms [38.1 to 44.4]". An end
// of another size has its own unit, and so then has the other:
// "2.88 s [596 ms to 5.17 s]".
export function measured(e: Estimate): Said {
  if (e.n <= 0) return { value: UNKNOWN, interval: "", how: e.method };
  const how = howOf(e);
  if (!ranges(e)) return { value: valueText(e.point, e, coarsest), interval: "", how };
  const ends = (significant: number): [string, string] => [valueText(e.low, e, significant), valueText(e.high, e, significant)];
  let significant = coarsest;
  while (significant < finest && ends(significant)[0] === ends(significant)[1]) significant++;
  const value = valueText(e.point, e, significant);
  let [low, high] = ends(significant);
  const name = /[\u00a0/].*$/.exec(value)?.[0] ?? "";
  if (name && low.endsWith(name) && high.endsWith(name)) [low, high] = [low.slice(0, -name.length), high.slice(0, -name.length)];
  return { value, interval: `[${low} to ${high}]`, how };
}

// valueText is one value in the unit that fits it; none is in its point's.
function valueText(x: number, e: Estimate, significant: number): string {
  const scale = scaleFor(e.unit, x === 0 ? e.point : x);
  const scaled = x * scale.factor;
  if (!Number.isFinite(scaled)) return UNKNOWN;
  const size = scaled === 0 ? 0 : Math.floor(Math.log10(Math.abs(scaled)));
  const counted = Number.isInteger(scaled) && (scale.name === "" || scale.name === "B");
  const places = scaled === 0 || counted ? 0 : Math.max(0, Math.min(finest, significant - 1 - size));
  return withUnit(scaled.toLocaleString("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places }).replace("-", "\u2212"), scale);
}

// finds is what the smallest change is.
export const finds = "A change this big is found with 80\u00a0% power at this many rounds.";

// smallest is the change that a run could have seen.
export function smallest(noise: Noise | undefined): string {
  return noise && noise.smallest_ratio > 0 ? `\u00b1${digits(noise.smallest_ratio * 100, 2)}\u00a0%` : UNKNOWN;
}

// pair writes two values in one unit, fine enough to be told apart.
export function pair(old: Estimate, now: Estimate): [string, string] {
  const scale = scaleFor(old.unit, Math.max(old.n > 0 ? old.point : 0, now.n > 0 ? now.point : 0));
  const gap = Math.abs(old.point - now.point) / Math.max(Math.abs(old.point), Math.abs(now.point), 1e-300);
  const significant = old.n > 0 && now.n > 0 && gap > 0 && gap < 0.02 ? 4 : 3;
  const exact = scale.factor === 1 && old.method.startsWith("counter") && Number.isInteger(old.point) && Number.isInteger(now.point) ? 15 : significant;
  const one = (e: Estimate): string => (e.n > 0 ? withUnit(digits(e.point * scale.factor, exact), scale) : UNKNOWN);
  return [one(old), one(now)];
}
