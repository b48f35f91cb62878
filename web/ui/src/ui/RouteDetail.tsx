import { list, type Finding, type Own, type Route } from "../data/lap";
import { count, seconds } from "../data/units";
import { Flame } from "../flame/Flame";
import { CauseBox } from "./CauseBox";
import { Figure } from "./Estimate";
import { Histogram } from "../chart/Histogram";
import { Parts } from "./Parts";
import { Nothing } from "./Section";
import { Statements } from "./Statements";

// RouteDetail is all that is known of one route.
export function RouteDetail({ route, id, findings }: { route: Route; id: string; findings: Finding[] }) {
  return (
    <div class="detail">
      {route.cause && <CauseBox cause={route.cause} route={route.name} findings={findings} />}
      <div class="detail-grid">
        <div>
          <h4>Where a request's time goes, under load</h4>
          {list(route.split).length > 0 ? <Parts slices={list(route.split)} label="Parts of a request" /> : <Nothing>Unknown: no watched window saw this route.</Nothing>}
        </div>
        <div>
          <h4>Response time, from the intended start</h4>
          <Histogram latency={route.latency} />
          <p class="stats">
            <span>{count(route.latency.count)} requests</span>
            <span>p50 <Figure of={route.latency.p50_s} unit="s" /></span>
            <span>p95 <Figure of={route.latency.p95_s} unit="s" /></span>
            <span>p99 <Figure of={route.latency.p99_s} unit="s" /></span>
            <span>max {route.latency.count > 0 ? seconds(route.latency.max_s) : "unknown"}</span>
          </p>
        </div>
      </div>
      {route.errors > 0 && (
        <p class="errors">{count(route.errors)} of {count(route.requests)} answers were not as expected: {Object.entries(route.error_kinds ?? {}).map(([kind, n]) => `${kind} ${count(n)}`).join(", ") || "kinds unknown"}.</p>
      )}
      <h4>Its own work, with one request in flight</h4>
      <OwnWork own={route.own} />
      {list(route.statements).length > 0 && <><h4>SQL of one request</h4><Statements statements={list(route.statements)} /></>}
      <h4>Stacks <span class="muted">{count(route.samples)} samples</span></h4>
      {route.flame && route.flame.nodes.length > 1
        ? <Flame tree={route.flame} top={list(route.top)} id={id} name={`Flame graph of ${route.name}`} />
        : <Nothing>No stack of this route was sampled.</Nothing>}
    </div>
  );
}

function OwnWork({ own }: { own: Own | null }) {
  if (!own) return <Nothing>Unknown: the agent was off or lost.</Nothing>;
  return (
    <dl class="own">
      <div><dt>Statements</dt><dd><Figure of={own.statements} unit="1" /></dd></div>
      <div><dt>Objects</dt><dd><Figure of={own.objects} unit="1" /></dd></div>
      <div><dt>Time</dt><dd><Figure of={own.time_s} unit="s" /></dd></div>
      <div><dt>CPU</dt><dd><Figure of={own.cpu_s} unit="s" /></dd></div>
      <div><dt>SQL</dt><dd><Figure of={own.sql_s} unit="s" /></dd></div>
      <div><dt>GC</dt><dd><Figure of={own.gc_s} unit="s" /></dd></div>
    </dl>
  );
}
