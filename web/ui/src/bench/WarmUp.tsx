import { useMemo, useState } from "preact/hooks";
import { armKind, armName, type Arm, type Unit } from "../data/bench";
import { list } from "../data/lap";
import { linearTicks, niceTicks } from "../chart/scale";
import { useWidth } from "../chart/width";
import { count, digits, seconds, secondsScale, withUnit } from "../data/units";
import { curveOf, levels, type Curve } from "./curve";
import { Legend } from "./Places";

const HEIGHT = 220;
const PAD = { left: 62, right: 12, top: 10, bottom: 34 };
const most = 200; // processes that are drawn and listed

// WarmUp is the time of a call in each block of each process, one line a
// process: whether it warmed up, and from where it was steady.
export function WarmUp({ units, arms, id }: { units: Unit[]; arms: Arm[]; id: string }) {
  const curves = useMemo(() => units.filter((u) => list(u.blocks).length > 1).slice(0, most).map(curveOf), [units]);
  const [picked, pick] = useState(-1);
  if (curves.length === 0) return <p class="nothing">No process was timed in blocks.</p>;
  const one = curves[picked];
  return (
    <div class="warm-up">
      <div class="places-head">
        <label for={id + "-process"}>Process{" "}
          <select id={id + "-process"} class="button" value={picked} onChange={(event) => pick(Number(event.currentTarget.value))}>
            <option value={-1}>all {count(curves.length)}</option>
            {curves.map((c, i) => <option key={i} value={i}>{`round ${c.unit.round + 1}, ${armName(arms, c.unit.arm)}: ${c.unit.warm_up.class || "not judged"}`}</option>)}
          </select>
        </label>
        <Legend units={curves.map((c) => c.unit)} arms={arms} />
      </div>
      <Curves curves={curves} arms={arms} picked={picked} />
      <p class="warm-up-words" aria-live="polite">{one ? words(one) : tally(curves)}</p>
      <Table curves={curves} arms={arms} />
    </div>
  );
}

function Curves({ curves, arms, picked }: { curves: Curve[]; arms: Arm[]; picked: number }) {
  const [box, width] = useWidth<HTMLDivElement>(320);
  const one = curves[picked];
  const values = (one ? [one] : curves).flatMap((c) => c.values);
  const blocks = Math.max(...(one ? [one] : curves).map((c) => c.blocks));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low > 4;
  const bend = (v: number): number => (log ? Math.log(v) : v);
  const air = Math.max((bend(high) - bend(low)) * 0.08, log ? 0.05 : high * 0.01, 1e-12);
  const [from, to] = [bend(low) - air, bend(high) + air];
  const x = (block: number): number => PAD.left + ((block + 0.5) / blocks) * (width - PAD.left - PAD.right);
  const y = (v: number): number => HEIGHT - PAD.bottom - ((bend(v) - from) / (to - from)) * (HEIGHT - PAD.top - PAD.bottom);
  const ticks = log ? powers(low, high) : niceTicks(from, to);
  const scale = secondsScale(high);
  const line = (c: Curve): string => c.values.map((v, i) => `${i ? "L" : "M"}${x(c.at[i]!).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  return (
    <div ref={box}>
      <svg class="dots" width={width} height={HEIGHT} role="img" aria-label="Time a call over the blocks of each process; the table below says from where each was steady">
        {ticks.map((t) => (
          <g key={t}>
            <line class="grid" x1={PAD.left} x2={width - PAD.right} y1={y(t)} y2={y(t)} />
            <text class="tick" x={PAD.left - 8} y={y(t) + 4} text-anchor="end">{withUnit(digits(t * scale.factor, 4), scale)}</text>
          </g>
        ))}
        {linearTicks(blocks - 1, 6).map((b) => <text key={b} class="tick" x={x(b)} y={HEIGHT - PAD.bottom + 16} text-anchor="middle">{b}</text>)}
        {one && one.steady >= 0 && <rect class="steady" x={x(one.steady - 0.5)} width={Math.max(1, x(one.blocks - 0.5) - x(one.steady - 0.5))} y={PAD.top} height={HEIGHT - PAD.top - PAD.bottom} />}
        {curves.map((c, i) => (picked < 0 || i === picked) && <path key={i} class={"curve-of " + armKind(arms, c.unit.arm) + (i === picked ? " picked" : "")} d={line(c)} />)}
        {curves.map((c, i) => (picked < 0 || i === picked) && c.points.map((p) => <Mark key={i + "-" + p} at={p} of={c} x={x} y={y} full={i === picked} />))}
        {one && levels(one).map((l, i) => <line key={"l" + i} class="segment" x1={x(l.from - 0.5)} x2={x(l.to - 0.5)} y1={y(l.value)} y2={y(l.value)} />)}
        <text class="tick" x={(PAD.left + width - PAD.right) / 2} y={HEIGHT - 3} text-anchor="middle">block of the process{log ? " (times on a logarithmic scale)" : ""}</text>
      </svg>
    </div>
  );
}

// Mark is a change point: a tick on the process's line, and across the chart
// when that process is picked.
function Mark({ at, of, x, y, full }: { at: number; of: Curve; x: (block: number) => number; y: (v: number) => number; full: boolean }) {
  const where = x(at - 0.5);
  if (full) return <line class="change-point" x1={where} x2={where} y1={PAD.top} y2={HEIGHT - PAD.bottom} />;
  const middle = y(of.near(at));
  return <line class="change-point" x1={where} x2={where} y1={middle - 6} y2={middle + 6} />;
}

function powers(low: number, high: number): number[] {
  const ticks: number[] = [];
  const steps = high / low > 100 ? [1] : high / low > 10 ? [1, 2, 5] : [1, 2, 3, 5, 7];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const s of steps) if (s * 10 ** p >= low * 0.95 && s * 10 ** p <= high * 1.05) ticks.push(s * 10 ** p);
  }
  return ticks;
}

function words({ unit, blocks, steady }: Curve): string {
  const w = unit.warm_up;
  const from = steady > 0 ? `steady from block ${count(steady)} of ${count(blocks)}, after ${seconds(w.took_ns / 1e9)}` : "";
  return [w.class || "not judged", from, w.why].filter(Boolean).join(": ");
}

function tally(curves: Curve[]): string {
  const classes = new Map<string, number>();
  for (const c of curves) classes.set(c.unit.warm_up.class, (classes.get(c.unit.warm_up.class) ?? 0) + 1);
  return [...classes].map(([name, n]) => `${count(n)} ${name || "not judged"}`).join(", ") + ". Short upright marks are change points; pick a process to see its levels.";
}

function Table({ curves, arms }: { curves: Curve[]; arms: Arm[] }) {
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <div class="scroll">
        <table class="units">
          <thead><tr><th scope="col" class="number">Round</th><th scope="col">Arm</th><th scope="col">Class</th><th scope="col" class="number">Steady from block</th><th scope="col" class="number">After</th><th scope="col" class="number">Blocks</th><th scope="col">Levels change at</th><th scope="col">Why</th></tr></thead>
          <tbody>
            {curves.map((c, i) => (
              <tr key={i}>
                <th scope="row" class="number">{c.unit.round + 1}</th><td>{armName(arms, c.unit.arm)}</td><td>{c.unit.warm_up.class || "not judged"}</td>
                <td class="number">{c.steady >= 0 ? count(c.steady) : "never"}</td>
                <td class="number">{c.steady >= 0 ? seconds(c.unit.warm_up.took_ns / 1e9) : "\u2013"}</td>
                <td class="number">{count(c.blocks)}</td><td>{c.points.join(", ") || "\u2013"}</td><td>{c.unit.warm_up.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
