// Search in a flame graph: which frames match, and how much of all time is
// below them.
import type { Model } from "./model";
import { where } from "./model";

export interface Found {
  hit: Uint8Array; // by frame
  frames: number; // different frames that match
  nodes: number; // boxes that match
  time: number; // of all matching boxes, each moment once
}

// search matches text in names and files, without regard to case. Words must
// all be there. An empty text finds nothing and returns null.
export function search(model: Model, text: string): Found | null {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const hit = new Uint8Array(model.frames.length);
  let frames = 0;
  model.frames.forEach((frame, i) => {
    const haystack = (frame.name + " " + where(frame)).toLowerCase();
    if (words.every((word) => haystack.includes(word))) hit[i] = 1;
  });
  const seen = new Uint8Array(model.frames.length);
  const covered = new Uint8Array(model.size);
  let nodes = 0;
  let time = 0;
  for (let node = 1; node < model.size; node++) {
    const frame = model.frame[node]!;
    const above = covered[model.parent[node]!]!;
    if (hit[frame]) {
      nodes++;
      if (!seen[frame]) { seen[frame] = 1; frames++; }
      if (!above) time += model.total[node]!;
    }
    covered[node] = above || hit[frame] ? 1 : 0;
  }
  return { hit, frames, nodes, time };
}
