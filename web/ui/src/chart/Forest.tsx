import type { Comparison } from "../data/lap";
import { times } from "../data/units";

const W = 168;
const H = 22;
const REACH = Math.log(4); // the axis ends at a quarter and at four times

// Forest draws a ratio with its interval against 1, the margin shaded. What
// lies beyond the axis ends in an arrow.
export function Forest({ of }: { of: Comparison }) {
  const x = (ratio: number): number => W / 2 + Math.max(-1, Math.min(1, Math.log(Math.max(ratio, 1e-9)) / REACH)) * (W / 2 - 8);
  const { point, low, high, reached_level } = of.ratio;
  const beyond = (ratio: number): boolean => Math.abs(Math.log(Math.max(ratio, 1e-9))) > REACH;
  const known = reached_level > 0;
  const label = known ? `ratio ${times(point)}, interval ${times(low)} to ${times(high)}` : `ratio ${times(point)}, no interval`;
  return (
    <svg class={"forest " + of.verdict} width={W} height={H} role="img" aria-label={label}>
      <title>{label}</title>
      {of.margin > 0 && <rect class="forest-margin" x={x(1 - of.margin)} width={Math.max(1, x(1 + of.margin) - x(1 - of.margin))} y={0} height={H} />}
      <line class="forest-one" x1={W / 2} x2={W / 2} y1={0} y2={H} />
      {known && <line class="forest-range" x1={x(low)} x2={x(high)} y1={H / 2} y2={H / 2} />}
      {known && beyond(low) && <path class="forest-arrow" d={`M8 ${H / 2 - 4}L2 ${H / 2}L8 ${H / 2 + 4}`} />}
      {known && beyond(high) && <path class="forest-arrow" d={`M${W - 8} ${H / 2 - 4}L${W - 2} ${H / 2}L${W - 8} ${H / 2 + 4}`} />}
      <rect class="forest-point" x={x(point) - 4} y={H / 2 - 4} width={8} height={8} />
    </svg>
  );
}
