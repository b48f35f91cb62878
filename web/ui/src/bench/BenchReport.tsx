// The report of a run of benchmarks: what it came to, each benchmark, and
// what they were run on.
import { early, marginOf, margins, metricName, SCHEMA, textOf, verdictOf, worst, type Bench } from "../data/bench";
import { list } from "../data/lap";
import { count } from "../data/units";
import { jump, Contents } from "../ui/Contents";
import { Doubts } from "../ui/Banners";
import { Head } from "../ui/Head";
import { Nothing, Section } from "../ui/Section";
import { Verdict } from "../ui/Verdict";
import { axisOf } from "./axis";
import { Card } from "./Card";
import { Key } from "./Interval";
import { Setup } from "./Setup";

const WIDTH = 320; // of the column of intervals

export function BenchReport({ bench }: { bench: Bench }) {
  if (bench.schema > SCHEMA) {
    return <p class="banner warning" role="alert">This report is of schema {bench.schema}; this page draws schema {SCHEMA}. Use the pitwall that wrote it.</p>;
  }
  const all = list(bench.benchmarks);
  const axis = axisOf(bench, WIDTH);
  return (
    <>
      <Head run={bench.run} app={bench.run.app} what="benchmarks" />
      <Contents parts={[["summary", "Summary"], ["benchmarks", `Benchmarks (${count(all.length)})`], ["setup", "Setup"]]} />
      <main>
        <div class="banners">
          {bench.partial && <p class="banner critical" role="status"><strong>This run is partial.</strong> {bench.partial}</p>}
          <Alarms bench={bench} />
          <Doubts texts={list(bench.doubts)} />
        </div>
        <Summary bench={bench} />
        <Section id="benchmarks" title="Benchmarks">
          {all.length === 0 && <Nothing>No benchmark was measured.</Nothing>}
          {all.some((b) => list(b.changes).length > 0) && <Key margin={marginOf(bench)} others={margins(bench).length > 0} early={early(bench)} />}
          {all.map((b, i) => <Card key={i} of={b} bench={bench} axis={axis} id={"bench-" + i} />)}
        </Section>
        <Setup bench={bench} />
      </main>
    </>
  );
}

// Summary is the gate's verdict, and each benchmark in a line: what to act on
// first.
function Summary({ bench }: { bench: Bench }) {
  const rows = list(bench.benchmarks).map((b, i) => ({ b, i, verdict: verdictOf(b) }));
  const rank = (verdict: string): number => (worst.indexOf(verdict) + worst.length + 1) % (worst.length + 1);
  rows.sort((x, y) => rank(x.verdict) - rank(y.verdict));
  return (
    <Section id="summary" title="Summary">
      <p class="lead gate">{bench.verdict && <Verdict of={bench.verdict} />} {bench.text}</p>
      <ul class="bench-list">
        {rows.map(({ b, i, verdict }) => (
          <li key={i}>
            <span>{verdict ? <Verdict of={verdict} /> : b.refused ? <span class="tag bad">refused</span> : <span class="tag">measured</span>}</span>
            <button type="button" class="link" onClick={() => jump("bench-" + i)}>{b.name}</button>
            <span class="muted">{textOf(b)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

// Alarms name metrics that cannot be trusted here: the old version differed
// from itself.
function Alarms({ bench }: { bench: Bench }) {
  const found = list(bench.benchmarks).flatMap((b) => list(b.noise).filter((n) => n.alarm).map((n) => `${b.name}: ${metricName(n.metric)}`));
  if (found.length === 0) return null;
  return (
    <div class="banner warning" role="status">
      <strong>The control changed although nothing did.</strong> Do not trust these here:
      <ul>{found.slice(0, 20).map((text, i) => <li key={i}>{text}</li>)}</ul>
    </div>
  );
}
