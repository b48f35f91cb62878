import { gateOf, marginOf, metricName, ofCall, type Bench, type Change, type Noise } from "../data/bench";
import { list, type Comparison } from "../data/lap";
import { count, percent } from "../data/units";
import { Verdict } from "../ui/Verdict";
import type { Axis } from "./axis";
import { finds, pair, say, smallest } from "./change";
import { Interval, Ticks } from "./Interval";

// Ratios judges each metric of a benchmark, in order of trust.
export function Ratios({ change, noise, bench, axis }: { change: Change; noise: Noise[]; bench: Bench; axis: Axis }) {
  const gates = gateOf(bench.run);
  const margin = marginOf(bench);
  return (
    <div class="scroll">
      <table class="ratios">
        <colgroup><col class="w-metric" /><col class="w-value" /><col class="w-value" /><col class="w-plot" /><col class="w-change" /><col class="w-verdict" /><col class="w-find" /></colgroup>
        <thead>
          <tr>
            <th scope="col">Metric</th><th scope="col" class="number">Old</th><th scope="col" class="number">New</th>
            <th scope="col" class="plot"><Ticks axis={axis} /></th><th scope="col">Change</th><th scope="col">Verdict</th>
            <th scope="col" class="number">Can find</th>
          </tr>
        </thead>
        <tbody>
          {list(change.comparisons).filter((c) => !nothing(c)).map((c, i) => <Row key={i} of={c} noise={noise.find((n) => n.metric === c.metric)} axis={axis} gates={gates(c.metric)} usual={c.margin === margin} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of, noise, axis, gates, usual }: { of: Comparison; noise: Noise | undefined; axis: Axis; gates: boolean; usual: boolean }) {
  const [old, now] = pair(of.old, of.new);
  const said = say(of.ratio);
  const silent = !gates && of.verdict === "undecided"; // it decides nothing
  const control = noise && noise.ratio.n > 0 ? say(noise.ratio) : null;
  return (
    <tr class={of.verdict}>
      <th scope="row">{metricName(of.metric)}{ofCall(of.metric) && <span class="sub">a call</span>}</th>
      <td class="number old" title={of.old.method}>{old}</td>
      <td class="number new" title={of.new.method}>{now}</td>
      <td class="plot"><Interval of={of} control={noise?.ratio} axis={axis} /></td>
      <td class="change" title={said.how}>
        <b class={of.ratio.n > 0 ? "" : "unknown"}>{said.value}</b> <span class="interval">{said.interval}</span>
        {control && <span class="below muted">control {control.value} <span class="interval">{control.interval}</span></span>}
        {noise?.alarm && <span class="below"><span class="tag bad">the control changed too</span></span>}
      </td>
      <td class="says" title={of.why}>
        {silent ? <span class="muted" role="img" aria-label="not decided, and decides nothing">{"\u2013"}</span> : <Verdict of={of.verdict} />}
        {!silent && of.pairs_needed > 0 && <span class="muted below">{more(of.pairs_needed)}</span>}
        {of.margin > 0 && !usual && <span class="muted below">{"margin \u00b1"}{percent(of.margin)}</span>}
      </td>
      <td class="number sees" title={finds}>{exact(of) ? "any" : smallest(noise)}</td>
    </tr>
  );
}

// more is how many rounds would decide; beyond a hundred nobody waits for them.
function more(rounds: number): string {
  if (rounds > 100) return "over 100 more rounds";
  return `about ${count(rounds)} more ${rounds === 1 ? "round" : "rounds"}`;
}

// nothing says that neither version had any: that is no news.
const nothing = (c: Comparison): boolean => c.old.n > 0 && c.new.n > 0 && c.old.point === 0 && c.new.point === 0 && c.ratio.n === 0;

// exact says that any change would have been seen: each process counted the same.
const exact = (of: Comparison): boolean => of.margin === 0 && of.ratio.reached_level > 0 && of.ratio.low === of.ratio.high;
