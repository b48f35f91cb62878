import { metricName, ofCall, type Change, type Noise } from "../data/bench";
import { list, type Comparison } from "../data/lap";
import { count, digits } from "../data/units";
import { Verdict } from "../ui/Verdict";
import type { Axis } from "./axis";
import { pair, say } from "./change";
import { Interval, Ticks } from "./Interval";

// Ratios judges each metric of a benchmark, in order of trust.
export function Ratios({ change, noise, axis }: { change: Change; noise: Noise[]; axis: Axis }) {
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
          {list(change.comparisons).filter((c) => !nothing(c)).map((c, i) => <Row key={i} of={c} noise={noise.find((n) => n.metric === c.metric)} axis={axis} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of, noise, axis }: { of: Comparison; noise: Noise | undefined; axis: Axis }) {
  const [old, now] = pair(of.old, of.new);
  const said = say(of.ratio);
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
        <Verdict of={of.verdict} />
        {of.pairs_needed > 0 && <span class="muted below">{more(of.pairs_needed)}</span>}
      </td>
      <td class="number sees" title="A change this big is found with 80 % power at this many rounds.">{smallest(of, noise)}</td>
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

// smallest is the change that this run could have seen.
function smallest(of: Comparison, noise: Noise | undefined): string {
  if (of.margin === 0 && of.ratio.reached_level > 0 && of.ratio.low === of.ratio.high) return "any";
  if (!noise || !(noise.smallest_ratio > 0)) return "unknown";
  return `\u00b1${digits(noise.smallest_ratio * 100, 2)}\u00a0%`;
}
