// Numbers for people. Units are normalised in the JSON (seconds, bytes,
// ratios) and scaled only here.
import type { Maybe } from "./lap";

export const UNKNOWN = "unknown";

// digits writes three significant digits without an exponent: 0.0412, 4.12,
// 41.2, 412, 4,120.
export function digits(x: number, significant = 3): string {
  if (!Number.isFinite(x)) return UNKNOWN;
  if (x === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(x)));
  const places = Math.max(0, Math.min(6, significant - 1 - size));
  const text = x.toLocaleString("en-GB", { maximumFractionDigits: places, minimumFractionDigits: 0 });
  return text.replace("-", "\u2212");
}

// Scale is a unit that fits a quantity: value = x * factor, written with name.
export interface Scale { factor: number; name: string }

// secondsScale picks the scale that fits the largest of some times.
export function secondsScale(s: number): Scale {
  const size = Math.abs(s);
  if (size >= 120) return { factor: 1 / 60, name: "min" };
  if (size >= 1) return { factor: 1, name: "s" };
  if (size >= 1e-3) return { factor: 1e3, name: "ms" };
  if (size >= 1e-6 || size === 0) return { factor: 1e6, name: "\u00b5s" };
  return { factor: 1e9, name: "ns" };
}

function bytesScale(b: number): Scale {
  const size = Math.abs(b);
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (step < names.length - 1 && size >= 1024 ** (step + 1)) step++;
  return { factor: 1 / 1024 ** step, name: names[step]! };
}

// scaleFor picks a scale for a quantity of the JSON's unit.
export function scaleFor(unit: string, x: number): Scale {
  switch (unit) {
    case "s": return secondsScale(x);
    case "ns": return { ...secondsScale(x / 1e9), factor: secondsScale(x / 1e9).factor / 1e9 };
    case "bytes": return bytesScale(x);
    case "bytes/s": { const s = bytesScale(x); return { factor: s.factor, name: s.name + "/s" }; }
    case "1/s": return { factor: 1, name: "/s" };
    case "ratio": return { factor: 100, name: "%" };
    case "1": case "": return { factor: 1, name: "" };
    default: return { factor: 1, name: unit };
  }
}

export function withUnit(text: string, scale: Scale): string {
  if (scale.name === "") return text;
  return scale.name.startsWith("/") ? text + scale.name : `${text}\u00a0${scale.name}`;
}

// quantity is one value with its unit: "41.2 ms".
export function quantity(x: number | null | undefined, unit: string): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return UNKNOWN;
  const scale = scaleFor(unit, x);
  return withUnit(digits(x * scale.factor), scale);
}

export const seconds = (s: number | null | undefined): string => quantity(s, "s");
export const bytes = (b: number): string => (b < 0 ? UNKNOWN : quantity(b, "bytes"));

// count is a whole number with separators.
export function count(n: number): string {
  return Number.isFinite(n) ? Math.round(n).toLocaleString("en-GB") : UNKNOWN;
}

// percent is a share of one: 0.4123 -> "41 %", 0.0312 -> "3.1 %".
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return UNKNOWN;
  const value = share * 100;
  const places = Math.abs(value) >= 9.95 || value === 0 ? 0 : Math.abs(value) >= 0.095 ? 1 : 2;
  return value.toLocaleString("en-GB", { maximumFractionDigits: places }).replace("-", "\u2212") + "\u00a0%";
}

// Shown is an estimate in words: the value, and its interval when it has one.
export interface Shown { value: string; interval: string; how: string }

// show writes an estimate with both ends of its interval in the point's unit.
// unit replaces the estimate's own one where that is only "1".
export function show(e: Maybe | undefined, unit?: string): Shown {
  if (!e || !Number.isFinite(e.point)) return { value: UNKNOWN, interval: "", how: "there was too little to say" };
  const kind = unit ?? e.unit;
  const scale = scaleFor(kind, e.point);
  const value = kind === "ratio" ? percent(e.point) : withUnit(digits(e.point * scale.factor), scale);
  if (e.reached_level <= 0) return { value, interval: "", how: ["no interval", e.n > 0 ? `n = ${count(e.n)}` : "", e.method].filter(Boolean).join(", ") };
  if (e.low === e.high) return { value, interval: "", how: how(e) + ": no spread" };
  const ends = [e.low, e.high].map((x) => end(x * scale.factor, (e.high - e.low) * scale.factor));
  return { value, interval: `[${ends[0]}\u2013${ends[1]}]`, how: how(e) };
}

// end writes an interval's end no finer than the interval is wide.
function end(x: number, width: number): string {
  if (!(width > 0)) return digits(x);
  const places = Math.max(0, Math.min(6, -Math.floor(Math.log10(width / 3))));
  const text = digits(x);
  const rough = x.toLocaleString("en-GB", { maximumFractionDigits: places }).replace("-", "\u2212");
  return rough.length < text.length ? rough : text;
}

function how(e: NonNullable<Maybe>): string {
  const level = `${digits(e.reached_level * 100)}\u00a0% interval`;
  return [level, e.n > 0 ? `n = ${count(e.n)}` : "", e.method].filter(Boolean).join(", ");
}

// ratio writes new over old: "0.62x".
export const times = (x: number): string => digits(x) + "\u00d7";

// moment is a time stamp in the reader's zone.
export function moment(iso: string): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime()) || t.getFullYear() < 1971) return UNKNOWN;
  return t.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// duration between two stamps; unknown while a run is open.
export function between(from: string, to: string): string {
  const s = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isFinite(s) && s >= 0 ? seconds(s) : UNKNOWN;
}
