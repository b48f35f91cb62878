// One chart over time. All charts of a page share their axis and their cursor.
import uPlot from "uplot";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Series, Window } from "../data/lap";
import { list } from "../data/lap";
import { colour, onChange } from "../data/theme";
import { quantity, scaleFor } from "../data/units";
import { nameOf, type Group } from "./groups";
import { useWidth } from "./width";

export const LEFT = 64; // room for the axis: the same in all charts, so that they line up
export const RIGHT = 16;

interface Props { group: Group; windows: Window[]; zero: number; span: [number, number]; last: boolean }

export function TimeChart({ group, windows, zero, span, last }: Props) {
  const [box, width] = useWidth<HTMLDivElement>(320);
  const [cursor, setCursor] = useState<number | null>(null);
  const data = useMemo(() => join(group.series, zero, span), [group, zero, span]);
  const chart = useRef<uPlot | null>(null);

  useEffect(() => onChange(() => chart.current?.redraw(false)), []);
  useEffect(() => {
    const options = optionsFor(group, windows, zero, span, width, last, setCursor);
    const plot = new uPlot(options, data, box.current!);
    chart.current = plot;
    return () => plot.destroy();
  }, [group, data, last]);
  useLayoutEffect(() => chart.current?.setSize({ width, height: heightOf(last) }), [width, last]);

  return (
    <figure class="time-chart">
      <figcaption>
        <b>{group.title}</b>
        <ul class="time-legend">
          {group.series.map((s, i) => (
            <li key={i}><i class={`swatch line-${i % 6}`} />{nameOf(s)} <span class="time-value">{valueAt(data, i, cursor, group.unit)}</span></li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="time-plot" role="img" aria-label={`${group.title} over time; the table below says the same`} />
    </figure>
  );
}

const heightOf = (last: boolean): number => (last ? 148 : 124);

// valueAt is what a series says under the cursor, else its last value.
function valueAt(data: uPlot.AlignedData, i: number, cursor: number | null, unit: string): string {
  const values = data[i + 1]!;
  if (cursor !== null) {
    const v = values[cursor];
    return v === null || v === undefined ? "no value" : quantity(v, unit);
  }
  for (let at = values.length - 1; at >= 0; at--) if (typeof values[at] === "number") return quantity(values[at], unit);
  return "unknown";
}

// join aligns the series on one list of times. A gap is null at all times
// inside it, where uPlot breaks the line; what is only missing because another
// series was read then is undefined, and bridged.
function join(all: Series[], zero: number, span: [number, number]): uPlot.AlignedData {
  const at = (ns: number): number => (ns - zero) / 1e9;
  const times = new Set<number>(span);
  for (const s of all) {
    for (const p of list(s.points)) times.add(at(p.t_ns));
    for (const g of list(s.gaps)) times.add(at((g.start_ns + g.end_ns) / 2));
  }
  const xs = [...times].sort((a, b) => a - b);
  const columns = all.map((s) => {
    const known = new Map(list(s.points).map((p) => [at(p.t_ns), p.v]));
    const gaps = list(s.gaps).map((g) => [at(g.start_ns), at(g.end_ns)] as const);
    return xs.map((x) => known.get(x) ?? (gaps.some(([from, to]) => x > from && x < to) ? null : undefined));
  });
  return [xs, ...columns];
}

function optionsFor(
  group: Group, windows: Window[], zero: number, span: [number, number], width: number, last: boolean, tell: (at: number | null) => void,
): uPlot.Options {
  const ink = (): string => colour("muted"); // asked at each drawing: a theme may have changed
  const grid = { stroke: () => colour("line"), width: 1 };
  const font = "11px " + (colour("sans") || "sans-serif");
  const ticks = { show: false };
  return {
    width, height: heightOf(last),
    padding: [8, RIGHT, 0, 0],
    cursor: { sync: { key: "lap" }, drag: { x: false, y: false }, points: { size: 6 } },
    legend: { show: false },
    scales: { x: { time: false, range: span }, y: { range: (_, low, high) => rangeOf(low, high, group.unit) } },
    axes: [
      { stroke: ink, grid, font, ticks, size: last ? 32 : 8, values: (_, at) => at.map((v) => (last ? `${v} s` : "")) },
      { stroke: ink, grid, font, ticks, size: LEFT, values: (_, at) => axisTexts(at, group.unit), ...(group.unit === "bytes" ? { incrs: POWERS } : {}) },
    ],
    series: [{}, ...group.series.map((_, i) => ({ stroke: () => colour(`line-${i % 6}`), width: 1.5, spanGaps: false, points: { show: false } }))],
    hooks: {
      drawClear: [(plot) => shade(plot, windows, zero)],
      setCursor: [(plot) => tell(plot.cursor.idx ?? null)],
    },
  };
}

// POWERS are steps that fall on whole KiB and MiB.
const POWERS = Array.from({ length: 45 }, (_, i) => 2 ** i);

// rangeOf starts at zero, so that half of a bar is half of a value. Memory
// does not: its growth would be a flat line; there a tenth of the value is the
// least that is shown, so that noise stays small.
function rangeOf(low: number | null, high: number | null, unit: string): [number, number] {
  const top = high ?? 1;
  if (unit === "bytes" && low !== null && low > 0) {
    const room = Math.max(top * 0.1, (top - low) * 1.3) - (top - low);
    return [Math.max(0, low - room * 0.7), top + room * 0.3];
  }
  return [Math.min(0, low ?? 0), top > 0 ? top * 1.08 : 1];
}

// axisTexts scales a whole axis by its largest value, so that units agree.
function axisTexts(at: number[], unit: string): string[] {
  const scale = scaleFor(unit, Math.max(...at.map(Math.abs), 0));
  const gap = scale.name === "" || scale.name.startsWith("/") ? "" : "\u00a0";
  return at.map((v) => (v === 0 ? "0" : (v * scale.factor).toLocaleString("en-GB", { maximumFractionDigits: 2 }) + gap + scale.name));
}

// shade paints what each stretch of time was for behind the lines.
function shade(plot: uPlot, windows: Window[], zero: number): void {
  const { ctx, bbox } = plot;
  for (const w of windows) {
    const from = Math.max(bbox.left, plot.valToPos((w.start_ns - zero) / 1e9, "x", true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos((w.end_ns - zero) / 1e9, "x", true));
    if (to <= from) continue;
    ctx.fillStyle = colour("window-" + w.kind) || colour("window-other");
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
}
