// The flame graph's data: a profile.Tree turned into flat arrays that can be
// drawn at once, left-heavy, with frames hidden or recursion collapsed.
// Everything is iterative: a hostile tree may be 100,000 calls deep.
import type { Frame, Tree } from "../data/lap";

export type Origin = "app" | "gem" | "native" | "synthetic";

// What to leave out. The time of what is hidden belongs to its caller.
export interface Options { hideGems: boolean; collapse: boolean }

// Model is a tree ready to draw. Node 0 is the root; parents come first.
export interface Model {
  size: number;
  frames: Frame[];
  origins: Origin[]; // by frame
  frame: Int32Array; // by node; -1 at the root
  parent: Int32Array; // -1 at the root
  depth: Int32Array;
  total: Float64Array;
  self: Float64Array;
  start: Float64Array; // left edge, in units of total
  first: Int32Array; // first child, the heaviest; -1 without children
  next: Int32Array; // next sibling to the right; -1 at the end
  rows: Int32Array[]; // nodes by depth, from left to right
  source: Int32Array; // node of the tree that this one stands for
  shown: Int32Array; // node of the model that a node of the tree went into
}

// An application may well live under /usr/share (Debian's Redmine does), so
// only the Ruby folders there count as gems.
const gemPath = /(^|\/)gems\/|\/lib\/ruby\/|^\/usr\/(lib|share\/ruby)|^<internal:/;

// originOf says whose code a frame is.
export function originOf(frame: Frame): Origin {
  if (frame.kind === 5) return "synthetic";
  if (frame.kind === 1 || frame.kind === 4) return "native";
  return gemPath.test(frame.file) ? "gem" : "app";
}

// build lays a tree out. A node whose parent is not before it is left out.
export function build(tree: Tree, options: Options): Model {
  const origins = tree.frames.map(originOf);
  const merged = merge(tree, origins, options);
  return layOut(tree.frames, origins, merged);
}

interface Merged { frame: number[]; parent: number[]; total: number[]; self: number[]; source: number[]; shown: Int32Array }

// merge copies the tree without what the options leave out; nodes that have
// become siblings of the same frame are added up. Totals are worked out again
// from below, since a collapsed call would otherwise count twice.
function merge(tree: Tree, origins: Origin[], options: Options): Merged {
  const own = ownTime(tree);
  const out: Merged = { frame: [-1], parent: [-1], total: [], self: [own[0] ?? 0], source: [0], shown: new Int32Array(own.length).fill(-1) };
  if (own.length > 0) out.shown[0] = 0;
  const children = new Map<number, number>();
  for (let i = 1; i < own.length; i++) {
    const node = tree.nodes[i]!;
    const above = node.p >= 0 && node.p < i ? out.shown[node.p]! : -1;
    if (above < 0 || node.f < 0 || node.f >= tree.frames.length) continue;
    const key = above * tree.frames.length + node.f;
    let into = target(out, above, node.f, origins, options);
    if (into < 0) into = children.get(key) ?? -1;
    if (into < 0) {
      into = out.frame.push(node.f) - 1;
      children.set(key, into);
      out.parent.push(above);
      out.self.push(0);
      out.source.push(i);
    }
    out.self[into]! += own[i]!;
    out.shown[i] = into;
  }
  out.total = out.self.slice();
  for (let i = out.total.length - 1; i > 0; i--) out.total[out.parent[i]!]! += out.total[i]!;
  return out;
}

// ownTime is each node's time less that of its children, never below 0: what
// is drawn must fit even when the sums in the file do not.
function ownTime(tree: Tree): Float64Array {
  const own = Float64Array.from(tree.nodes, (node) => Math.max(0, node.t));
  tree.nodes.forEach((node, i) => {
    if (i > 0 && node.p >= 0 && node.p < i) own[node.p] = own[node.p]! - Math.max(0, node.t);
  });
  return own.map((time) => Math.max(0, time));
}

// target is the node that takes the time of a frame that is not drawn itself;
// -1 when the frame is drawn.
function target(out: Merged, above: number, frame: number, origins: Origin[], options: Options): number {
  if (options.hideGems && origins[frame] === "gem") return above;
  if (!options.collapse) return -1;
  for (let at = above, steps = 0; at > 0 && steps < 512; at = out.parent[at]!, steps++) {
    if (out.frame[at] === frame) return at;
  }
  return -1;
}

function layOut(frames: Frame[], origins: Origin[], m: Merged): Model {
  const size = m.frame.length;
  const model: Model = {
    size, frames, origins,
    frame: Int32Array.from(m.frame),
    parent: Int32Array.from(m.parent),
    depth: new Int32Array(size),
    total: Float64Array.from(m.total),
    self: Float64Array.from(m.self),
    start: new Float64Array(size),
    first: new Int32Array(size).fill(-1),
    next: new Int32Array(size).fill(-1),
    rows: [],
    source: Int32Array.from(m.source),
    shown: m.shown,
  };
  link(model);
  place(model);
  return model;
}

// link chains children, the heaviest first.
function link(model: Model): void {
  const light = Array.from({ length: model.size - 1 }, (_, i) => i + 1);
  light.sort((a, b) => model.total[a]! - model.total[b]! || b - a);
  for (const node of light) {
    const parent = model.parent[node]!;
    model.next[node] = model.first[parent]!;
    model.first[parent] = node;
  }
}

// place walks the tree row by row and gives every node its left edge.
function place(model: Model): void {
  let row = [0];
  while (row.length > 0) {
    model.rows.push(Int32Array.from(row));
    const below: number[] = [];
    for (const node of row) {
      let x = model.start[node]!;
      for (let child = model.first[node]!; child >= 0; child = model.next[child]!) {
        model.start[child] = x;
        model.depth[child] = model.depth[node]! + 1;
        x += model.total[child]!;
        below.push(child);
      }
    }
    row = below;
  }
}

// pathTo lists the nodes from the root to one node.
export function pathTo(model: Model, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = model.parent[at]!) path.push(at);
  return path.reverse();
}

// at finds the node of a row that covers x; -1 between nodes.
export function at(model: Model, depth: number, x: number): number {
  const row = model.rows[depth];
  if (!row) return -1;
  const i = lastBefore(model, row, x);
  if (i < 0) return -1;
  const node = row[i]!;
  return x < model.start[node]! + model.total[node]! ? node : -1;
}

// lastBefore is the index of the last node of a row that starts at or before
// x; -1 when all start later.
export function lastBefore(model: Model, row: Int32Array, x: number): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (model.start[row[middle]!]! <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// label is a frame's name for people; the root stands for everything.
export function label(model: Model, node: number): string {
  const frame = model.frame[node]!;
  return frame < 0 ? "all" : model.frames[frame]!.name || "(no name)";
}

// where is a frame's place: "app/models/order.rb:12".
export function where(frame: Frame): string {
  if (!frame.file) return "";
  return frame.line > 0 ? `${frame.file}:${frame.line}` : frame.file;
}
