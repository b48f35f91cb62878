import type { ThreadPoint } from "../data/lap";
import { digits, percent } from "../data/units";
import { linearTicks } from "./scale";
import { useWidth } from "./width";

const HEIGHT = 220;
const PAD = { left: 44, right: 14, top: 12, bottom: 34 };

// Curve is throughput over threads: the GVL's law for this app. It marks the
// threads of now and the threads that are enough.
export function Curve({ points, now, enough }: { points: ThreadPoint[]; now: number; enough: number }) {
  const [box, width] = useWidth<HTMLDivElement>(320);
  if (points.length === 0) return <p class="nothing">No curve.</p>;
  const most = Math.max(...points.map((p) => p.threads));
  const ticks = linearTicks(Math.max(...points.map((p) => p.per_s)) * 1.1);
  const high = Math.max(ticks[ticks.length - 1]!, ...points.map((p) => p.per_s * 1.05));
  const x = (t: number): number => PAD.left + ((t - 1) / Math.max(1, most - 1)) * (width - PAD.left - PAD.right);
  const y = (v: number): number => HEIGHT - PAD.bottom - (v / high) * (HEIGHT - PAD.top - PAD.bottom);
  const line = points.map((p, i) => `${i ? "L" : "M"}${x(p.threads).toFixed(1)} ${y(p.per_s).toFixed(1)}`).join("");
  return (
    <div ref={box}>
      <svg class="curve" width={width} height={HEIGHT} role="img" aria-label={words(points)}>
        {ticks.map((t) => (
          <g key={t}>
            <line class="grid" x1={PAD.left} x2={width - PAD.right} y1={y(t)} y2={y(t)} />
            <text class="tick" x={PAD.left - 8} y={y(t) + 4} text-anchor="end">{digits(t)}</text>
          </g>
        ))}
        {enough > 0 && enough <= most && <Line at={x(enough)} text={`${enough}: 95 %`} kind="enough" end={x(enough) > width * 0.75} />}
        <path class="curve-line" d={line} />
        {points.map((p) => (
          <circle key={p.threads} class={p.threads === now ? "dot now" : "dot"} cx={x(p.threads)} cy={y(p.per_s)} r={p.threads === now ? 6 : 3}>
            <title>{p.threads} threads: {digits(p.per_s)}/s, GVL {percent(p.utilisation_ratio)} busy</title>
          </circle>
        ))}
        {points.filter((p) => p.threads === now).map((p) => (
          <text key="now" class="curve-label" x={x(p.threads) + 10} y={y(p.per_s) + 18}>now, {digits(p.per_s)}/s</text>
        ))}
        {points.map((p) => (most <= 16 || p.threads % 4 === 0 || p.threads === 1) && (
          <text key={"t" + p.threads} class="tick" x={x(p.threads)} y={HEIGHT - PAD.bottom + 16} text-anchor="middle">{p.threads}</text>
        ))}
        <text class="tick" x={(PAD.left + width) / 2} y={HEIGHT - 3} text-anchor="middle">threads a process</text>
      </svg>
    </div>
  );
}

function Line({ at, text, kind, end }: { at: number; text: string; kind: string; end: boolean }) {
  return (
    <g class={"curve-mark " + kind}>
      <line x1={at} x2={at} y1={PAD.top} y2={HEIGHT - PAD.bottom} />
      <text class="tick" x={end ? at - 5 : at + 5} y={HEIGHT - PAD.bottom - 6} text-anchor={end ? "end" : "start"}>{text}</text>
    </g>
  );
}

const words = (points: ThreadPoint[]): string =>
  "Throughput by threads: " + points.map((p) => `${p.threads}: ${digits(p.per_s)} a second`).join(", ");
