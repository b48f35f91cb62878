import { list, type Lap, type Latency } from "../data/lap";
import { Histogram, spanOf } from "../chart/Histogram";
import { logScale, logTicks, type Domain } from "../chart/scale";
import { count, seconds } from "../data/units";
import { Figure } from "./Estimate";
import { Nothing, Section } from "./Section";

// Distributions sets all routes on one logarithmic axis, so that they can be
// compared at a glance.
export function Distributions({ lap }: { lap: Lap }) {
  const routes = list(lap.routes).filter((r) => r.latency.count > 0);
  const span = spanOf([lap.latency, ...routes.map((r) => r.latency)]);
  return (
    <Section id="latency" title="Latency" intro="Response time from the intended start, so that a stall is not hidden. Bare windows only: no sampler, agent off. Bands are the intervals of p50, p95 and p99.">
      {routes.length === 0 && lap.latency.count === 0 && <Nothing>No request was timed.</Nothing>}
      {(routes.length > 0 || lap.latency.count > 0) && (
        <div class="card multiples">
          <Line name="All routes" latency={lap.latency} span={span} tall />
          {routes.map((r) => <Line key={r.name} name={r.name} latency={r.latency} span={span} />)}
          <div class="multiple axis" aria-hidden="true"><span /><Axis span={span} /><span /></div>
        </div>
      )}
    </Section>
  );
}

function Line({ name, latency, span, tall = false }: { name: string; latency: Latency; span: Domain; tall?: boolean }) {
  return (
    <div class={tall ? "multiple tall" : "multiple"}>
      <div class="multiple-name"><b>{name}</b><span class="sub">{count(latency.count)} requests</span></div>
      <Histogram latency={latency} domain={span} axis={false} height={tall ? 72 : 40} label={`Response times of ${name}`} />
      <dl class="quantiles">
        <div><dt>p50</dt><dd><Figure of={latency.p50_s} unit="s" /></dd></div>
        <div><dt>p95</dt><dd><Figure of={latency.p95_s} unit="s" /></dd></div>
        <div><dt>p99</dt><dd><Figure of={latency.p99_s} unit="s" /></dd></div>
      </dl>
    </div>
  );
}

function Axis({ span }: { span: Domain }) {
  const x = logScale(span, 100);
  return (
    <div class="axis-ticks">
      {logTicks(span).map((t) => <span key={t} style={{ left: `${x(t)}%` }}>{seconds(t)}</span>)}
    </div>
  );
}
