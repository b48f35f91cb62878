// Ratios and values of a comparison in words.
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

// Said is an estimate of a ratio in words.
export interface Said { value: string; interval: string; how: string }

// say writes a ratio with its interval: "−8.2 %", "[−9.9 to −6.5 %]".
export function say(e: Estimate): Said {
  if (e.n <= 0) return { value: UNKNOWN, interval: "", how: e.method };
  const level = e.reached_level > 0 ? `${digits(e.reached_level * 100)}\u00a0% interval` : "no interval";
  const how = [level, `n = ${e.n}`, e.method].filter(Boolean).join(", ");
  if (e.reached_level <= 0 || e.high <= e.low) return { value: changeText(e.point), interval: "", how };
  const width = e.high - e.low;
  const [low, high] = [changeText(e.low, width), changeText(e.high, width)];
  const bare = low.endsWith("%") && high.endsWith("%") ? low.replace(/\s*%$/, "") : low;
  return { value: changeText(e.point, width), interval: `[${bare} to ${high}]`, how };
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
