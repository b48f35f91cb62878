import { armName, beside, metricName, verdictOf, type Arm, type Because, type Bench, type Benchmark, type Change, type Noise } from "../data/bench";
import { list, type Estimate } from "../data/lap";
import { percent, UNKNOWN } from "../data/units";
import { Verdict } from "../ui/Verdict";
import type { Axis } from "./axis";
import { finds, measured, say, smallest } from "./change";
import { Details } from "./Details";
import { Ratios } from "./Ratios";

// Card is one benchmark: its verdict, each metric, and what that rests on.
export function Card({ of, bench, axis, id }: { of: Benchmark; bench: Bench; axis: Axis; id: string }) {
  const arms = list(bench.arms);
  const changes = list(of.changes);
  const verdict = verdictOf(of);
  return (
    <article class="card bench-card" id={id} aria-labelledby={id + "-name"}>
      <div class="bench-head">
        {verdict && <Verdict of={verdict} />}
        <h3 id={id + "-name"} tabIndex={-1}>{of.name}</h3>
        <span class="muted">{[of.kind, of.file].filter(Boolean).join(" \u00b7 ")}</span>
      </div>
      {of.refused && <p class="banner warning">No verdict: {of.refused}{of.hint && <span class="below">{of.hint}</span>}</p>}
      {changes.map((change, i) => <Judged key={i} change={change} of={of} bench={bench} axis={axis} named={changes.length > 1} />)}
      {changes.length === 0 && <Figures of={of} arms={arms} />}
      {of.macro && <p class="worth"><b>What it is worth:</b> {of.macro}</p>}
      <Budgets of={of} />
      <p class="because">{of.because ? because(of.because) : <>No reason is noted: <code>because:</code> in its file says what was slow, where and when.</>}</p>
      <Details of={of} arms={arms} id={id} open={list(bench.benchmarks).length <= 5} />
    </article>
  );
}

function Judged({ change, of, bench, axis, named }: { change: Change; of: Benchmark; bench: Bench; axis: Axis; named: boolean }) {
  return (
    <div class="judged">
      {named && <h4><Verdict of={change.verdict} /> {armName(list(bench.arms), change.arm)}</h4>}
      {change.text && <p class="bench-text">{beside(change.verdict, change.text)}</p>}
      {change.weak && <p class="bench-text"><span class="tag">weaker evidence</span> {change.weak}</p>}
      {list(change.comparisons).length > 0 && <Ratios change={change} noise={list(of.noise)} bench={bench} axis={axis} />}
    </div>
  );
}

// Figures are the metrics of a run that compared nothing, with what the control
// says of their noise.
function Figures({ of, arms }: { of: Benchmark; arms: Arm[] }) {
  const rows = list(of.figures);
  if (rows.length === 0) return null;
  const several = new Set(rows.map((f) => f.arm)).size > 1;
  const noise = list(of.noise);
  return (
    <div class="scroll">
      <table class="figure-table">
        <thead>
          <tr>
            <th scope="col">Metric</th>{several && <th scope="col">Version</th>}<th scope="col" class="number">A call</th>
            {noise.length > 0 && <><th scope="col" class="number" title="the same version against itself">Control</th><th scope="col" class="number" title={finds}>Can find</th></>}
          </tr>
        </thead>
        <tbody>
          {rows.map((f, i) => (
            <tr key={i}>
              <th scope="row">{metricName(f.metric)}</th>{several && <td>{armName(arms, f.arm)}</td>}<td class="number"><Measured of={f.estimate} /></td>
              {noise.length > 0 && <Noisy of={noise.find((n) => n.metric === f.metric)} />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Noisy({ of }: { of: Noise | undefined }) {
  const said = of ? say(of.ratio) : { value: UNKNOWN, interval: "", how: "" };
  return <><td class="number muted" title={said.how}>{said.value}{said.interval && <span class="interval"> {said.interval}</span>}</td><td class="number muted">{smallest(of)}</td></>;
}

// Measured is an estimate in a line: "41.2 ms [38.1 to 44.4]". How it was made
// is its tooltip.
function Measured({ of }: { of: Estimate }) {
  const said = measured(of);
  return <span class={of.n > 0 ? "figure" : "figure unknown"} title={said.how}>{said.value}{said.interval && <span class="interval"> {said.interval}</span>}</span>;
}

const held: Record<string, string> = { same: "held", better: "held", worse: "broken" };

// Budgets are what the file asserts.
function Budgets({ of }: { of: Benchmark }) {
  const rows = list(of.budgets);
  if (rows.length === 0) return null;
  return (
    <div class="scroll">
      <table class="budgets">
        <thead><tr><th scope="col">Budget</th><th scope="col" class="number">Measured</th><th scope="col">Verdict</th><th scope="col">Why</th></tr></thead>
        <tbody>
          {rows.map((b, i) => (
            <tr key={i}>
              <th scope="row"><code>{b.text}</code></th>
              <td class="number"><Measured of={b.value} /></td>
              <td><Verdict of={b.holds === "better" ? "same" : b.holds} text={Object.hasOwn(held, b.holds) ? held[b.holds]! : "undecided"} /></td>
              <td class="muted">{b.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function because(b: Because): string {
  const share = b.share && b.share > 0 ? `${percent(b.share)} of server time` : "";
  return "Why it exists: " + [b.source, b.date, share, b.text].filter(Boolean).join(", ");
}
