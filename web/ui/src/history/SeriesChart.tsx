import { median, metricName } from "../data/bench";
import type { ChangePoint, Point, Series } from "../data/history";
import { list } from "../data/lap";
import { niceTicks } from "../chart/scale";
import { useWidth } from "../chart/width";
import { digits, quantity, scaleFor, withUnit } from "../data/units";

const HEIGHT = 200;
const PAD = { left: 68, right: 14, top: 22, bottom: 26 };
const most = 1000; // points that are drawn

// SeriesChart is a series over its runs, one step a run: values with their
// intervals, the levels between changes, and the changes as upright lines.
export function SeriesChart({ of }: { of: Series }) {
  const [box, width] = useWidth<HTMLDivElement>(320);
  const skipped = Math.max(0, list(of.points).length - most);
  const points = list(of.points).slice(skipped);
  const changes = list(of.change_points).map((c) => ({ c, at: c.at - skipped })).filter(({ at }) => at > 0 && at < points.length);
  if (points.length === 0) return <p class="nothing">No run yet.</p>;
  const [low, high] = rangeOf(points);
  const x = (i: number): number => PAD.left + ((i + 0.5) / points.length) * (width - PAD.left - PAD.right);
  const y = (v: number): number => HEIGHT - PAD.bottom - (Math.max(-0.02, Math.min(1.02, (v - low) / (high - low)))) * (HEIGHT - PAD.top - PAD.bottom);
  const scale = scaleFor(of.unit, high);
  const cuts = [0, ...changes.map(({ at }) => at), points.length];
  const step = points.length > 250 ? 0 : Math.min(3, (x(1) - x(0)) / 3);
  return (
    <div ref={box}>
      <svg class="dots history-chart" width={width} height={HEIGHT} role="img" aria-label={`${metricName(of.metric)} of ${points.length} runs, ${changes.length} changes; the table below says the same`}>
        {niceTicks(low, high).map((t) => (
          <g key={t}>
            <line class="grid" x1={PAD.left} x2={width - PAD.right} y1={y(t)} y2={y(t)} />
            <text class="tick" x={PAD.left - 8} y={y(t) + 4} text-anchor="end">{withUnit(digits(t * scale.factor, 4), scale)}</text>
          </g>
        ))}
        {points.map((p, i) => p.value.reached_level > 0 && p.value.high > p.value.low && <line key={"i" + i} class="point-range" x1={x(i)} x2={x(i)} y1={y(p.value.low)} y2={y(p.value.high)} />)}
        {cuts.slice(1).map((to, i) => <line key={"l" + i} class="level-line" x1={x(cuts[i]! - 0.5)} x2={x(to - 0.5)} y1={y(levelOf(points, cuts[i]!, to))} y2={y(levelOf(points, cuts[i]!, to))} />)}
        {step > 0 && points.map((p, i) => <circle key={i} class="point" cx={x(i)} cy={y(p.value.point)} r={Math.max(1.5, step)}><title>{pointText(p, of)}</title></circle>)}
        {step === 0 && <path class="curve-of old" d={points.map((p, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(p.value.point).toFixed(1)}`).join("")} />}
        {changes.map(({ c, at }) => <Mark key={at} of={c} x={x(at - 0.5)} end={x(at) > width * 0.7} />)}
        <text class="tick" x={PAD.left} y={HEIGHT - 6}>{day(points[0]!)}</text>
        {points.length > 1 && <text class="tick" x={width - PAD.right} y={HEIGHT - 6} text-anchor="end">{day(points[points.length - 1]!)}</text>}
      </svg>
    </div>
  );
}

// Mark is a change: worse points up and better points down, as its figure did.
function Mark({ of, x, end }: { of: ChangePoint; x: number; end: boolean }) {
  const known = of.verdict === "better" || of.verdict === "worse";
  return (
    <g class={"history-mark " + (known ? of.verdict : "undecided")}>
      <title>{of.text}</title>
      <line x1={x} x2={x} y1={PAD.top - 4} y2={HEIGHT - PAD.bottom} />
      <path d={of.verdict === "worse" ? `M${x - 5} ${PAD.top - 4}L${x} ${PAD.top - 12}L${x + 5} ${PAD.top - 4}Z` : `M${x - 5} ${PAD.top - 12}L${x} ${PAD.top - 4}L${x + 5} ${PAD.top - 12}Z`} />
      <text class="tick" x={end ? x - 8 : x + 8} y={PAD.top - 6} text-anchor={end ? "end" : "start"}>{of.first_after.slice(0, 10)}</text>
    </g>
  );
}

const levelOf = (points: Point[], from: number, to: number): number => median(points.slice(from, to).map((p) => p.value.point));
const day = (p: Point): string => p.time.slice(0, 10);
const pointText = (p: Point, of: Series): string => `${day(p)} ${p.revision.slice(0, 12)}: ${quantity(p.value.point, of.unit)}`;

// rangeOf shows all values; an interval many times wider than they are apart
// is cut off rather than flattening them.
function rangeOf(points: Point[]): [number, number] {
  const values = points.map((p) => p.value.point);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = Math.max(high - low, Math.abs(high) * 0.01, 1e-12);
  const ends = points.flatMap((p) => (p.value.reached_level > 0 ? [p.value.low, p.value.high] : []));
  const from = Math.max(Math.min(low, ...ends), low - spread);
  const to = Math.min(Math.max(high, ...ends), high + spread);
  const air = Math.max((to - from) * 0.08, spread * 0.1);
  return [low >= 0 ? Math.max(0, from - air) : from - air, to + air];
}
