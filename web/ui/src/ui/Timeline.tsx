import { list, type Lap, type Series, type Window } from "../data/lap";
import { group, nameOf } from "../chart/groups";
import { LEFT, RIGHT, TimeChart } from "../chart/TimeChart";
import { quantity } from "../data/units";
import { Nothing, Section } from "./Section";

// Timeline draws queue, GC, memory and CPU over one shared axis, with what
// each stretch of time was for behind them.
export function Timeline({ lap }: { lap: Lap }) {
  const windows = list(lap.windows);
  const all = list(lap.series).filter((s) => list(s.points).length > 0);
  const span = spanOf(all, windows);
  const groups = group(all);
  if (!span || groups.length === 0) {
    return <Section id="time" title="Over time"><Nothing>Nothing was watched over time.</Nothing></Section>;
  }
  const [zero, length] = span;
  const axis: [number, number] = [0, length];
  return (
    <Section id="time" title="Over time" intro="One axis for all. A line that breaks is a gap: nothing was measured there.">
      <div class="card timeline">
        <Strip windows={windows} zero={zero} length={length} />
        {groups.map((g, i) => <TimeChart key={g.key} group={g} windows={windows} zero={zero} span={axis} last={i === groups.length - 1} />)}
        <Gaps all={all} zero={zero} />
        <Table all={all} />
      </div>
    </Section>
  );
}

// spanOf is the start (ns) and the length (s) of everything that is drawn.
function spanOf(all: Series[], windows: Window[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  const see = (t: number): void => { low = Math.min(low, t); high = Math.max(high, t); };
  for (const s of all) for (const p of list(s.points)) see(p.t_ns);
  for (const w of windows) { see(w.start_ns); see(w.end_ns); }
  return high > low ? [low, (high - low) / 1e9] : null;
}

const kinds: Record<string, string> = { warmup: "Warm-up", solo: "Solo", closed: "Closed loop", bare: "Bare", watched: "Watched" };

// Strip names the windows above the charts.
function Strip({ windows, zero, length }: { windows: Window[]; zero: number; length: number }) {
  const used = Object.keys(kinds).filter((kind) => windows.some((w) => w.kind === kind));
  return (
    <>
      <ul class="key" aria-label="Windows">
        {used.map((kind) => <li key={kind}><i class={"swatch mark-" + kind} /><b>{kinds[kind]}</b>: {why[kind]}</li>)}
      </ul>
      <div class="strip" style={{ "margin-left": `${LEFT}px`, "margin-right": `${RIGHT}px` }} aria-hidden="true">
        {windows.map((w) => (
          <span
            key={w.index} class={"strip-part mark-" + (w.kind in kinds ? w.kind : "other")} title={describe(w, zero)}
            style={{ left: `${((w.start_ns - zero) / 1e9 / length) * 100}%`, width: `${((w.end_ns - w.start_ns) / 1e9 / length) * 100}%` }}
          >{kinds[w.kind] ?? w.kind}</span>
        ))}
      </div>
    </>
  );
}

const why: Record<string, string> = {
  warmup: "until latency is steady",
  solo: "one request in flight: own work",
  closed: "highest throughput",
  bare: "latency comes from here",
  watched: "stacks and SQL come from here",
};

function describe(w: Window, zero: number): string {
  const load = w.rate_per_s > 0 ? `${quantity(w.rate_per_s, "1/s")} offered` : w.connections > 0 ? `${w.connections} connections` : "";
  return [kinds[w.kind] ?? w.kind, `from ${quantity((w.start_ns - zero) / 1e9, "s")}`, load].filter(Boolean).join(", ");
}

function Gaps({ all, zero }: { all: Series[]; zero: number }) {
  const gaps = all.flatMap((s) => list(s.gaps).map((g) => ({ name: nameOf(s), ...g })));
  if (gaps.length === 0) return null;
  return (
    <ul class="gaps">
      {gaps.slice(0, 8).map((g, i) => (
        <li key={i}><b>{g.name}</b>: nothing from {quantity((g.start_ns - zero) / 1e9, "s")} for {quantity((g.end_ns - g.start_ns) / 1e9, "s")}. {g.why}</li>
      ))}
      {gaps.length > 8 && <li>{gaps.length - 8} more gaps</li>}
    </ul>
  );
}

// Table says what the charts say.
function Table({ all }: { all: Series[] }) {
  return (
    <details class="as-table">
      <summary>The same as a table</summary>
      <div class="scroll">
        <table>
          <thead><tr><th scope="col">Series</th><th scope="col" class="number">Least</th><th scope="col" class="number">Mean</th><th scope="col" class="number">Most</th><th scope="col" class="number">Last</th></tr></thead>
          <tbody>
            {all.map((s, i) => {
              const values = list(s.points).map((p) => p.v);
              const show = (v: number): string => quantity(v, s.unit);
              return (
                <tr key={i}>
                  <th scope="row">{nameOf(s)}</th>
                  <td class="number">{show(values.reduce((a, b) => Math.min(a, b)))}</td>
                  <td class="number">{show(values.reduce((a, b) => a + b) / values.length)}</td>
                  <td class="number">{show(values.reduce((a, b) => Math.max(a, b)))}</td>
                  <td class="number">{show(values[values.length - 1]!)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
}
