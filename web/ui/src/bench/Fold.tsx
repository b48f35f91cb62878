import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import * as state from "../data/state";

const KEY = "turned"; // ids of the folds that a reader has turned over

// Fold is a part that opens; what is in it is drawn only then. The address
// remembers it.
export function Fold({ id, title, open = false, children }: { id: string; title: string; open?: boolean; children: ComponentChildren }) {
  const [shown, setShown] = useState(() => state.getAll(KEY).includes(id) !== open);
  const turn = (now: boolean): void => {
    if (now === shown) return;
    const others = state.getAll(KEY).filter((other) => other !== id);
    state.set(KEY, ...(now === open ? others : [...others, id]));
    setShown(now);
  };
  return (
    <details class="fold" open={shown} onToggle={(event) => turn(event.currentTarget.open)}>
      <summary>{title}</summary>
      {shown && <div class="fold-body">{children}</div>}
    </details>
  );
}
