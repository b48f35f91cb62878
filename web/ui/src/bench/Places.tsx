import { useState } from "preact/hooks";
import { armKind, armName, armsOf, byTrust, compares, median, metricName, metricUnit, type Arm, type Unit } from "../data/bench";
import { niceTicks } from "../chart/scale";
import { useWidth } from "../chart/width";
import { count, digits, percent, quantity, scaleFor, seconds, withUnit } from "../data/units";
import { Symbol } from "./Symbol";

const HEIGHT = 210;
const PAD = { left: 62, right: 12, top: 10, bottom: 34 };

// Places is every process as a dot, in the order in which they ran: a drift of
// the machine shows as a slope that all arms share.
export function Places({ units, arms }: { units: Unit[]; arms: Arm[] }) {
  const metrics = [...new Set(units.flatMap((u) => Object.keys(u.values ?? {})))].sort(byTrust);
  const [metric, pick] = useState(metrics.includes("time") ? "time" : metrics[0] ?? "");
  if (metrics.length === 0) return <p class="nothing">No process has a value to draw.</p>;
  const ordered = units.slice().sort((a, b) => a.place - b.place);
  return (
    <div class="places">
      <div class="places-head">
        <div class="filters" role="group" aria-label="Metric">
          {metrics.map((m) => <button key={m} type="button" class="button small" aria-pressed={m === metric} onClick={() => pick(m)}>{metricName(m)}</button>)}
        </div>
        <Legend units={units} arms={arms} />
      </div>
      <Dots units={ordered} arms={arms} metric={metric} />
      <UnitTable units={ordered} arms={arms} metrics={metrics} />
    </div>
  );
}

// Legend names the arms that have processes.
export function Legend({ units, arms }: { units: Unit[]; arms: Arm[] }) {
  return (
    <ul class="arm-legend">
      {armsOf(units).map((arm) => <li key={arm}><svg width={14} height={14} aria-hidden="true"><Symbol kind={armKind(arms, arm)} x={7} y={7} /></svg>{legendName(arms, arm)}</li>)}
    </ul>
  );
}

function legendName(arms: Arm[], at: number): string {
  const name = armName(arms, at);
  const role = arms[at]?.role;
  return role && role !== name && compares(arms) ? `${name} (${role})` : name;
}

function Dots({ units, arms, metric }: { units: Unit[]; arms: Arm[]; metric: string }) {
  const [box, width] = useWidth<HTMLDivElement>(320);
  const seen = units.map((unit, i) => ({ unit, i, value: unit.values?.[metric] })).filter((u): u is typeof u & { value: number } => Number.isFinite(u.value));
  const unit = metricUnit(metric);
  const values = seen.map((u) => u.value);
  const [low, high] = room(Math.min(...values), Math.max(...values));
  const x = (i: number): number => PAD.left + ((i + 0.5) / units.length) * (width - PAD.left - PAD.right);
  const y = (v: number): number => HEIGHT - PAD.bottom - ((v - low) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const scale = scaleFor(unit, high);
  const levels = [...new Set(seen.map((u) => u.unit.arm))].map((arm) => ({ arm, at: median(seen.filter((u) => u.unit.arm === arm && !u.unit.discarded).map((u) => u.value)) }));
  return (
    <div ref={box}>
      <svg class="dots" width={width} height={HEIGHT} role="img" aria-label={`${metricName(metric)} of each process in the order they ran; the table below says the same`}>
        {bands(units).map(([from, to]) => <rect key={from} class="round-band" x={x(from - 0.5)} width={x(to) - x(from)} y={PAD.top} height={HEIGHT - PAD.top - PAD.bottom} />)}
        {niceTicks(low, high).map((t) => (
          <g key={t}>
            <line class="grid" x1={PAD.left} x2={width - PAD.right} y1={y(t)} y2={y(t)} />
            <text class="tick" x={PAD.left - 8} y={y(t) + 4} text-anchor="end">{withUnit(digits(t * scale.factor, 4), scale)}</text>
          </g>
        ))}
        {levels.filter((l) => Number.isFinite(l.at)).map((l) => <line key={l.arm} class={"level " + armKind(arms, l.arm)} x1={PAD.left} x2={width - PAD.right} y1={y(l.at)} y2={y(l.at)} />)}
        {seen.map((u) => (
          <g key={u.i} class={u.unit.discarded ? "discarded" : ""}>
            <title>{`${armName(arms, u.unit.arm)}, round ${u.unit.round + 1}: ${quantity(u.value, unit)}${u.unit.discarded ? ", left out: " + u.unit.discarded : ""}`}</title>
            <Symbol kind={armKind(arms, u.unit.arm)} x={x(u.i)} y={y(u.value)} />
          </g>
        ))}
        <text class="tick" x={PAD.left} y={HEIGHT - 18}>first</text>
        <text class="tick" x={width - PAD.right} y={HEIGHT - 18} text-anchor="end">last</text>
        <text class="tick" x={(PAD.left + width - PAD.right) / 2} y={HEIGHT - 4} text-anchor="middle">{count(units.length)} fresh processes, in the order they ran</text>
      </svg>
    </div>
  );
}

// room is an axis with some air; it need not begin at zero, for places are
// compared, not lengths.
function room(low: number, high: number): [number, number] {
  const air = Math.max((high - low) * 0.12, Math.abs(high) * 0.005, 1e-12);
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

// bands are every second round, from its first process to its last.
function bands(units: Unit[]): [number, number][] {
  const found: [number, number][] = [];
  let from = 0;
  for (let i = 1; i <= units.length; i++) {
    if (i < units.length && units[i]!.round === units[from]!.round) continue;
    if (units[from] && units[from]!.round % 2 === 0) found.push([from, i]);
    from = i;
  }
  return found;
}

// most is how many processes a table shows.
const most = 400;

function UnitTable({ units, arms, metrics }: { units: Unit[]; arms: Arm[]; metrics: string[] }) {
  const collects = units.some((u) => u.gc.time_ratio >= 0);
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <div class="scroll">
        <table class="units">
          <thead>
            <tr>
              <th scope="col" class="number">Place</th><th scope="col" class="number">Round</th><th scope="col">Arm</th>
              {metrics.map((m) => <th key={m} scope="col" class="number">{metricName(m)}</th>)}
              {collects && <th scope="col" class="number">GC</th>}<th scope="col" class="number">Took</th><th scope="col">Notes</th>
            </tr>
          </thead>
          <tbody>
            {units.slice(0, most).map((u, i) => (
              <tr key={i}>
                <th scope="row" class="number">{u.place + 1}</th><td class="number">{u.round + 1}</td><td>{armName(arms, u.arm)}</td>
                {metrics.map((m) => <td key={m} class="number">{quantity(u.values?.[m], metricUnit(m))}</td>)}
                {collects && <td class="number">{u.gc.time_ratio >= 0 ? percent(u.gc.time_ratio) : "unknown"}</td>}
                <td class="number">{u.end_ns > u.start_ns ? seconds((u.end_ns - u.start_ns) / 1e9) : "unknown"}</td>
                <td>{[u.discarded && "left out: " + u.discarded, ...(u.notes ?? [])].filter(Boolean).join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {units.length > most && <p class="muted">The first {count(most)} of {count(units.length)} processes; the rest is in the JSON.</p>}
    </details>
  );
}
