// Drawing of a flame graph on a canvas: an icicle, the root on top. Only what
// is on the screen is touched, so that the cost follows the screen and not
// the profile.
import { colour } from "../data/theme";
import { label, lastBefore, type Model, type Origin } from "./model";
import type { Found } from "./search";
import type { View } from "./view";

// rowHeight is in CSS pixels; a shallow graph gets taller rows.
export const rowHeight = (rows: number): number => (rows <= 8 ? 30 : rows <= 12 ? 25 : 20);

const LEAST = 0.4; // boxes narrower than this are drawn together, as one hairline

export interface Scene {
  model: Model;
  view: View;
  found: Found | null;
  selected: number; // node; -1 for none
  hovered: number;
  width: number; // CSS pixels
  height: number;
  row: number; // height of a row, CSS pixels
  scroll: number; // CSS pixels that are scrolled away above
}

// Palette is what a theme gives; read once per theme, not per box.
export interface Palette {
  fill: Record<Origin, string[]>; // three shades each: neighbours differ
  root: string;
  dim: string;
  hit: string;
  ink: string;
  inkDim: string;
  edge: string;
  ring: string;
}

export function palette(): Palette {
  const shades = (name: string): string[] => [1, 2, 3].map((i) => colour(`flame-${name}-${i}`));
  return {
    fill: { app: shades("app"), gem: shades("gem"), native: shades("native"), synthetic: shades("synthetic") },
    root: colour("flame-root"), dim: colour("flame-dim"), hit: colour("flame-hit"),
    ink: colour("flame-ink"), inkDim: colour("flame-ink-dim"), edge: colour("surface"), ring: colour("ink"),
  };
}

// draw paints a scene; ctx is scaled to CSS pixels.
export function draw(ctx: CanvasRenderingContext2D, scene: Scene, colours: Palette): void {
  const { model, height, scroll, row } = scene;
  ctx.clearRect(0, 0, scene.width, height);
  ctx.font = `12px ${colour("mono") || "monospace"}`;
  ctx.textBaseline = "middle";
  const top = Math.max(0, Math.floor(scroll / row));
  const bottom = Math.min(model.rows.length - 1, Math.ceil((scroll + height) / row));
  const glyph = ctx.measureText("m").width || 7;
  for (let depth = top; depth <= bottom; depth++) drawRow(ctx, scene, colours, depth, glyph);
  ring(ctx, scene, scene.hovered, colours, 1);
  if (scene.selected > 0) ring(ctx, scene, scene.selected, colours, 2);
}

function drawRow(ctx: CanvasRenderingContext2D, scene: Scene, colours: Palette, depth: number, glyph: number): void {
  const { model, view, width } = scene;
  const row = model.rows[depth]!;
  const scale = width / (view.to - view.from);
  const y = depth * scene.row - scene.scroll;
  let drawnTo = -1;
  for (let i = Math.max(0, lastBefore(model, row, view.from)); i < row.length; i++) {
    const node = row[i]!;
    const start = model.start[node]!;
    if (start >= view.to) break;
    const left = Math.max(0, (start - view.from) * scale);
    const right = Math.min(width, (start + model.total[node]! - view.from) * scale);
    if (right <= 0 || right - Math.max(left, drawnTo) < LEAST) continue;
    const wide = right - left;
    ctx.fillStyle = fillOf(scene, colours, node);
    ctx.fillRect(left, y, Math.max(LEAST, wide - (wide > 3 ? 1 : 0)), scene.row - 1);
    drawnTo = right;
    if (wide > glyph * 3) text(ctx, scene, colours, node, left, wide, y, glyph);
  }
}

function fillOf(scene: Scene, colours: Palette, node: number): string {
  const frame = scene.model.frame[node]!;
  if (frame < 0) return colours.root;
  if (scene.found) return scene.found.hit[frame] ? colours.hit : colours.dim;
  return colours.fill[scene.model.origins[frame]!][frame % 3]!;
}

function text(
  ctx: CanvasRenderingContext2D, scene: Scene, colours: Palette, node: number, left: number, wide: number, y: number, glyph: number,
): void {
  const room = Math.floor((wide - 8) / glyph);
  const name = label(scene.model, node);
  const frame = scene.model.frame[node]!;
  const dimmed = scene.found !== null && frame >= 0 && !scene.found.hit[frame];
  ctx.fillStyle = dimmed || frame < 0 ? colours.inkDim : colours.ink;
  ctx.fillText(name.length > room ? name.slice(0, Math.max(1, room - 1)) + "\u2026" : name, left + 4, y + scene.row / 2);
}

function ring(ctx: CanvasRenderingContext2D, scene: Scene, node: number, colours: Palette, thick: number): void {
  if (node < 0 || node >= scene.model.size) return;
  const { model, view, width } = scene;
  const scale = width / (view.to - view.from);
  const left = Math.max(0, (model.start[node]! - view.from) * scale);
  const right = Math.min(width, (model.start[node]! + model.total[node]! - view.from) * scale);
  if (right <= 0 || left >= width) return;
  ctx.strokeStyle = colours.ring;
  ctx.lineWidth = thick;
  ctx.strokeRect(left + thick / 2, model.depth[node]! * scene.row - scene.scroll + thick / 2, Math.max(1, right - left - thick - 1), scene.row - 1 - thick);
}
