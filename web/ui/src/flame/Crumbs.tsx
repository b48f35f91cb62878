import { useLayoutEffect, useRef } from "preact/hooks";
import { label, pathTo, type Model } from "./model";

const MOST = 6; // of a long path, the root and the end are shown

// Crumbs are the callers of the zoomed box; each leads back to it.
export function Crumbs({ model, node, onPick }: { model: Model; node: number; onPick: (node: number) => void }) {
  const path = pathTo(model, node);
  const cut = path.length > MOST;
  const shown = cut ? [path[0]!, ...path.slice(1 - MOST)] : path;
  const line = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => { line.current!.scrollLeft = line.current!.scrollWidth; }, [model, node]);
  return (
    <nav class="crumbs" aria-label="Zoomed into">
      <ol ref={line}>
        {shown.map((at, i) => (
          <li key={at}>
            {cut && i === 1 && <span class="muted">{path.length - shown.length} more </span>}
            <button type="button" class="crumb" aria-current={at === node ? "true" : undefined} onClick={() => onPick(at)}>
              {label(model, at)}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
