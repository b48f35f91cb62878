import type { Slice } from "../data/lap";
import { partClass, partName, partOrder } from "../data/kinds";
import { percent, seconds, show } from "../data/units";

// shareOf is a slice's part of the whole; an unknown one takes no room.
function shareOf(slice: Slice): number {
  return Math.max(0, slice.share?.point ?? 0);
}

// Bar is a stacked bar of parts of time, without words.
export function Bar({ slices, thin = false }: { slices: Slice[]; thin?: boolean }) {
  const sorted = slices.slice().sort((a, b) => partOrder(a.name, b.name));
  const all = Math.max(1, sorted.reduce((sum, s) => sum + shareOf(s), 0));
  return (
    <div class={thin ? "parts-bar thin" : "parts-bar"} aria-hidden="true">
      {sorted.map((s) => shareOf(s) > 0 && (
        <div key={s.name} class={"part " + partClass(s.name)} style={{ width: `${(shareOf(s) / all) * 100}%` }} title={`${partName(s.name)} ${percent(s.share?.point)}`} />
      ))}
    </div>
  );
}

// Parts is the bar with a legend that carries the values.
export function Parts({ slices, label }: { slices: Slice[]; label: string }) {
  const sorted = slices.slice().sort((a, b) => partOrder(a.name, b.name));
  return (
    <div class="parts">
      <Bar slices={sorted} />
      <ul class="parts-legend" aria-label={label}>
        {sorted.map((s) => {
          const share = show(s.share, "ratio");
          return (
            <li key={s.name} title={share.how}>
              <i class={"swatch " + partClass(s.name)} />
              <span class="part-name">{partName(s.name)}</span>
              <span class="part-value">{share.value}</span>
              <span class="interval">{share.interval}</span>
              {s.mean_s > 0 && <span class="muted part-mean">{seconds(s.mean_s)}</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
