// What part of a flame graph is on the screen, and how it moves there.
import type { Model } from "./model";

// View is a stretch of the tree's width.
export interface View { from: number; to: number }

export const whole = (model: Model): View => ({ from: 0, to: Math.max(1, model.total[0]!) });

// onto fits a node to the full width.
export function onto(model: Model, node: number): View {
  const from = model.start[node]!;
  return { from, to: from + Math.max(1e-9, model.total[node]!) };
}

// zoom narrows (by < 1) or widens (by > 1) a view around a point of it.
export function zoom(model: Model, view: View, centre: number, by: number): View {
  const least = Math.max(1e-9, model.total[0]! * 1e-7);
  const width = Math.max(least, (view.to - view.from) * by);
  const share = (centre - view.from) / (view.to - view.from);
  return clamp(model, { from: centre - share * width, to: centre + (1 - share) * width });
}

// pan moves a view by a share of its width.
export function pan(model: Model, view: View, by: number): View {
  const step = (view.to - view.from) * by;
  return clamp(model, { from: view.from + step, to: view.to + step });
}

function clamp(model: Model, view: View): View {
  const all = whole(model);
  const width = Math.min(view.to - view.from, all.to);
  const from = Math.max(0, Math.min(view.from, all.to - width));
  return { from, to: from + width };
}

// between is a point on the way from one view to another.
export function between(a: View, b: View, t: number): View {
  return { from: a.from + (b.from - a.from) * t, to: a.to + (b.to - a.to) * t };
}
