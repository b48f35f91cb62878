// The flame graph as a table: every frame with its self and total time. A
// frame that calls itself is counted once in its own total.
import type { Model } from "./model";

export interface Row { frame: number; self: number; total: number }

// rowsOf adds up a model by frame, under one node.
export function rowsOf(model: Model, under: number): Row[] {
  const self = new Float64Array(model.frames.length);
  const total = new Float64Array(model.frames.length);
  const open = new Int32Array(model.frames.length);
  const stack: number[] = [under];
  while (stack.length > 0) {
    const entry = stack.pop()!;
    if (entry < 0) { open[~entry]!--; continue; }
    const frame = model.frame[entry]!;
    if (frame >= 0) {
      self[frame]! += model.self[entry]!;
      if (open[frame] === 0) total[frame]! += model.total[entry]!;
      open[frame]!++;
      stack.push(~frame);
    }
    for (let child = model.first[entry]!; child >= 0; child = model.next[child]!) stack.push(child);
  }
  const rows: Row[] = [];
  total.forEach((t, frame) => { if (t > 0) rows.push({ frame, self: self[frame]!, total: t }); });
  return rows;
}
