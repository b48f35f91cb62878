import type { Comparison } from "../data/lap";
import { times } from "../data/units";

const W = 200;
const H = 22;
const EDGE = 10; // room for an arrow
const REACH = Math.log(2); // the axis ends at a half and at twice

// place is where a ratio falls, clamped to the axis.
function place(ratio: number): number {
  const log = Math.log(Math.max(ratio, 1e-9)) / REACH;
  return W / 2 + Math.max(-1, Math.min(1, log)) * (W / 2 - EDGE);
}

// Forest draws a ratio with its interval against 1, the margin shaded. What
// lies beyond the axis ends in an arrow.
export function Forest({ of }: { of: Comparison }) {
  const { point, low, high, reached_level } = of.ratio;
  const known = reached_level > 0;
  const label = known ? `ratio ${times(point)}, interval ${times(low)} to ${times(high)}` : `ratio ${times(point)}, no interval`;
  return (
    <svg class={"forest " + of.verdict} width={W} height={H} role="img" aria-label={label}>
      <title>{label}</title>
      {of.margin > 0 && <rect class="forest-margin" x={place(1 - of.margin)} width={Math.max(2, place(1 + of.margin) - place(1 - of.margin))} y={0} height={H} />}
      <line class="forest-one" x1={W / 2} x2={W / 2} y1={0} y2={H} />
      {known && <line class="forest-range" x1={place(low)} x2={place(high)} y1={H / 2} y2={H / 2} />}
      {Math.log(Math.max(Math.min(point, known ? low : point), 1e-9)) < -REACH && <path class="forest-arrow" d={`M8 ${H / 2 - 4}L2 ${H / 2}L8 ${H / 2 + 4}`} />}
      {Math.log(Math.max(point, known ? high : point)) > REACH && <path class="forest-arrow" d={`M${W - 8} ${H / 2 - 4}L${W - 2} ${H / 2}L${W - 8} ${H / 2 + 4}`} />}
      <rect class="forest-point" x={place(point) - 3.5} y={H / 2 - 3.5} width={7} height={7} />
    </svg>
  );
}

// ForestAxis names the ends of the axis above a column of ratios.
export function ForestAxis() {
  return (
    <svg class="forest" width={W} height={14} aria-hidden="true">
      <text class="tick" x={place(0.5)} y={11} text-anchor="middle">{"\u00bd"}</text>
      <text class="tick" x={W / 2} y={11} text-anchor="middle">1</text>
      <text class="tick" x={place(2)} y={11} text-anchor="middle">2</text>
    </svg>
  );
}
