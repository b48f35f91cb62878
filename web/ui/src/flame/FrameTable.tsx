// The table beside a flame graph: every method with its self and total time.
// For the whole graph these are the plain figures with their intervals, as the
// lap worked them out, whatever is folded in the picture; inside a zoomed call
// they are those of the picture.
import { useMemo, useState } from "preact/hooks";
import type { Frame, Maybe, TopFrame } from "../data/lap";
import { percent, show } from "../data/units";
import { label, originOf, where, type Model } from "./model";
import { rowsOf, type Row } from "./table";

const PAGE = 15;

interface Props { model: Model; top: TopFrame[]; under: number; hideGems: boolean; query: string; onSearch: (text: string) => void }

export function FrameTable({ model, top, under, hideGems, query, onSearch }: Props) {
  const [by, setBy] = useState<"self" | "total">("self");
  const [most, setMost] = useState(PAGE);
  const all = model.total[under] || 1;
  const rows = useMemo(() => rowsOf(model, under), [model, under]);
  const known = useMemo(() => new Map(top.map((t) => [keyOf(t.frame), t])), [top]);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = rows
    .filter((row) => !hideGems || model.origins[row.frame] !== "gem")
    .filter((row) => words.every((word) => keyOf(model.frames[row.frame]!).toLowerCase().includes(word)))
    .sort((a, b) => b[by] - a[by] || b.total - a.total);

  const widest = rows.reduce((top, row) => Math.max(top, row[by]), 0) / all || 1;

  return (
    <div class="frames">
      <table>
        <caption class="offscreen">Methods by self and total time{under > 0 ? ", inside the zoomed call" : ""}</caption>
        <thead>
          <tr>
            <th scope="col">Method{under > 0 && <span class="muted"> in {label(model, under)}</span>}</th>
            <SortHead name="self" by={by} onSort={setBy} />
            <SortHead name="total" by={by} onSort={setBy} />
          </tr>
        </thead>
        <tbody>
          {wanted.slice(0, most).map((row) => (
            <FrameRow key={row.frame} row={row} all={all} widest={widest} frame={model.frames[row.frame]!} known={known.get(keyOf(model.frames[row.frame]!))} onSearch={onSearch} />
          ))}
        </tbody>
      </table>
      {wanted.length === 0 && <p class="nothing">No method matches.</p>}
      {wanted.length > most && (
        <button type="button" class="button small" onClick={() => setMost(most + 50)}>Show more of {wanted.length}</button>
      )}
    </div>
  );
}

const keyOf = (frame: Frame): string => `${frame.name} ${where(frame)}`;

function SortHead({ name, by, onSort }: { name: "self" | "total"; by: string; onSort: (by: "self" | "total") => void }) {
  const sorted = by === name;
  return (
    <th scope="col" class="number" aria-sort={sorted ? "descending" : "none"}>
      <button type="button" class="sort" onClick={() => onSort(name)}>{name === "self" ? "Self" : "Total"}{sorted ? " \u25be" : ""}</button>
    </th>
  );
}

interface RowProps { row: Row; all: number; widest: number; frame: Frame; known: TopFrame | undefined; onSearch: (text: string) => void }

function FrameRow({ row, all, widest, frame, known, onSearch }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <button type="button" class="frame-name" title="Search for it" onClick={() => onSearch(frame.name)}>
          <i class={`swatch flame-${originOf(frame)}`} /><span>{frame.name || "(no name)"}</span>
        </button>
        {where(frame) && <span class="frame-file" title={where(frame)}>{short(where(frame))}</span>}
      </th>
      <Share share={row.self / all} widest={widest} known={known?.self} />
      <Share share={row.total / all} widest={widest} known={known?.total} />
    </tr>
  );
}

// short keeps the end of a path, which tells files apart.
function short(path: string): string {
  const parts = path.split("/");
  return parts.length > 4 ? "\u2026/" + parts.slice(-3).join("/") : path;
}

function Share({ share, widest, known }: { share: number; widest: number; known: Maybe | undefined }) {
  const interval = known ? show(known, "ratio") : null;
  return (
    <td class="number" title={interval?.how}>
      <span class="meter" style={{ "--share": String(Math.min(1, share / widest)) }}>{interval ? interval.value : percent(share)}</span>
      {interval?.interval && <span class="interval below">{interval.interval}</span>}
    </td>
  );
}
