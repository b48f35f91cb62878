import { list, type Against, type Lap, type Maybe, type Route } from "../data/lap";
import { causeName } from "../data/kinds";
import { count, percent, quantity, show } from "../data/units";
import { jump } from "./Contents";
import { Figure } from "./Estimate";
import { Section } from "./Section";
import { Verdict } from "./Verdict";

// Summary is what a manager reads: sentences, six figures, three things to do.
export function Summary({ lap }: { lap: Lap }) {
  const [lead, ...rest] = list(lap.headline);
  const routes = list(lap.routes);
  const errors = routes.reduce((sum, r) => sum + r.errors, 0);
  const requests = routes.reduce((sum, r) => sum + r.requests, 0);
  return (
    <Section id="summary" title="Summary">
      {lead && <p class="lead">{lead}</p>}
      {rest.length > 0 && <ul class="headline">{rest.map((text, i) => <li key={i}>{text}</li>)}</ul>}
      <dl class="figures">
        <Key name="Sustained here" of={lap.sustained_per_s} unit="1/s" note={lap.offered_per_s > 0 ? `${quantity(lap.offered_per_s, "1/s")} offered for the rest` : "on this machine, driver beside it"} />
        <Key name="p50" of={lap.latency.p50_s} unit="s" note="half are faster" />
        <Key name="p95" of={lap.latency.p95_s} unit="s" note="1 in 20 is slower" />
        <Key name="p99" of={lap.latency.p99_s} unit="s" note="1 in 100 is slower" />
        <Key name="Queue, mean" of={lap.queue_s} unit="s" note="before the app sees it" />
        <div class="key-figure">
          <dt>Errors</dt>
          <dd><span class="big">{requests > 0 ? percent(errors / requests) : "unknown"}</span></dd>
          <dd class="note">{count(errors)} of {count(requests)} requests</dd>
        </div>
      </dl>
      <Fixes routes={routes} />
      {lap.comparison && <Compared against={lap.comparison} />}
    </Section>
  );
}

function Key({ name, of, unit, note }: { name: string; of: Maybe; unit: string; note: string }) {
  const shown = show(of, unit);
  return (
    <div class="key-figure" title={shown.how}>
      <dt>{name}</dt>
      <dd><span class={of ? "big" : "big unknown"}>{shown.value}</span> <span class="interval">{shown.interval}</span></dd>
      <dd class="note">{note}</dd>
    </div>
  );
}

// Fixes are the three causes that give back the most.
function Fixes({ routes }: { routes: Route[] }) {
  const gain = (route: Route): number => route.cause?.regained_share?.point ?? -1;
  const fixes = routes.filter((r) => r.cause).sort((a, b) => gain(b) - gain(a)).slice(0, 3);
  if (fixes.length === 0) return <p class="nothing">No route has one cause that stands out.</p>;
  return (
    <>
      <h3>{fixes.length === 1 ? "The thing to fix first" : `The ${fixes.length === 2 ? "two" : "three"} things to fix first`}</h3>
      <ol class="fixes">
        {fixes.map((route) => (
          <li key={route.name}>
            <p class="fix-title"><span class="tag">{causeName(route.cause!.kind)}</span>{route.cause!.title}</p>
            <p class="fix-gain">
              <span><b><Figure of={route.cause!.regained_s} unit="s" /></b> a request</span>
              <span><b><Figure of={route.cause!.regained_share} unit="ratio" /></b> of all server time</span>
            </p>
            <button type="button" class="link" onClick={() => jump("route-" + routes.indexOf(route))}>{route.name}</button>
          </li>
        ))}
      </ol>
    </>
  );
}

function Compared({ against }: { against: Against }) {
  const tally = (verdict: string): number => list(against.routes).filter((r) => r.verdict === verdict).length;
  const verdicts = ["worse", "better", "undecided", "same"].filter((v) => tally(v) > 0);
  return (
    <p class="compared">
      <span>Against <b>{against.against}</b>:</span>{" "}
      {list(against.refused).length > 0 ? "not comparable. " : verdicts.map((v) => <Verdict key={v} of={v} text={`${tally(v)} ${v}`} />)}{" "}
      <button type="button" class="link" onClick={() => jump("comparison")}>Per route</button>
    </p>
  );
}
