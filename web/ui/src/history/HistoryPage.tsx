// The history of benchmarks: a series per benchmark, metric, machine and Ruby
// over commits, with the commits at which a figure changed.
import { useState } from "preact/hooks";
import { beside, byTrust, metricName } from "../data/bench";
import { SCHEMA, type ChangePoint, type History, type Series } from "../data/history";
import { list } from "../data/lap";
import { count, quantity } from "../data/units";
import { jump } from "../ui/Contents";
import { Nothing, Section } from "../ui/Section";
import { ThemeButton } from "../ui/ThemeButton";
import { Verdict } from "../ui/Verdict";
import { latest, subjects, type Subject } from "./group";
import { SeriesChart } from "./SeriesChart";
import { Spark } from "./Spark";

export function HistoryPage({ history }: { history: History }) {
  if (history.schema > SCHEMA) {
    return <p class="banner warning" role="alert">This history is of schema {history.schema}; this page draws schema {SCHEMA}. Use the pitwall that made it.</p>;
  }
  const all = subjects(list(history.series));
  return (
    <>
      <header class="head">
        <div>
          <p class="brand">Pitwall</p>
          <h1>Benchmark history</h1>
          <p class="facts">{history.path ? <><code>{history.path}</code>, {count(history.lines)} lines</> : "The server was started where no pitwall.yml is"}</p>
        </div>
        <ThemeButton />
      </header>
      <main>
        <Bad history={history} />
        {all.length === 0
          ? <Nothing>Nothing is recorded yet. <code>pitwall bench --record</code> adds a line a benchmark to benchmarks/history.ndjson beside pitwall.yml; keep that file in the repository.</Nothing>
          : <Overview subjects={all} />}
        {all.length > 0 && (
          <Section id="series" title="Each benchmark" intro="A point is a run at a commit: the median of its processes, with its interval. An upright line is a commit at which the level changed. Another machine or Ruby begins a series of its own, for their figures do not compare.">
            {all.map((s, i) => <SubjectCard key={i} of={s} id={"history-" + i} />)}
          </Section>
        )}
      </main>
    </>
  );
}

// Bad says what of the record could not be used.
function Bad({ history }: { history: History }) {
  const bad = list(history.bad_lines);
  const notes = list(history.notes);
  if (bad.length + notes.length === 0) return null;
  return (
    <div class="banners">
      <details class="banner warning" open={bad.length + notes.length <= 3}>
        <summary><strong>{history.bad > 0 ? `${count(history.bad)} ${history.bad === 1 ? "line" : "lines"} of the record cannot be used` : "Something was left out"}</strong></summary>
        <ul>
          {notes.slice(0, 20).map((text, i) => <li key={"n" + i}>{text}</li>)}
          {bad.slice(0, 50).map((b) => <li key={b.line}>line {b.line}: {b.why}</li>)}
        </ul>
      </details>
    </div>
  );
}

function Overview({ subjects }: { subjects: Subject[] }) {
  return (
    <Section id="summary" title="Benchmarks">
      <div class="card scroll">
        <table class="history-list">
          <thead><tr><th scope="col">Benchmark</th><th scope="col">Metric</th><th scope="col">Over commits</th><th scope="col" class="number">Now</th><th scope="col">Last change</th></tr></thead>
          <tbody>{subjects.map((s, i) => <OverviewRow key={i} of={s} id={"history-" + i} />)}</tbody>
        </table>
      </div>
    </Section>
  );
}

function OverviewRow({ of, id }: { of: Subject; id: string }) {
  const series = of.metrics.get(of.shown)![0]!;
  const last = latest(series);
  const change = list(series.change_points).at(-1);
  return (
    <tr>
      <th scope="row"><button type="button" class="link" onClick={() => jump(id)}>{of.name}</button><span class="sub">{of.file}</span></th>
      <td>{metricName(of.shown)}</td>
      <td><Spark of={series} /></td>
      <td class="number">{last ? quantity(last.value.point, series.unit) : "unknown"}</td>
      <td>{change ? <Changed of={change} /> : <span class="muted">none found in {count(list(series.points).length)} {list(series.points).length === 1 ? "run" : "runs"}</span>}</td>
    </tr>
  );
}

function SubjectCard({ of, id }: { of: Subject; id: string }) {
  const [metric, pick] = useState(of.shown);
  const all = of.metrics.get(metric) ?? [];
  return (
    <article class="card bench-card" id={id} aria-labelledby={id + "-name"}>
      <div class="bench-head"><h3 id={id + "-name"} tabIndex={-1}>{of.name}</h3><span class="muted">{of.file}</span></div>
      <div class="filters" role="group" aria-label="Metric">
        {[...of.metrics.keys()].sort(byTrust).map((m) => <button key={m} type="button" class="button small" aria-pressed={m === metric} onClick={() => pick(m)}>{metricName(m)}{changedMark(of.metrics.get(m)!)}</button>)}
      </div>
      {all.map((s, i) => <OneSeries key={metric + i} of={s} alone={all.length === 1} />)}
    </article>
  );
}

const changedMark = (series: Series[]): string => (series.some((s) => list(s.change_points).length > 0) ? " \u2022" : "");

function OneSeries({ of, alone }: { of: Series; alone: boolean }) {
  const changes = list(of.change_points);
  return (
    <figure class="series">
      <figcaption>
        <b>{[of.ruby, of.cpu].filter(Boolean).join(", ") || "unknown Ruby and processor"}</b>{" "}
        {!alone && <span class="muted">machine {of.machine.slice(0, 12) || "unknown"}</span>}
        {of.text && changes.length === 0 && <span class="series-text">{of.text}</span>}
        {of.begins && <span class="series-text muted">Begins anew: {of.begins}</span>}
      </figcaption>
      <SeriesChart of={of} />
      {changes.length > 0 && <ul class="changes">{changes.map((c, i) => <li key={i}><Changed of={c} /></li>)}</ul>}
      {list(of.notes).length > 0 && <ul class="gaps">{list(of.notes).map((text, i) => <li key={i}>{text}</li>)}</ul>}
      <PointTable of={of} />
    </figure>
  );
}

// Changed is a change point in words, which name the commits that it lies
// between; the verdict's word is not said twice.
function Changed({ of }: { of: ChangePoint }) {
  return (
    <span class="changed" title={`git log ${of.last_before}..${of.first_after}`}>
      <Verdict of={of.verdict} /> {beside(of.verdict, of.text)}
    </span>
  );
}

const most = 500; // rows of a table

function PointTable({ of }: { of: Series }) {
  const points = list(of.points);
  const marks = new Map(list(of.change_points).map((c) => [c.at, c.verdict]));
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <div class="scroll">
        <table class="units">
          <thead><tr><th scope="col">Time</th><th scope="col">Revision</th><th scope="col" class="number">{metricName(of.metric)}</th><th scope="col" class="number">Interval</th><th scope="col" class="number">Processes</th><th scope="col">Level</th></tr></thead>
          <tbody>
            {points.slice(-most).map((p, i) => {
              const at = i + Math.max(0, points.length - most);
              return (
                <tr key={at}>
                  <th scope="row">{p.time.slice(0, 16).replace("T", " ")}</th><td><code>{p.revision.slice(0, 12)}</code></td>
                  <td class="number">{quantity(p.value.point, of.unit)}</td>
                  <td class="number">{p.value.reached_level > 0 ? `${quantity(p.value.low, of.unit)} to ${quantity(p.value.high, of.unit)}` : "none"}</td>
                  <td class="number">{count(p.value.n)}</td>
                  <td>{marks.has(at) && <Verdict of={marks.get(at)!} />}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {points.length > most && <p class="muted">The newest {count(most)} of {count(points.length)} points.</p>}
    </details>
  );
}
