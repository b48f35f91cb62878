import type { Series } from "../data/history";
import { list } from "../data/lap";

const W = 160;
const H = 28;
const most = 120; // newest points

// Spark is a series in the size of a word, with its changes marked.
export function Spark({ of }: { of: Series }) {
  const skipped = Math.max(0, list(of.points).length - most);
  const values = list(of.points).slice(skipped).map((p) => p.value.point);
  if (values.length === 0) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = Math.max(high - low, Math.abs(high) * 0.1, 1e-12);
  const x = (i: number): number => 4 + (values.length > 1 ? (i / (values.length - 1)) * (W - 8) : (W - 8) / 2);
  const y = (v: number): number => H - 5 - ((v - (low + high - spread) / 2) / spread) * (H - 10);
  const changes = list(of.change_points).map((c) => ({ verdict: c.verdict, at: c.at - skipped })).filter((c) => c.at > 0 && c.at < values.length);
  return (
    <svg class="spark" width={W} height={H} aria-hidden="true">
      {changes.map((c) => <g key={c.at} class={"history-mark " + c.verdict}><line x1={x(c.at - 0.5)} x2={x(c.at - 0.5)} y1={0} y2={H} /></g>)}
      <path class="curve-of old" d={values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("")} />
      <circle class="point" cx={x(values.length - 1)} cy={y(values[values.length - 1]!)} r={2.5} />
    </svg>
  );
}
