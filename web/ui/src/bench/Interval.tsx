import type { Comparison, Estimate } from "../data/lap";
import type { Axis } from "./axis";
import { percent } from "../data/units";
import { say } from "./change";

const H = 30;
const ROW = 10; // of the judged interval
const LOW = 23; // of the control's

// Interval draws a ratio with its interval against no change, the margin
// shaded; below it, in grey, what the old version did against itself. What
// lies beyond the axis ends in an arrow.
export function Interval({ of, control, axis }: { of: Comparison; control: Estimate | undefined; axis: Axis }) {
  const { place, width } = axis;
  const label = words(of, control);
  return (
    <svg class={"interval-plot " + of.verdict} viewBox={`0 0 ${width} ${H}`} width={width} height={H} role="img" aria-label={label}>
      <title>{label}</title>
      {of.margin > 0 && <rect class="plot-margin" x={place(1 - of.margin)} width={place(1 + of.margin) - place(1 - of.margin)} y={0} height={H} />}
      {axis.ticks.map((t) => <line key={t.at} class={t.major ? "plot-one" : "plot-grid"} x1={t.at} x2={t.at} y1={0} y2={H} />)}
      {control && control.n > 0 && <Whisker of={control} axis={axis} y={LOW} kind="control" />}
      {of.ratio.n > 0 && <Whisker of={of.ratio} axis={axis} y={ROW} kind="judged" />}
    </svg>
  );
}

function Whisker({ of, axis, y, kind }: { of: Estimate; axis: Axis; y: number; kind: string }) {
  const { place, width, reach } = axis;
  const known = of.reached_level > 0;
  const [low, high] = known ? [of.low, of.high] : [of.point, of.point];
  const size = kind === "judged" ? 4.5 : 2.5;
  return (
    <g class={"whisker " + kind}>
      {high > low && <line x1={place(low)} x2={place(high)} y1={y} y2={y} />}
      {low < 1 / reach && <path d={`M7 ${y - 4}L2 ${y}L7 ${y + 4}`} />}
      {high > reach && <path d={`M${width - 7} ${y - 4}L${width - 2} ${y}L${width - 7} ${y + 4}`} />}
      {of.point <= reach && of.point >= 1 / reach && <circle cx={place(of.point)} cy={y} r={size} />}
    </g>
  );
}

function words(of: Comparison, control: Estimate | undefined): string {
  const all = [of.ratio, control].map((e) => (e ? say(e) : undefined));
  const parts = [`new over old: ${all[0]!.value} ${all[0]!.interval}`];
  if (of.margin > 0) parts.push(`margin \u00b1${percent(of.margin)}`);
  if (all[1]) parts.push(`control: ${all[1].value} ${all[1].interval}`);
  return parts.join("; ");
}

// Ticks names the places of the axis above a column of intervals.
export function Ticks({ axis }: { axis: Axis }) {
  return (
    <svg class="interval-ticks" viewBox={`0 0 ${axis.width} 14`} width={axis.width} height={14} aria-hidden="true">
      {axis.ticks.map((t) => <text key={t.at} class="tick" x={t.at} y={11} text-anchor="middle">{t.text}</text>)}
    </svg>
  );
}

// Key says how to read the intervals.
export function Key({ margin, others, early }: { margin: number; others: boolean; early: boolean }) {
  return (
    <ul class="plot-key" aria-label="How to read the intervals">
      <li><svg width={34} height={12} aria-hidden="true"><g class="whisker judged"><line x1={2} x2={32} y1={6} y2={6} /><circle cx={17} cy={6} r={4.5} /></g></svg>new over old, with its interval. Left is less; the axis is stretched around no change</li>
      <li><svg width={34} height={12} aria-hidden="true"><rect class="plot-margin" x={2} width={30} height={12} /><line class="plot-one" x1={17} x2={17} y1={0} y2={12} /></svg>no change, and the margin{margin > 0 ? ` of \u00b1${percent(margin)}` : ""} that counts as none{others && ", where a row has no other"}</li>
      <li><svg width={34} height={12} aria-hidden="true"><g class="whisker control"><line x1={4} x2={30} y1={6} y2={6} /><circle cx={17} cy={6} r={2.5} /></g></svg>control: the old version against itself, which is noise</li>
      <li><b>Can find:</b> the smallest change that this many rounds find four times in five</li>
      {early && <li><b>An interval</b> is that of the look that decided: wider than one of 95&nbsp;% where the answer was clear early</li>}
    </ul>
  );
}
