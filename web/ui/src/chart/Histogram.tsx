import type { Bucket, Latency, Maybe } from "../data/lap";
import { list } from "../data/lap";
import { seconds } from "../data/units";
import { logScale, logTicks, type Domain } from "./scale";
import { useWidth } from "./width";

interface Props { latency: Latency; domain?: Domain; height?: number; axis?: boolean; label?: string }

// Histogram is response times on a logarithmic axis, with the percentiles and
// their intervals marked. The words beside it say the same in numbers.
export function Histogram({ latency, domain, height = 96, axis = true, label = "Histogram of response times" }: Props) {
  const [box, width] = useWidth<HTMLDivElement>(280);
  const buckets = list(latency.buckets).filter((b) => b.n > 0);
  if (buckets.length === 0) return <p class="nothing">No answers to draw.</p>;
  const span = domain ?? spanOf([latency]);
  const x = logScale(span, width);
  const plot = axis ? height - 18 : height;
  const most = Math.max(...buckets.map(density));
  return (
    <div ref={box} class="histogram-box"><svg class="histogram" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {logTicks(span).map((t) => <line key={t} class="grid" x1={x(t)} x2={x(t)} y1={0} y2={plot} />)}
      {buckets.map((b, i) => {
        const [left, right] = [x(b.low_s), x(b.high_s)];
        const tall = (density(b) / most) * (plot - 6);
        return <rect key={i} class="bar" x={left} width={Math.max(0.8, right - left - 0.4)} y={plot - tall} height={tall} />;
      })}
      <Mark of={latency.p50_s} x={x} plot={plot} kind="p50" />
      <Mark of={latency.p95_s} x={x} plot={plot} kind="p95" />
      <Mark of={latency.p99_s} x={x} plot={plot} kind="p99" />
      <line class="base" x1={0} x2={width} y1={plot} y2={plot} />
      {axis && logTicks(span).map((t) => <text key={t} class="tick" x={x(t)} y={height - 4} text-anchor="middle">{seconds(t)}</text>)}
    </svg></div>
  );
}

// density is a bar's height: requests per width on the logarithmic axis, so
// that buckets of different width tell the truth.
function density(b: Bucket): number {
  return b.n / Math.max(1e-9, Math.log(Math.max(b.high_s, 1e-6)) - Math.log(Math.max(b.low_s, 1e-6)));
}

// spanOf is the axis that some latencies need.
export function spanOf(latencies: Latency[]): Domain {
  const all = latencies.flatMap((l) => list(l.buckets)).filter((b) => b.n > 0);
  const low = Math.min(...all.map((b) => Math.max(1e-5, b.low_s)));
  const high = Math.max(...all.map((b) => b.high_s));
  return Number.isFinite(low) && high > low ? { low: low * 0.9, high: high * 1.1 } : { low: 1e-3, high: 1 };
}

function Mark({ of, x, plot, kind }: { of: Maybe; x: (s: number) => number; plot: number; kind: string }) {
  if (!of) return null;
  return (
    <g class={"mark " + kind}>
      <title>{kind} {seconds(of.point)}</title>
      {of.high > of.low && <rect class="mark-band" x={x(of.low)} width={Math.max(1, x(of.high) - x(of.low))} y={0} height={plot} />}
      <line x1={x(of.point)} x2={x(of.point)} y1={0} y2={plot} />
    </g>
  );
}
